from django.urls import path

from webapp.exports import views

app_name = "exports"
urlpatterns = [
    path("experiments/<int:experiment_id>/exports/package.zip", views.package, name="package"),
    path("experiments/<int:experiment_id>/exports/rois.zip", views.experiment_rois, name="experiment_rois"),
    path("experiments/<int:experiment_id>/exports/coco.json", views.coco, name="coco"),
    path("images/<int:image_id>/rois.zip", views.image_rois, name="image_rois"),
]
