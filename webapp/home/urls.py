from django.urls import path

from webapp.home import views

app_name = "home"
urlpatterns = [
    path("", views.home, name="home"),
    path("labs/<int:lab_id>/", views.lab, name="lab"),
]
