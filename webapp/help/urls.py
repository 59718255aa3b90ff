from django.urls import path

from webapp.help import views

app_name = "help"
urlpatterns = [path("help/", views.show, name="help")]
