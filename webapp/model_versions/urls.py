from django.urls import path

from webapp.model_versions import acts, charts, dry_runs, promoting, views

app_name = "model_versions"
urlpatterns = [
    path("models/", views.index, name="index"),
    path("models/<int:version_id>/", views.version, name="version"),
    path("models/<int:version_id>/charts/<slug:name>.json", charts.chart, name="chart"),
    path("models/<int:version_id>/wrong/<int:place>.png", charts.wrong, name="wrong"),
    path("models/<int:version_id>/promote/", promoting.promote_version, name="promote"),
    path("models/<int:version_id>/dry-run/", dry_runs.start, name="dry_run"),
    path("models/<int:version_id>/export.zip", acts.export, name="export"),
    path("models/choices/<int:choice_id>/end/", promoting.end, name="end_choice"),
    path("models/<slug:kind>/roll-back/", acts.roll_back_kind, name="roll_back"),
]
