from django.urls import path

from webapp.audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.trail, name="all"),
    path("audit.csv", views.trail_csv, name="all_csv"),
    path("labs/<int:lab_id>/audit/", views.trail, name="lab"),
    path("labs/<int:lab_id>/audit.csv", views.trail_csv, name="lab_csv"),
]
