from django.urls import path

from webapp.training import acts, new, sets, views

app_name = "training"
urlpatterns = [
    path("training/", views.index, name="index"),
    path("training/new/", new.New.as_view(), name="new"),
    path("training/sets/", sets.Sets.as_view(), name="sets"),
    path("training/sets/<int:set_id>/", sets.imported, name="set"),
    path("training/sets/<int:set_id>/scale/", sets.scale, name="set_scale"),
    path("training/sets/<int:set_id>/delete/", sets.delete, name="delete_set"),
    path("training/<int:run_id>/", views.run, name="run"),
    path("training/<int:run_id>/state/", views.state, name="state"),
    path("training/<int:run_id>/curves.json", views.curves, name="curves"),
    path("training/<int:run_id>/cancel/", acts.cancel, name="cancel"),
    path("training/<int:run_id>/resume/", acts.resume, name="resume"),
]
