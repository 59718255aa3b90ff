"""What changed between two analyses of an experiment, and who may know."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Analysis, Image, ModelKind, ModelState, ModelVersion, Spine
from tests.factories import Study, finish, found, make_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db

MUSHROOM = found("mushroom", box_px=(4, 4, 10, 10))
SHIFTED_THIN = found("thin", box_px=(7, 4, 10, 10))
GONE = found("stubby", box_px=(40, 40, 10, 10))
NEW = found("filopodia", box_px=(40, 10, 6, 12))


def activate(kind: ModelKind, version: str) -> ModelVersion:
    ModelVersion.objects.filter(kind=kind, state=ModelState.ACTIVE).update(state=ModelState.RETIRED)
    return ModelVersion.objects.create(
        kind=kind, name="newer", version=version, sha256=version * 64, path="x", state=ModelState.ACTIVE
    )


@pytest.fixture
def images(study: Study, tmp_path: Path) -> list[Image]:
    return [upload(study, tmp_path, name) for name in ("a.tif", "b.tif", "c.tif")]


@pytest.fixture
def pair(study: Study, images: list[Image]) -> tuple[Analysis, Analysis]:
    """a.tif: one spine moved to another class, one lost, one new. b.tif: as before. c.tif: only before."""
    before = queue_analysis(study, images)
    finish(before, [[MUSHROOM, GONE], [MUSHROOM], [MUSHROOM]])
    activate(ModelKind.DETECTOR, "b")
    after = queue_analysis(study, images[:2])
    finish(after, [[SHIFTED_THIN, NEW], [MUSHROOM]])
    return before, after


def address(study: Study, name: str = "changes") -> str:
    return reverse(f"results:{name}", args=[study.experiment.pk])


def words(answer: object) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())  # type: ignore[attr-defined]
    return " ".join(text.split())


def test_says_what_changed(client: Client, study: Study, pair: tuple[Analysis, Analysis]) -> None:
    client.force_login(study.viewer)
    before, after = pair
    answer = client.get(address(study))
    text = words(answer)
    assert f"Analysis {before.pk} found 3 spines in 2 images, analysis {after.pk} 3" in text
    assert "2 (67 %) were found again, 1 of them in another class; 1 was not found again and 1 is new" in text
    assert "1 image was finished in only one of the two" in text
    changes = answer.context["changes"]
    assert changes.transitions["mushroom"]["thin"] == 1
    assert changes.transitions["mushroom"]["mushroom"] == 1
    assert [row.name for row in changes.most_changed] == ["a.tif"]
    assert str(before.detector) in text
    assert str(after.detector) in text


def test_counts_by_condition(client: Client, study: Study, pair: tuple[Analysis, Analysis]) -> None:
    client.force_login(study.viewer)
    [group] = client.get(address(study)).context["changes"].by_condition
    assert (group.name, group.images, group.spines_before, group.spines_after) == ("not placed", 2, 3, 3)


def test_a_rejected_spine_counts_nowhere(client: Client, study: Study, pair: tuple[Analysis, Analysis]) -> None:
    client.force_login(study.viewer)
    before, _ = pair
    Spine.objects.filter(analysis_image__analysis=before, spine_class="stubby").update(rejected=True)
    changes = client.get(address(study)).context["changes"]
    assert (changes.in_all.spines_before, changes.n_lost) == (2, 0)


def test_the_table_names_what_became_of_each_spine(
    client: Client, study: Study, pair: tuple[Analysis, Analysis]
) -> None:
    client.force_login(study.viewer)
    answer = client.get(address(study, "changes_csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [(row["image"], row["change"], row["class_before"], row["class_after"]) for row in rows] == [
        ("a.tif", "class", "mushroom", "thin"),
        ("a.tif", "lost", "stubby", ""),
        ("a.tif", "added", "", "filopodia"),
        ("b.tif", "same", "mushroom", "mushroom"),
    ]


def test_the_address_chooses_the_analyses(client: Client, study: Study, pair: tuple[Analysis, Analysis]) -> None:
    client.force_login(study.viewer)
    before, after = pair
    turned = client.get(address(study), {"before": after.pk, "after": before.pk}).context["pair"]
    assert turned == (after, before)
    other = make_study()
    for query in (f"before={before.pk}", f"before={after.pk}&after={after.pk}", "before=0&after=x"):
        assert client.get(f"{address(study)}?{query}").status_code == 422
    assert client.get(address(other)).status_code == 404


def test_before_there_are_two_the_page_says_so(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    assert "no finished analysis yet" in words(client.get(address(study)))
    finish(queue_analysis(study, images), [[], [], []])
    assert "one finished analysis" in words(client.get(address(study)))
    assert client.get(address(study, "changes_csv")).status_code == 422


def test_members_see_it_and_nobody_else(client: Client, study: Study, pair: tuple[Analysis, Analysis]) -> None:
    for page in (address(study), address(study, "changes_csv")):
        client.logout()
        assert client.get(page).headers["Location"].startswith(reverse("accounts:sign_in"))
        for user, status in (
            (study.owner, 200),
            (study.viewer, 200),
            (make_study().owner, 404),
            (make_user(staff=True), 404),
        ):
            client.force_login(user)
            assert client.get(page).status_code == status
        assert client.post(page).status_code == 405


def test_results_of_earlier_networks_offer_to_analyse_again(
    client: Client, study: Study, pair: tuple[Analysis, Analysis]
) -> None:
    pages = [reverse(f"{name}", args=[study.experiment.pk]) for name in ("experiments:images", "results:experiment")]
    client.force_login(study.viewer)
    for page in pages:
        text = words(client.get(page))
        assert "1 of 3 images was analysed by other networks than those in use here" in text
        assert "Analyse it again" not in text
        assert "What changed" in text
    client.force_login(study.owner)
    for page in pages:
        assert "Analyse it again" in words(client.get(page))
    client.post(reverse("analyses:start", args=[study.experiment.pk]), {"which": "earlier_networks"})
    newest = Analysis.objects.order_by("-pk").first()
    assert newest is not None
    assert [row.image.original_name for row in newest.images.all()] == ["c.tif"]
    finish(newest, [[]])
    for page in pages:
        assert "other networks than those in use" not in words(client.get(page))
