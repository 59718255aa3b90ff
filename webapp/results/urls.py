from django.urls import path

from webapp.results import changes, charts, comparison, views

app_name = "results"
urlpatterns = [
    path("experiments/<int:experiment_id>/results/", views.results, name="experiment"),
    path("experiments/<int:experiment_id>/results/spines.csv", views.spines_csv, name="spines_csv"),
    path("experiments/<int:experiment_id>/results/charts/<slug:name>.json", charts.figure, name="figure"),
    path("experiments/<int:experiment_id>/results/charts/<slug:name>.csv", charts.table, name="figure_csv"),
    path("experiments/<int:experiment_id>/results/measures/", views.animal_shapes, name="animal_shapes"),
    path("experiments/<int:experiment_id>/results/tests/", comparison.comparison, name="tests"),
    path("experiments/<int:experiment_id>/results/opinions/", comparison.opinions, name="opinions"),
    path("experiments/<int:experiment_id>/results/tests.csv", comparison.comparison_csv, name="tests_csv"),
    path("experiments/<int:experiment_id>/results/effects.csv", comparison.effects_csv, name="effects_csv"),
    path("experiments/<int:experiment_id>/results/values.csv", comparison.values_csv, name="values_csv"),
    path("experiments/<int:experiment_id>/changes/", changes.changes, name="changes"),
    path("experiments/<int:experiment_id>/changes.csv", changes.changes_csv, name="changes_csv"),
    path("experiments/<int:experiment_id>/spines/", views.spines, name="spines"),
]
