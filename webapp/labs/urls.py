from django.urls import path

from webapp.labs import views

app_name = "labs"
urlpatterns = [
    path("labs/<int:lab_id>/settings/", views.settings, name="settings"),
    path("labs/<int:lab_id>/settings/training/", views.lets_train, name="lets_train"),
]
