from django.urls import path

from webapp.work import views

app_name = "work"
urlpatterns = [
    path("work/<int:work_id>/", views.work, name="work"),
    path("work/<int:work_id>/progress/", views.progress, name="progress"),
    path("work/<int:work_id>/cancel/", views.cancel, name="cancel"),
    path("work/<int:work_id>/file/", views.file, name="file"),
]
