from django.urls import path

from webapp.experiments import changes, proposals, samples, scale, standing, tasks, uploads, views

app_name = "experiments"
urlpatterns = [
    path("experiments/<int:experiment_id>/images/", views.Images.as_view(), name="images"),
    path("experiments/<int:experiment_id>/review-next/", proposals.review_next, name="review_next"),
    path("experiments/<int:experiment_id>/images/known/", uploads.known, name="known"),
    path("experiments/<int:experiment_id>/images/change/", changes.change, name="change"),
    path("experiments/<int:experiment_id>/images/view/", changes.view, name="view"),
    path("experiments/<int:experiment_id>/images/delete/", changes.delete, name="delete"),
    path("experiments/<int:experiment_id>/images/standing/", standing.of_images, name="standing"),
    path("experiments/<int:experiment_id>/images/assign/", tasks.assign, name="assign"),
    path("experiments/<int:experiment_id>/tasks/<int:person_id>/", tasks.take_back, name="take_back_tasks"),
    path("images/<int:image_id>/done/", tasks.done, name="task_done"),
    path("labs/<int:lab_id>/tasks/", tasks.of_lab, name="tasks"),
    path("images/<int:image_id>/standing/", standing.of_image, name="standing_of_image"),
    path("experiments/<int:experiment_id>/images/scale/", scale.of_images, name="scale"),
    path("images/<int:image_id>/scale/", scale.of_image, name="scale_of_image"),
    path("experiments/<int:experiment_id>/conditions/", samples.conditions, name="conditions"),
    path("experiments/<int:experiment_id>/pattern/", samples.pattern, name="pattern"),
    path("experiments/<int:experiment_id>/sheet/", samples.sheet, name="sheet"),
    path("experiments/<int:experiment_id>/samples.csv", samples.sheet_to_fill_in, name="sheet_to_fill_in"),
]
