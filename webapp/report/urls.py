from django.urls import path

from webapp.report import views

app_name = "report"
urlpatterns = [
    path("experiments/<int:experiment_id>/report/", views.report, name="experiment"),
    path("experiments/<int:experiment_id>/report/report.pdf", views.report_file, name="pdf"),
]
