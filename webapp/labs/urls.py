from django.urls import path

from webapp.labs import tokens, views

app_name = "labs"
urlpatterns = [
    path("labs/<int:lab_id>/settings/", views.settings, name="settings"),
    path("labs/<int:lab_id>/settings/training/", views.lets_train, name="lets_train"),
    path("labs/<int:lab_id>/settings/rules/", views.rule_preset, name="rule_preset"),
    path("labs/<int:lab_id>/settings/tokens/", tokens.make, name="make_token"),
    path("labs/<int:lab_id>/settings/tokens/<int:token_id>/revoke/", tokens.revoke, name="revoke_token"),
]
