from django.urls import path

from webapp.classes import views

app_name = "classes"
urlpatterns = [
    path("classes.css", views.default, name="default"),
    path("classes/<int:class_set_id>.css", views.own, name="own"),
]
