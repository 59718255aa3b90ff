from django.urls import path

from webapp.gallery import views

app_name = "gallery"
urlpatterns = [
    path("experiments/<int:experiment_id>/gallery.json", views.gallery, name="rows"),
    path("experiments/<int:experiment_id>/gallery/likeness.json", views.by_likeness, name="by_likeness"),
    path("experiments/<int:experiment_id>/gallery/likeness/", views.find_likeness, name="find_likeness"),
    path("experiments/<int:experiment_id>/gallery/say/", views.say, name="say"),
    path("experiments/<int:experiment_id>/gallery/undo/", views.take_back, name="take_back"),
    path("results/<int:result_id>/crops-<int:part>.png", views.sheet, name="sheet"),
]
