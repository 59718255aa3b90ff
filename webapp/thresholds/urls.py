from django.urls import path

from webapp.thresholds import views

app_name = "thresholds"
urlpatterns = [
    path("experiments/<int:experiment_id>/threshold/", views.threshold, name="threshold"),
    path("experiments/<int:experiment_id>/threshold/set/", views.give, name="set"),
    path("experiments/<int:experiment_id>/threshold/state/", views.state, name="state"),
    path("experiments/<int:experiment_id>/threshold/curve.json", views.curve_figure, name="curve"),
    path("experiments/<int:experiment_id>/threshold/curve.csv", views.curve_csv, name="curve_csv"),
]
