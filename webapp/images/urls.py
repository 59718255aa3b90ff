from django.urls import path

from webapp.images import pictures, views

app_name = "images"
urlpatterns = [
    path("images/<int:image_id>/", views.image, name="image"),
    path("images/<int:image_id>/spines.json", views.spines_json, name="spines_json"),
    path("images/<int:image_id>/spines.csv", views.spines_csv, name="spines_csv"),
    path("images/<int:image_id>/picture.png", pictures.picture, name="picture"),
    path("images/<int:image_id>/annotated.png", pictures.annotated, name="annotated"),
    path("images/<int:image_id>/thumbnail.png", pictures.thumbnail, name="thumbnail"),
    path("spines/<int:spine_id>/crop.png", pictures.crop, name="crop"),
]
