"""A lab's own classes: made, chosen, reviewed with, and found on pages, in charts, exports, API and report."""

from __future__ import annotations

import json

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.export.annotated_picture import SpineMark, annotated_picture
from spines.export.coco import coco_json
from spines.export.dendrite_table import dendrite_rows
from spines.export.dictionary import tables_of
from spines.export.totals import totals_by
from spines.models import AnalysisImage, AuditEvent, Density, Spine
from spines.selectors.results.comparison import comparison_of
from spines.selectors.results.filters import ResultFilters
from spines.services.labs.class_sets import choose_class_set, make_class_set
from spines.services.review import answers
from spines.vocabulary.classes import DEFAULT
from spines.vocabulary.own_classes import class_set
from tests.factories import Study, make_measured_study
from tests.web.results_pages import address, csv_rows, text_of, words

pytestmark = pytest.mark.django_db

OWN = [
    {"key": "branched", "name": "Branched", "letter": "B", "keyboard": "r"},
    {"key": "ball", "name": "Ball", "letter": "O", "onto": "filopodia"},
]
EVERY = ResultFilters()


@pytest.fixture
def study() -> Study:
    """Two conditions of three animals, with the set of six chosen; two spines are called by its classes."""
    made = make_measured_study()
    chosen = make_class_set(user=made.owner, lab_id=made.lab.pk, name="Ours", own=OWN)
    choose_class_set(user=made.owner, experiment_id=made.experiment.pk, class_set_id=chosen.pk)
    made.experiment.refresh_from_db()
    first, second = Spine.objects.filter(final_class="mushroom").order_by("pk")[:2]
    answers.relabel(user=made.owner, spine_id=first.pk, spine_class="branched")
    answers.relabel(user=made.owner, spine_id=second.pk, spine_class="ball")
    return made


def test_pages_show_it(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    result = Spine.objects.get(final_class="branched").analysis_image
    page = client.get(reverse("images:image", args=[result.image_id])).content.decode()
    told = json.loads(page.partition('id="class-set" type="application/json">')[2].partition("</script>")[0])
    assert [each["key"] for each in told["classes"]] == [
        *("mushroom", "thin", "stubby", "filopodia", "branched", "ball", "uncertain", "cannot_say")
    ]
    assert told["classes"][4] == {"key": "branched", "name": "Branched", "letter": "B", "keyboard": "r"}
    assert 'class="chip chip-branched"' in page
    sheet = reverse("classes:own", args=[study.experiment.class_set_id])
    assert sheet in page
    assert ".roi-branched {" in client.get(sheet).content.decode()
    assert "Branched" in text_of(client, study)
    assert "Ours" in words(client, reverse("labs:settings", args=[study.lab.pk]))


def test_charts_tests_and_report_show_it(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    shares = {row["spine_class"]: row for row in csv_rows(client, address(study, "figure_csv", "class-shares"))}
    assert list(shares) == ["mushroom", "thin", "stubby", "filopodia", "branched", "ball", "uncertain"]
    drawn = client.get(address(study, "figure", "class-shares")).json()
    assert "B  Branched" in {each["text"] for each in drawn["layout"]["annotations"]}
    project = reverse("projects:figure", args=[study.experiment.project_id, "class-share"])
    assert client.get(project, {"class": "branched"}).status_code == 200
    found = comparison_of(study.experiment, EVERY)
    assert {"share of branched", "share of ball"} <= set(found.tests)
    every, without = found.tests["density"], found.tests["density without filopodia"]
    on = [sum(group.spines or 0 for group in test.groups) for test in (every, without)]
    assert on[0] - on[1] == Spine.objects.filter(final_class__in=("filopodia", "ball")).count()
    assert "Branched, %" in words(client, reverse("report:experiment", args=[study.experiment.pk]))


def test_exports_and_api_have_it(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    classes = study.experiment.classes
    results = AnalysisImage.objects.filter(is_current=True)
    header = tables_of(classes).dendrites.header
    rows = [dict(zip(header, row, strict=True)) for row in dendrite_rows(results, classes)]
    assert sum(row["branched"] for row in rows) == sum(row["ball"] for row in rows) == 1
    totals = totals_by(results, "image__cell__subject", classes)
    assert sum(total["branched"] for total in totals.values()) == 1
    image = tables_of(classes).images
    assert {"branched", "ball", "branched_per_um"} <= set(image.header)
    enum = next(column.enum for column in tables_of(classes).spines.columns if column.name == "spine_class")
    assert enum == classes.counted
    told = json.loads("".join(coco_json(study.experiment, EVERY)))
    ids = {each["name"]: each["id"] for each in told["categories"]}
    assert ids == {"mushroom": 1, "thin": 2, "stubby": 3, "filopodia": 4, "uncertain": 5, "branched": 6, "ball": 7}
    assert [each["category_id"] for each in told["annotations"]].count(6) == 1
    density = next(d for d in Density.objects.select_related("dendrite") if "ball" in d.by_class)
    counted = density.spines - density.by_class["ball"] - density.by_class.get("filopodia", 0)
    assert density.without_left_out_per_um == pytest.approx(counted / density.dendrite.length_um)
    assert annotated_picture(
        np.zeros((64, 64), np.uint8),
        [SpineMark(box_px=(5, 5, 9, 9), spine_class="branched")],
        pixel_size_um=None,
        classes=classes,
    ).startswith(b"\x89PNG")


def test_the_maturity_index_and_training_count_what_stands_for_a_class(study: Study) -> None:
    counts = {"mushroom": 3, "branched": 5, "ball": 2, "filopodia": 1, "uncertain": 4}
    assert study.experiment.classes.of_network(counts) == {"mushroom": 3, "thin": 0, "stubby": 0, "filopodia": 3}


def test_only_managers_make_and_choose_and_it_is_audited(study: Study) -> None:
    with pytest.raises(NotAllowed):
        make_class_set(user=study.viewer, lab_id=study.lab.pk, name="Other", own=OWN)
    with pytest.raises(NotAllowed):
        choose_class_set(user=study.viewer, experiment_id=study.experiment.pk, class_set_id=None)
    with pytest.raises(Conflict, match="named Ours already"):
        make_class_set(user=study.owner, lab_id=study.lab.pk, name="Ours", own=OWN)
    with pytest.raises(Conflict, match="2 spines of this experiment were called ball, branched"):
        choose_class_set(user=study.owner, experiment_id=study.experiment.pk, class_set_id=None)
    event = AuditEvent.objects.get(action="experiment.class_set_chosen")
    assert (event.details["before"], event.details["after"]) == ("", "Ours")
    assert AuditEvent.objects.filter(action="class_set.made").count() == 1


def test_a_class_of_another_set_is_refused() -> None:
    plain = make_measured_study()
    spine = Spine.objects.order_by("pk").first()
    assert spine is not None
    with pytest.raises(InvalidInput, match=r"no class “branched”\. Choose one of mushroom, thin, stubby, filopodia"):
        answers.relabel(user=plain.owner, spine_id=spine.pk, spine_class="branched")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"key": "Ball", "name": "Ball"}, "cannot be a key"),
        ({"key": "uncertain", "name": "Unsure"}, "cannot be a key"),
        ({"key": "ball", "name": "Thin"}, "same name as Thin"),
        ({"key": "ball", "name": "Ball", "letter": "M"}, "same letter as Mushroom"),
        ({"key": "ball", "name": "Ball", "keyboard": "m"}, "same key on the keyboard as Mushroom"),
        ({"key": "ball", "name": "Ball", "keyboard": "u"}, "does something else"),
        ({"key": "ball", "name": "Ball", "onto": "round"}, "not for round"),
        ({"key": "ball", "name": "Ball", "colour": "red"}, "is no colour"),
        ({"key": "ball"}, "needs a key and a name"),
        ({"key": "ball", "name": "Ball", "size": "1"}, "a field size"),
    ],
)
def test_what_cannot_be_a_class_says_why(row: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        class_set([row])


def test_twelve_classes_at_most() -> None:
    own = [{"key": f"own{n}", "name": f"Own {n}", "letter": "abcdefghi"[n]} for n in range(9)]
    assert len(class_set(own[:8]).classes) == 12
    with pytest.raises(InvalidInput, match="at most 12 classes"):
        class_set(own)
    assert DEFAULT.keys == ("mushroom", "thin", "stubby", "filopodia")


def test_the_pages_form_makes_and_chooses(client: Client) -> None:
    study = make_measured_study()
    client.force_login(study.owner)
    said = {"name": "Ours", "classes": "branched | Branched | B | r\nball | Ball | O | | filopodia"}
    client.post(reverse("labs:make_class_set", args=[study.lab.pk]), said)
    made = study.lab.class_sets.get()
    assert [each.key for each in made.classes().own] == ["branched", "ball"]
    client.post(reverse("labs:choose_class_set", args=[study.experiment.pk]), {"class_set": str(made.pk)})
    study.experiment.refresh_from_db()
    assert study.experiment.class_set == made
    client.force_login(study.viewer)
    assert client.post(reverse("labs:make_class_set", args=[study.lab.pk]), said).status_code == 403
