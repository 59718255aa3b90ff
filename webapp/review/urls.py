from django.urls import path

from webapp.review import views

app_name = "review"
urlpatterns = [
    path("experiments/<int:experiment_id>/review/", views.review, name="queue"),
    path("experiments/<int:experiment_id>/review/steps/", views.steps, name="steps"),
    path("experiments/<int:experiment_id>/review/network/", views.network, name="network"),
    path("spines/<int:spine_id>/answer/", views.answer, name="answer"),
    path("spines/<int:spine_id>/answer/undo/", views.take_back, name="take_back"),
    path("spines/<int:spine_id>/window.png", views.window, name="window"),
]
