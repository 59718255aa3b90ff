from django.urls import path

from webapp.labs import class_sets, trash, views

app_name = "labs"
urlpatterns = [
    path("labs/<int:lab_id>/settings/", views.settings, name="settings"),
    path("labs/<int:lab_id>/settings/training/", views.lets_train, name="lets_train"),
    path("labs/<int:lab_id>/settings/rules/", views.rule_preset, name="rule_preset"),
    path("labs/<int:lab_id>/settings/classes/", class_sets.make, name="make_class_set"),
    path("labs/<int:lab_id>/trash/", trash.trash, name="trash"),
    path(
        "labs/<int:lab_id>/trash/experiments/<int:experiment_id>/restore/",
        trash.restore_one_experiment,
        name="restore_experiment",
    ),
    path(
        "labs/<int:lab_id>/trash/projects/<int:project_id>/restore/", trash.restore_one_project, name="restore_project"
    ),
    path("experiments/<int:experiment_id>/classes/", class_sets.choose, name="choose_class_set"),
]
