"""The learning curve after a training: on its page and its candidate's, with what ten more groups would bring."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import DatasetVersion, ModelVersion, TrainingRun
from spines.selectors.training.learning import learned_by
from tests.factories import make_user, make_versions
from tests.web.evaluations import classifier_evaluation
from tests.web.results_pages import words

pytestmark = pytest.mark.django_db


def trained(groups: int, figure: float, *, labs: tuple[int, ...] = (1,), part: str = "test") -> TrainingRun:
    """A finished training on so many groups of these labs."""
    number = TrainingRun.objects.count()
    _, active = make_versions()
    evaluation = classifier_evaluation(active_id=active.pk, active_name=str(active)) | {"part": part}
    evaluation["candidate"] |= {"macro_f1": figure, "macro_f1_95": [figure - 0.05, figure + 0.04]}
    dataset = DatasetVersion.objects.create(
        kind="classifier",
        sha256=f"{number:064}",
        path="x",
        selection={"lab_ids": list(labs), "imported_set_ids": []},
        counts={part: {"groups": groups, "images": groups, "spines": 9 * groups} for part in ("train", "val", "test")},
    )
    candidate = ModelVersion.objects.create(
        kind="classifier", name="c", version=str(number), sha256=f"{number:064}", path="x", evaluation=evaluation
    )
    return TrainingRun.objects.create(
        kind="classifier", recipe="default", dataset=dataset, candidate=candidate, status="done"
    )


def pages(client: Client, run: TrainingRun) -> list[str]:
    client.force_login(make_user(staff=True))
    assert run.candidate is not None
    addresses = (reverse("training:run", args=[run.pk]), reverse("model_versions:version", args=[run.candidate.pk]))
    return [words(client, address) for address in addresses]


def test_three_sizes_say_what_ten_more_groups_bring_and_how_surely(client: Client) -> None:
    for groups, figure in ((5, 0.70), (10, 0.77), (20, 0.825)):
        run = trained(groups, figure)
    trained(30, 0.2, labs=(1, 2))  # another selection
    trained(40, 0.9)  # later
    learned = learned_by(run)
    assert learned is not None
    assert [point.groups for point in learned.points] == [5, 10, 20]
    gain = learned.gain
    assert gain is not None
    assert gain.gain == pytest.approx(0.026, abs=0.002)
    assert gain.low < 0 < gain.gain < gain.high, "three points on a line, each known to ± 0.045"
    for text in pages(client, run):
        assert f"10 more groups than 20 are expected to bring +{gain.gain:.3f} Macro-F1 (95 % interval" in text
        assert "So it is not shown that more bring anything." in text
        assert "0.770 0.720 to 0.810" in text
    assert run.candidate is not None
    drawn = client.get(reverse("model_versions:chart", args=[run.candidate.pk, "learning"])).json()
    assert drawn["data"][0]["x"] == [5, 10, 20]
    assert drawn["data"][2]["x"] == [30]


def test_scattered_points_promise_nothing(client: Client) -> None:
    for groups, figure in ((5, 0.70), (10, 0.85), (20, 0.72)):
        run = trained(groups, figure)
    for text in pages(client, run):
        assert "So it is not shown that more bring anything." in text


def test_too_few_points_say_so_and_what_is_needed(client: Client) -> None:
    trained(5, 0.7)
    run = trained(5, 0.72)
    for text in pages(client, run):
        assert "Too few points: 2 trainings with 1 different number of groups. From 2 more on" in text
    assert run.candidate is not None
    assert client.get(reverse("model_versions:chart", args=[run.candidate.pk, "learning"])).status_code == 200


def test_a_figure_on_the_validation_part_is_no_point() -> None:
    assert learned_by(trained(5, 0.7, part="val")) is None
    alone = learned_by(trained(5, 0.7))
    assert alone is not None
    assert len(alone.points) == 1
