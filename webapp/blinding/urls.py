from django.urls import path

from webapp.blinding import views

app_name = "blinding"
urlpatterns = [
    path("experiments/<int:experiment_id>/rate-blind/", views.rate, name="rate"),
    path("experiments/<int:experiment_id>/unblind/", views.end, name="unblind"),
]
