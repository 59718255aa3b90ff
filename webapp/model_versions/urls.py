from django.urls import path

from webapp.model_versions import views

app_name = "model_versions"
urlpatterns = [
    path("models/", views.index, name="index"),
    path("models/<int:version_id>/", views.version, name="version"),
]
