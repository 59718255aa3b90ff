from django.urls import path

from webapp.projects import about, charts, views

app_name = "projects"
urlpatterns = [
    path("labs/<int:lab_id>/projects/new/", views.new_project, name="new"),
    path("projects/<int:project_id>/", views.project, name="project"),
    path("projects/<int:project_id>/about/", about.about_project, name="about_project"),
    path("projects/<int:project_id>/trash/", about.to_trash_project, name="trash_project"),
    path("experiments/<int:experiment_id>/about/", about.about_experiment, name="about_experiment"),
    path("experiments/<int:experiment_id>/trash/", about.to_trash_experiment, name="trash_experiment"),
    path("projects/<int:project_id>/charts/<slug:name>.json", charts.figure, name="figure"),
    path("projects/<int:project_id>/charts/<slug:name>.csv", charts.table, name="figure_csv"),
    path("projects/<int:project_id>/experiments/new/", views.new_experiment, name="new_experiment"),
]
