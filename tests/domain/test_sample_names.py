"""Names in a sample sheet: of files with and without ending, in both Unicode forms, and of all that a guard touches."""

from __future__ import annotations

import unicodedata

import pytest

from spines.errors import InvalidInput
from spines.export.sample_sheet import sheet_lines
from spines.models import AuditEvent, Cell, Condition, Image, Subject
from spines.services.samples.sources import apply_sample_sheet
from tests.factories import make_study
from tests.sample_sheets import named, sheet, state_of


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "image"),
    [
        ("neuron", "neuron.tif"),
        ("neuron", "neuron.ome.tif"),
        ("neuron.ome", "neuron.ome.tif"),
        ("NEURON.TIF", "neuron.tif"),
        ("Day 1\\neuron.tif", "neuron.tif"),
        (unicodedata.normalize("NFD", "Zürich é.tif"), "Zürich é.tif"),
        ("zürich É", "Zürich é.czi"),
        ("神経_7", "神経_7.lif"),
    ],
)
def test_a_name_without_ending_in_other_case_or_decomposed_is_placed(row: str, image: str) -> None:
    study = make_study()
    made = named(study, image)
    Image.objects.filter(pk=made.pk).update(folder="day 1" if "Day" in row else "")
    named(study, "another.tif")
    sheet(study, "file_name,animal", f"{row},M1")
    assert [name for name, facts in state_of(study) if facts["animal"] == "M1"] == [image]


@pytest.mark.django_db
def test_an_animal_is_the_same_in_both_unicode_forms() -> None:
    study = make_study()
    for name in "ab":
        named(study, f"{name}.tif")
    sheet(study, "file_name,animal,condition", "a.tif,Müller,témoin")
    sheet(
        study, *(unicodedata.normalize("NFD", line) for line in ("file_name,animal,condition", "b.tif,Müller,témoin"))
    )
    assert [s.name for s in study.experiment.subjects.all()] == ["Müller"]
    assert [c.name for c in study.experiment.conditions.all()] == ["témoin"]


@pytest.mark.django_db
def test_a_name_that_can_be_two_images_is_asked_for_and_one_image_has_one_row() -> None:
    study = make_study()
    for folder in ("A1", "A2"):
        Image.objects.filter(pk=named(study, "c1.tif").pk).update(folder=folder)
    named(study, "other.tif")
    with pytest.raises(InvalidInput) as refused:
        sheet(study, "file_name,animal", "c1.tif,A1", "other.tif,A3", "other,A4", "A2/c1.tif,A2")
    assert refused.value.sentences == (
        "Row 2: c1.tif can be 2 images: A1/c1.tif, A2/c1.tif. Write the name with its folder and ending.",
        "Row 4: other is the image of row 3: keep one of the two.",
    )
    sheet(study, "file_name,animal", "A1/c1.tif,A1", "A2/c1.tif,A2")


NAMES = (
    "+/+",
    "-/-",
    "=1+1",
    "@home",
    "'+/+",
    "''-",
    "'quoted'",
    '"said"',
    "a\tb",
    "\ttab",
    "a,b;c",
    "فأر ١",
    "マウス 7",
    "é",
)


@pytest.mark.django_db
def test_the_sheet_that_is_exported_is_read_back_unchanged() -> None:
    study = make_study()
    for i, name in enumerate(NAMES):
        image = named(study, f"{name}.tif", animal=name, cell=name, condition=name)
        Image.objects.filter(pk=image.pk).update(
            folder=name if i % 2 else "",
            session=name if i % 3 else "",
            pixel_size_um=0.1 / 3,
            pixel_size_source="metadata",
        )
        Subject.objects.filter(name=name).update(
            factors={"genotype": name, "housing": name} if i % 2 else {}, sex="male", age_days=i
        )
    before, rows = state_of(study), (Subject.objects.count(), Condition.objects.count(), Cell.objects.count())
    for text in ("".join(sheet_lines(study.experiment)), "\ufeff" + "".join(sheet_lines(study.experiment))):
        report = apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data=text.encode())
        assert (report.assigned, report.unmatched_names) == (len(NAMES), ())
        assert state_of(study) == before
    assert (Subject.objects.count(), Condition.objects.count(), Cell.objects.count()) == rows
    assert set(Image.objects.values_list("pixel_size_source", flat=True)) == {"metadata"}
    assert not AuditEvent.objects.filter(action="image.sample_stated").exists()
