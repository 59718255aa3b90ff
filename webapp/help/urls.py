"""Help: what the numbers mean, and a page a task."""

from django.urls import path

from webapp.help import views

app_name = "help"
urlpatterns = [
    path("help/", views.show, name="help"),
    path("help/<slug:slug>/", views.task, name="task"),
]
