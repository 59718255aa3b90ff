"""The Threshold page and its API: who sees and sets it, what it says with and without enough reviewed images."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, AnalysisStatus, Image, ThresholdChange
from spines.services.analyses.starting import start_analysis
from tests.factories import Study, make_annotator, make_study
from tests.thresholds import analysed, reviewed
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db

PAGES = ("thresholds:threshold", "thresholds:state", "thresholds:curve", "thresholds:curve_csv")


@pytest.fixture(name="image")
def analysed_image(study: Study, tmp_path: Path) -> Image:
    """Five spines, and candidates of which two score 0.2 or more."""
    return analysed(study, tmp_path, spines=[0.9, 0.7, 0.6, 0.5, 0.4], candidates=[0.3, 0.2, 0.12])


def page(client: Client, study: Study, **query: Any) -> str:
    return client.get(reverse("thresholds:threshold", args=[study.experiment.pk]), query).content.decode()


def give(client: Client, study: Study, threshold: str) -> Any:
    return client.post(reverse("thresholds:set", args=[study.experiment.pk]), {"threshold": threshold}, follow=True)


def test_members_see_it_annotators_set_it_and_strangers_find_nothing(
    client: Client, study: Study, image: Image
) -> None:
    for user, status, may_set in (
        (study.viewer, 200, 403),
        (make_study("Another").owner, 404, 404),
        (make_annotator(study), 200, 200),
    ):
        client.force_login(user)
        for name in PAGES:
            assert client.get(reverse(name, args=[study.experiment.pk])).status_code == status
        assert give(client, study, "0.3").status_code == may_set
    client.logout()
    assert client.get(reverse(PAGES[0], args=[study.experiment.pk])).status_code == 302
    client.force_login(study.viewer)
    assert 'id="use"' not in page(client, study)


def test_an_experiment_without_results_says_so(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    assert "Nothing to look at yet" in page(client, study)
    assert give(client, study, "0.3").status_code == 200
    assert ThresholdChange.objects.get().status == AnalysisStatus.DONE
    assert "from a detection score of <strong>0.30</strong>" in page(client, study)


def test_the_address_chooses_threshold_and_picture_without_script(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    own = page(client, study)
    assert '<strong id="in-picture">5 spines</strong>' in own
    assert own.count("roi-unclassified is-out") == 3
    lower = page(client, study, threshold="0.2", image=image.pk)
    assert '<strong id="in-picture">7 spines</strong>' in lower
    assert "7 spines in the experiment." in lower
    assert lower.count("roi-unclassified is-out") == 1
    for nonsense in ({"threshold": "much", "image": "9" * 30}, {"threshold": "nan"}, {"image": "-1"}):
        assert '<strong id="in-picture">5 spines</strong>' in page(client, study, **nonsense)


def test_too_few_reviewed_images_say_what_is_needed(client: Client, study: Study, image: Image, tmp_path: Path) -> None:
    client.force_login(study.viewer)
    reviewed(study, tmp_path)
    assert "So far 1 image with 13 spines is reviewed." in page(client, study)
    figure = client.get(reverse("thresholds:curve", args=[study.experiment.pk])).json()
    assert figure["layout"]["meta"]["empty"]


def test_reviewed_images_tell_precision_and_recall(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.viewer)
    for _ in range(5):
        reviewed(study, tmp_path)
    at_own = page(client, study)
    assert "Precision 92 % (92 to 92), recall 92 % (92 to 92); 1.00 boxes for each spine" in at_own
    assert '<strong id="in-picture">12 right, 1 no spine, 1 missed</strong>' in at_own
    # At 0.3 the missed spine has its box, and no other box has come.
    lower = page(client, study, threshold="0.3")
    assert '<strong id="in-picture">13 right, 1 no spine, 0 missed</strong>' in lower
    assert "Precision 93 % (93 to 93), recall 100 % (100 to 100)" in lower
    figure = client.get(reverse("thresholds:curve", args=[study.experiment.pk])).json()
    assert [trace["name"] for trace in figure["data"] if "name" in trace] == ["Precision", "Recall"]
    assert "From 5 reviewed images with 65 spines." in figure["layout"]["meta"]["note"]
    text = client.get(reverse("thresholds:curve_csv", args=[study.experiment.pk]))
    rows = list(csv.DictReader(StringIO(text.getvalue().decode("utf-8-sig"))))
    at_30 = next(row for row in rows if row["threshold"] == "0.3")
    assert (at_30["boxes"], at_30["boxes_on_spines"], at_30["spines"]) == ("70", "65", "65")


def test_setting_it_queues_the_change_and_shows_its_progress(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    answer = give(client, study, "0.2").content.decode()
    assert "The threshold is 0.20 now. 1 image follows." in answer
    assert 'hx-trigger="every 2s"' in answer
    assert "0 of 1 image follows the new threshold" in answer
    state = client.get(reverse("thresholds:state", args=[study.experiment.pk]))
    assert 'data-left="1"' in state.content.decode()
    assert "HX-Refresh" not in state.headers
    ThresholdChange.objects.update(status=AnalysisStatus.DONE)
    assert client.get(reverse("thresholds:state", args=[study.experiment.pk])).headers["HX-Refresh"] == "true"
    assert "Use the network&#x27;s own, 0.35" in answer or "Use the network's own, 0.35" in answer
    assert "The threshold is the network" in give(client, study, "own").content.decode()


@pytest.mark.parametrize(("text", "status", "words"), [("", 422, "a number"), ("2", 422, "0.10 to 0.95")])
def test_what_cannot_be_is_refused_with_a_sentence(
    client: Client, study: Study, image: Image, text: str, status: int, words: str
) -> None:
    client.force_login(study.owner)
    answer = give(client, study, text)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_it_waits_for_a_running_analysis(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    assert "wait for that or cancel it, then set the threshold" in page(client, study)
    assert give(client, study, "0.3").status_code == 409


def test_a_blinded_experiment_is_sealed_for_who_may_rate(client: Client, study: Study, image: Image) -> None:
    study.experiment.blinded = True
    study.experiment.save()
    client.force_login(study.viewer)
    assert client.get(reverse("thresholds:threshold", args=[study.experiment.pk])).status_code == 403


def test_results_report_and_tables_state_the_threshold(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    results = reverse("results:experiment", args=[study.experiment.pk])
    report = reverse("report:experiment", args=[study.experiment.pk])
    assert "score 0.35" in client.get(results).content.decode()
    assert "In this experiment a box counts" not in client.get(report).content.decode()
    AnalysisImage.objects.update(score_threshold=0.5)
    assert "score 0.50" in client.get(results).content.decode()
    said = "In this experiment a box counts as a spine from a score of 0.50 on."
    assert said in client.get(report).content.decode()
    table = client.get(reverse("results:spines_csv", args=[study.experiment.pk])).getvalue().decode("utf-8-sig")
    assert {row["score_threshold"] for row in csv.DictReader(StringIO(table))} == {"0.5"}


def test_programs_read_and_set_it(study: Study, image: Image, tmp_path: Path) -> None:
    api, address = Api(study.owner), f"/experiments/{study.experiment.pk}/threshold"
    before = api.get(address).json()
    assert (before["score_threshold"], before["own_thresholds"], before["change"]) == (None, [0.35], None)
    assert before["curve"] is None
    for _ in range(5):
        reviewed(study, tmp_path)
    answer = api.post(address, {"score_threshold": 0.3})
    assert answer.status_code == 202
    said = answer.json()
    assert (said["score_threshold"], said["images_left"], said["change"]["state"]) == (0.3, 6, "queued")
    point = next(each for each in said["curve"]["points"] if each["threshold"] == 0.3)
    assert (point["recall"], point["boxes"], said["curve"]["drawn"]) == (1.0, 70, "images")
    assert api.post(address, {"score_threshold": 0.3}).status_code == 409
    assert api.post(address, {"score_threshold": 0.01}).status_code == 422
    assert Api(study.viewer).post(address, {"score_threshold": 0.4}).status_code == 403
    assert api.post(address, {"score_threshold": None}).json()["score_threshold"] is None
    assert json.loads(api.get(address).content)["change"]["before"] == 0.3
