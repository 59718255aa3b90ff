from django.urls import path

from webapp.examples import views

app_name = "examples"
urlpatterns = [
    path("experiments/<int:experiment_id>/examples/", views.examples, name="examples"),
    path("experiments/<int:experiment_id>/examples/learn/", views.learn, name="learn"),
    path("examples/<int:version_id>/apply/", views.apply, name="apply"),
    path("examples/<int:version_id>/undo/", views.undo, name="undo"),
]
