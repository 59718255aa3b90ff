"""Placing images on animals, cells and conditions, and the figures that follow from it."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path

import pytest

from spines.errors import InvalidInput, NotAllowed
from spines.export.spine_table import COLUMNS, spine_table_csv
from spines.models import Experiment, Image, Subject
from spines.selectors.images.listing import missing_in
from spines.selectors.results.counts import counts_by_animal, counts_by_condition, counts_by_image
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from spines.services.samples.sources import apply_pattern, apply_sample_sheet, assign_by_hand
from tests.factories import Study, finish, found, make_study, queue_analysis, upload

pytestmark = pytest.mark.django_db
NAMES = ("ctl_A1_c1.tif", "ctl_A1_c2.tif", "drug_B1_c1.tif", "odd.tif")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = make_study()
    for name in NAMES:
        upload(study, tmp_path, name)
    return study


def places(experiment: Experiment) -> dict[str, tuple[str, str, str] | None]:
    """(condition, animal, cell) by image name."""
    return {
        i.original_name: (
            i.cell.subject.condition.name if i.cell.subject.condition else "",
            i.cell.subject.name,
            i.cell.name,
        )
        if i.cell
        else None
        for i in experiment.images.all()
    }


def place_by_pattern(study: Study) -> None:
    report = apply_pattern(
        user=study.owner, experiment_id=study.experiment.pk, pattern="{condition}_{animal}_{cell}.tif"
    )
    assert (report.assigned, report.unmatched_names) == (3, ("odd.tif",))


def test_a_pattern_places_what_is_there_and_what_comes(study: Study, tmp_path: Path) -> None:
    place_by_pattern(study)
    late = upload(study, tmp_path, "drug_B2_c9.tif")
    study.experiment.refresh_from_db()
    assert places(study.experiment) == {
        "ctl_A1_c1.tif": ("ctl", "A1", "c1"),
        "ctl_A1_c2.tif": ("ctl", "A1", "c2"),
        "drug_B1_c1.tif": ("drug", "B1", "c1"),
        "drug_B2_c9.tif": ("drug", "B2", "c9"),
        "odd.tif": None,
    }
    assert late.cell is not None
    assert [c.name for c in study.experiment.conditions.all()] == ["ctl", "drug"]
    assert (missing_in(study.experiment).animal, missing_in(study.experiment).condition) == (1, 0)


def test_an_animal_in_two_conditions_is_refused_and_nothing_changes(study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path, "drug_A1_c3.tif")
    with pytest.raises(InvalidInput, match="Animal A1 stands in 2 conditions: ctl, drug"):
        apply_pattern(user=study.owner, experiment_id=study.experiment.pk, pattern="{condition}_{animal}_{cell}.tif")
    assert set(places(study.experiment).values()) == {None}
    assert not Subject.objects.exists()


def test_a_sheet_gives_sex_age_and_pixel_size(study: Study) -> None:
    sheet = (
        "file_name,animal,cell,condition,sex,age_days,pixel_size_um\nodd.tif,Z9,c1,ctl,f,90,0.12\nnone.tif,Z9,,,,,\n"
    )
    report = apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data=sheet.encode())
    assert (report.assigned, report.unmatched_names) == (1, ("none.tif",))
    image = Image.objects.get(original_name="odd.tif")
    assert image.cell is not None
    animal = image.cell.subject
    assert (animal.name, animal.sex, animal.age_days, image.pixel_size_um) == ("Z9", "female", 90, 0.12)


def test_by_hand(study: Study) -> None:
    chosen = list(study.experiment.images.filter(original_name="odd.tif").values_list("pk", flat=True))
    assign = partial(assign_by_hand, experiment_id=study.experiment.pk, image_ids=chosen, cell="", condition="ctl")
    with pytest.raises(NotAllowed):
        assign(user=study.viewer, animal="A7")
    with pytest.raises(InvalidInput, match="Condition ctl has no animal"):
        assign(user=study.owner, animal=" ")
    assert assign(user=study.owner, animal="A7") == 1
    assert places(study.experiment)["odd.tif"] == ("ctl", "A7", "")


def test_counts_and_table_speak_of_the_same_spines(study: Study) -> None:
    place_by_pattern(study)
    images = list(study.experiment.images.order_by("original_name"))
    finish(
        queue_analysis(study, images),
        [[found("mushroom"), found("thin", uncertain=True)], [], [found("thin", score=0.4)], [found("stubby")]],
    )
    everything = ResultFilters()
    by_condition = {g.key[1]: g for g in counts_by_condition(study.experiment, everything)}
    assert {k: (g.images, g.animals, g.spines) for k, g in by_condition.items()} == {
        "ctl": (2, 1, 2),
        "drug": (1, 1, 1),
        None: (1, 0, 1),
    }
    assert by_condition["ctl"].by_class["uncertain"] == 1
    assert by_condition["ctl"].share("mushroom") == 1.0, "of the certain ones"
    assert by_condition["ctl"].spines_per_image == 1.0
    assert [g.spines for g in counts_by_image(study.experiment, everything)] == [2, 0, 1, 1]

    strict = ResultFilters(least_score=0.5, conditions=("ctl", "drug"))
    assert {g.key[2]: g.spines for g in counts_by_animal(study.experiment, strict)} == {"A1": 2, "B1": 0}

    table = list(csv.DictReader(io.StringIO("".join(spine_table_csv(spines_of(study.experiment, everything))))))
    assert list(table[0]) == list(COLUMNS)
    assert [(r["image"], r["spine_class"], r["network_class"]) for r in table] == [
        ("ctl_A1_c1.tif", "mushroom", "mushroom"),
        ("ctl_A1_c1.tif", "uncertain", "thin"),
        ("drug_B1_c1.tif", "thin", "thin"),
        ("odd.tif", "stubby", "stubby"),
    ]
    assert table[0]["detector_version"] == "1"


def test_a_name_that_a_spreadsheet_would_run_is_defused(tmp_path: Path) -> None:
    study = make_study()
    image = upload(study, tmp_path, "=cmd.tif")
    finish(queue_analysis(study, [image]), [[found()]])
    table = "".join(spine_table_csv(spines_of(study.experiment, ResultFilters())))
    assert ",'=cmd.tif," in table
