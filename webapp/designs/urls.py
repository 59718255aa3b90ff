from django.urls import path

from webapp.designs import planning, views

app_name = "designs"
urlpatterns = [
    path("experiments/<int:experiment_id>/design/", views.design, name="design"),
    path("experiments/<int:experiment_id>/design/plan/", planning.planning, name="planning"),
    path("experiments/<int:experiment_id>/design/plan.csv", planning.planning_csv, name="planning_csv"),
    path("experiments/<int:experiment_id>/design/rename/", views.rename, name="rename"),
    path("experiments/<int:experiment_id>/design/merge/", views.merge, name="merge"),
]
