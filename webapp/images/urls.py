from django.urls import path

from webapp.images import dendrites, outlines, pictures, places, polarity, presence, review, views

app_name = "images"
urlpatterns = [
    path("images/<int:image_id>/", views.image, name="image"),
    path("images/<int:image_id>/spines.json", views.spines_json, name="spines_json"),
    path("images/<int:image_id>/spines.csv", views.spines_csv, name="spines_csv"),
    path("images/<int:image_id>/picture.png", pictures.picture, name="picture"),
    path("images/<int:image_id>/annotated.png", pictures.annotated, name="annotated"),
    path("images/<int:image_id>/thumbnail.png", pictures.thumbnail, name="thumbnail"),
    path("images/<int:image_id>/spines/", review.add_spine, name="add_spine"),
    path("images/<int:image_id>/polarity/", polarity.polarity, name="polarity"),
    path("images/<int:image_id>/time/", places.time, name="time"),
    path("images/<int:image_id>/pages/", places.pages, name="pages"),
    path("experiments/<int:experiment_id>/images/pages/", places.pages_of_images, name="pages_of_images"),
    path("images/<int:image_id>/present/", presence.present, name="present"),
    path("images/<int:image_id>/undo/", review.undo, name="undo"),
    path("images/<int:image_id>/redo/", review.redo, name="redo"),
    path("images/<int:image_id>/reviewed/", review.mark, name="mark"),
    path("images/<int:image_id>/dendrites/", dendrites.add_dendrite, name="add_dendrite"),
    path("dendrites/<int:dendrite_id>/change/", dendrites.change_dendrite, name="change_dendrite"),
    path("dendrites/<int:dendrite_id>/cut/", dendrites.cut_dendrite, name="cut_dendrite"),
    path("dendrites/<int:dendrite_id>/remove/", dendrites.remove_dendrite, name="remove_dendrite"),
    path("spines/<int:spine_id>/relabel/", review.relabel, name="relabel"),
    path("spines/<int:spine_id>/accept/", review.accept, name="accept"),
    path("spines/<int:spine_id>/box/", review.set_box, name="set_box"),
    path("spines/<int:spine_id>/outline/", outlines.set_outline, name="set_outline"),
    path("spines/<int:spine_id>/outline/sketch/", outlines.sketch_outline, name="sketch_outline"),
    path("spines/<int:spine_id>/reject/", review.reject, name="reject"),
    path("spines/<int:spine_id>/restore/", review.restore, name="restore"),
    path("spines/<int:spine_id>/history.json", review.history_json, name="history_json"),
    path("spines/<int:spine_id>/crop.png", pictures.crop, name="crop"),
]
