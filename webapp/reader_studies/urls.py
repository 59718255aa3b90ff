from django.urls import path

from webapp.reader_studies import making, rating, results

app_name = "reader_studies"
urlpatterns = [
    path("experiments/<int:experiment_id>/readers/", making.of_experiment, name="of_experiment"),
    path("readers/<int:study_id>/", results.study, name="study"),
    path("readers/<int:study_id>/close/", making.close, name="close"),
    path("readers/<int:study_id>/answers.csv", results.answers_csv, name="answers_csv"),
    path("readers/<int:study_id>/consensus/", results.set_consensus, name="set_consensus"),
    path("readers/<int:study_id>/test-set/", results.test_set, name="test_set"),
    path("readers/<int:study_id>/rate/", rating.rate, name="rate"),
    path("readers/<int:study_id>/items/<int:item_id>/crop.png", rating.crop, name="crop"),
    path("readers/<int:study_id>/items/<int:item_id>/marks/", rating.marks, name="marks"),
    path("readers/<int:study_id>/items/<int:item_id>/decide/", results.decide_item, name="decide"),
]
