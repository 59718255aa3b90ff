from django.urls import path

from webapp.projects import charts, views

app_name = "projects"
urlpatterns = [
    path("labs/<int:lab_id>/projects/new/", views.new_project, name="new"),
    path("projects/<int:project_id>/", views.project, name="project"),
    path("projects/<int:project_id>/charts/<slug:name>.json", charts.figure, name="figure"),
    path("projects/<int:project_id>/charts/<slug:name>.csv", charts.table, name="figure_csv"),
    path("projects/<int:project_id>/experiments/new/", views.new_experiment, name="new_experiment"),
]
