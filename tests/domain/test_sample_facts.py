"""One way for the facts of a sample: an animal has one condition, whoever says what, and changes are on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from spines.errors import InvalidInput
from spines.models import AuditEvent, Image
from spines.samples import SampleFields
from spines.services.images.uploads import add_image
from spines.services.samples.facts import SampleConflict
from spines.services.samples.sources import apply_pattern, apply_sample_sheet, assign_by_hand, set_conditions
from tests.factories import Study, make_study, make_tiff, upload
from tests.interleaving import Beside
from tests.sample_sheets import named, sheet, state_of

PATTERN = "{condition}_{animal}_{cell}"


@pytest.fixture
def study() -> Study:
    """Animal A1 of the condition control, on two images; the experiment reads names by a pattern."""
    study = make_study()
    for name in ("control_A1_c1.tif", "control_A1_c2.tif"):
        named(study, name, animal="A1", cell=name[-6:-4], condition="control")
    study.experiment.filename_pattern = PATTERN
    study.experiment.save()
    return study


def by_upload(study: Study, folder: Path) -> None:
    upload(study, folder, "drug_A1_c3.tif")


def by_api_upload(study: Study, folder: Path) -> None:
    said = SampleFields(animal="A1", condition="drug")
    path = make_tiff(folder)
    add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name, said=said)


def by_pattern(study: Study, _folder: Path) -> None:
    named(study, "drug_A1_c3.tif")
    apply_pattern(user=study.owner, experiment_id=study.experiment.pk, pattern=PATTERN)


def by_sheet(study: Study, _folder: Path) -> None:
    named(study, "x.tif")
    sheet(study, "file_name,animal,condition", "x.tif,A1,drug")


def by_hand(study: Study, _folder: Path) -> None:
    image = named(study, "x.tif")
    chosen = {"user": study.owner, "experiment_id": study.experiment.pk, "image_ids": [image.pk]}
    assign_by_hand(**chosen, animal="A1", cell="", condition="drug")  # type: ignore[arg-type]


def beside_animals(study: Study, _folder: Path) -> None:
    animal = study.experiment.subjects.get()
    set_conditions(user=study.owner, experiment_id=study.experiment.pk, condition_of_animal={animal.pk: "drug"})


DOORS = (by_upload, by_api_upload, by_pattern, by_sheet, by_hand, beside_animals)


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_an_animal_in_two_conditions(
    study: Study, tmp_path: Path, door: Callable[[Study, Path], None]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        door(study, tmp_path)
    (sentence,) = refused.value.sentences
    assert sentence.startswith("Animal A1 stands in 2 conditions: control, drug.")
    assert "control: control_A1_c1.tif, control_A1_c2.tif" in sentence
    assert [c.name for c in study.experiment.conditions.all()] == ["control"]
    placed = study.experiment.images.filter(cell__subject__name="A1")
    assert {image.original_name for image in placed} == {"control_A1_c1.tif", "control_A1_c2.tif"}
    assert not AuditEvent.objects.filter(action="image.sample_stated").exists()
    assert not Image.objects.filter(original_name__in=("drug_A1_c3.tif", "image.tif"), cell=None).exclude(file="")


@pytest.mark.django_db
def test_a_sheet_tells_all_that_is_wrong_in_one_answer_with_every_row(study: Study) -> None:
    for name in ("p.tif", "q.tif", "r.tif", "s.tif"):
        named(study, name)
    named(study, "control_A9_c9.tif", animal="A9", condition="control")
    with pytest.raises(InvalidInput) as refused:
        sheet(
            study,
            "file_name,animal,condition,sex,age_days",
            "p.tif,B1,control,f,60",
            "q.tif,B1,drug,m,60",
            "r.tif,B1,drug,m,61",
            "s.tif,A9,drug,,old",
            "control_A1_c1.tif,A1,drug,,",
            "not there.tif,B1,control,,",
        )
    assert refused.value.sentences == (
        "Row 5: “old” is no age in days: write a whole number, or nothing.",
        (
            "Animal B1 stands in 2 conditions: control, drug. control: rows 2, 7; drug: rows 3, 4. Give each animal "
            "one condition, or animals that differ in it different names. If it is one animal in each of them, say "
            "with the sheet that animals stand in several conditions."
        ),
        (
            "Animal B1 has 2 sexes: female, male. female: row 2; male: rows 3, 4. Give each animal one sex, or animals "
            "that differ in it different names."
        ),
        (
            "Animal B1 has 2 ages: 60 days, 61 days. 60 days: rows 2, 3; 61 days: row 4. Give each animal one age, or "
            "animals that differ in it different names."
        ),
        (
            "Animal A1 stands in 2 conditions: control, drug. drug: row 6; control: control_A1_c2.tif as it is. Give "
            "each animal one condition, or animals that differ in it different names. If it is one animal in each of "
            "them, say with the sheet that animals stand in several conditions. To change it for A1, say it for all "
            "images of A1 at once."
        ),
    )
    assert not study.experiment.subjects.filter(name="B1").exists()


@pytest.mark.django_db
def test_said_for_all_its_images_a_fact_changes_and_each_image_has_it_on_record(study: Study) -> None:
    sheet(
        study,
        "file_name,animal,condition,sex",
        "control_A1_c1.tif,A1,drug,f",
        "control_A1_c2.tif,A1,drug,",
    )
    assert {facts["condition"] for _, facts in state_of(study)} == {"drug"}
    assert [facts["cell"] for _, facts in state_of(study)] == ["c1", "c2"]
    events = AuditEvent.objects.filter(action="image.sample_stated")
    assert {event.subject_id for event in events} == {image.pk for image in study.experiment.images.all()}
    assert {event.actor for event in events} == {study.owner}
    for event in events:
        assert event.details == {
            "source": "sheet",
            "before": {"condition": "control", "sex": None},
            "after": {"condition": "drug", "sex": "female"},
        }


@pytest.mark.django_db
def test_the_answer_tells_which_animal_is_otherwise_than_it_was(study: Study) -> None:
    lines = b"file_name,animal,condition\ncontrol_A1_c1.tif,A1,drug\ncontrol_A1_c2.tif,A1,drug\n"
    report = apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data=lines)
    assert report.animals_changed == ("Animal A1: condition control is now drug.",)


@pytest.mark.django_db
def test_a_condition_alone_is_of_the_animals_that_the_images_have(study: Study) -> None:
    chosen = {"user": study.owner, "experiment_id": study.experiment.pk}
    pks = [image.pk for image in study.experiment.images.all()]
    assert assign_by_hand(**chosen, image_ids=pks, animal="", cell="", condition="drug") == 2  # type: ignore[arg-type]
    assert [(f["animal"], f["cell"], f["condition"]) for _, f in state_of(study)] == [
        ("A1", "c1", "drug"),
        ("A1", "c2", "drug"),
    ]


@pytest.mark.django_db
def test_genotype_and_treatment_are_two_factors_and_make_the_condition() -> None:
    study = make_study()
    for name in "abc":
        named(study, f"{name}.tif")
    sheet(study, "file_name,animal,genotype,treatment", "a.tif,M1,WT,veh", "b.tif,M2,+/+,drug", "c.tif,M1,,")
    animals = study.experiment.subjects.order_by("name")
    assert [(a.factors, str(a.condition)) for a in animals] == [
        ({"genotype": "WT", "treatment": "veh"}, "WT · veh"),
        ({"genotype": "+/+", "treatment": "drug"}, "+/+ · drug"),
    ]
    sheet(study, "file_name,animal,treatment,Factor: Housing", "a.tif,M1,saline,enriched", "c.tif,M1,saline,enriched")
    first = study.experiment.subjects.get(name="M1")
    assert first.factors == {"genotype": "WT", "treatment": "saline", "housing": "enriched"}
    assert str(first.condition) == "WT · saline · enriched"
    with pytest.raises(SampleConflict, match="change the genotype or treatment in a sample sheet instead"):
        assign_by_hand(
            user=study.owner,
            experiment_id=study.experiment.pk,
            image_ids=[Image.objects.get(original_name="b.tif").pk],
            animal="M2",
            cell="",
            condition="KO",
        )


@pytest.mark.django_db
def test_one_factor_said_alone_keeps_the_other_and_contradictions_are_refused() -> None:
    study = make_study()
    for name in "ab":
        named(study, f"{name}.tif")
    sheet(study, "file_name,animal,genotype", "a.tif,M1,WT", "b.tif,M1,WT")
    assert str(study.experiment.subjects.get().condition) == "WT"
    sheet(study, "file_name,animal,treatment", "a.tif,M1,veh", "b.tif,M1,veh")
    assert str(study.experiment.subjects.get().condition) == "WT · veh"
    with pytest.raises(InvalidInput, match=r"has 2 genotypes: KO, WT\. KO: row 2; WT: b\.tif as it is"):
        sheet(study, "file_name,animal,genotype", "a.tif,M1,KO")
    with pytest.raises(InvalidInput, match="leave the condition empty, and it follows"):
        sheet(study, "file_name,animal,condition,genotype", "a.tif,M1,WT · veh,KO", "b.tif,M1,WT · veh,KO")
    assert study.experiment.subjects.get().factors == {"genotype": "WT", "treatment": "veh"}


@pytest.mark.django_db
def test_a_condition_that_somebody_named_stays_beside_a_factor(study: Study) -> None:
    sheet(study, "file_name,animal,genotype", "control_A1_c1.tif,A1,KO", "control_A1_c2.tif,A1,KO")
    animal = study.experiment.subjects.get()
    assert (str(animal.condition), animal.factors) == ("control", {"genotype": "KO"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", [by_upload, by_api_upload, by_sheet, by_hand])
def test_two_who_speak_of_one_animal_at_once_are_held_apart(
    tmp_path: Path, door: Callable[[Study, Path], None]
) -> None:
    """The second begins while the first has written and not committed, waits, and then sees what the first said."""
    study = make_study()
    first = named(study, "first.tif")
    study.experiment.filename_pattern = PATTERN
    study.experiment.save()
    with transaction.atomic():
        chosen = {"user": study.owner, "experiment_id": study.experiment.pk, "image_ids": [first.pk]}
        assign_by_hand(**chosen, animal="A1", cell="", condition="control")  # type: ignore[arg-type]
        second = Beside(lambda: door(study, tmp_path))
        second.ended_or_waits()
        assert not second.is_over
    with pytest.raises(InvalidInput, match="Animal A1 stands in 2 conditions: control, drug"):
        second.result()
    assert [str(s.condition) for s in study.experiment.subjects.all()] == ["control"]
