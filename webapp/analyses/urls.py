from django.urls import path

from webapp.analyses import views

app_name = "analyses"
urlpatterns = [
    path("analyses/", views.index, name="index"),
    path("analyses/<int:analysis_id>/progress/", views.progress, name="progress"),
    path("analyses/<int:analysis_id>/cancel/", views.cancel, name="cancel"),
    path("analyses/<int:analysis_id>/retry/", views.retry, name="retry"),
    path("experiments/<int:experiment_id>/analyses/", views.start, name="start"),
]
