"""Freezing datasets: consent, split by animal, what was tested on stays apart, the same bits at any time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.management import call_command
from django.utils import timezone
from PIL import Image as Picture

from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.models import AuditEvent, Cell, DatasetVersion, Image, ImportedSet, ModelKind, Spine, Subject, User
from spines.selectors.datasets.contents import dataset_sources, lab_choices, set_choices, withdrawn_labs
from spines.services.datasets.freezing import DatasetSelection, freeze, materialise, preview
from spines.services.datasets.imports import import_set
from spines.services.datasets.reviewed import reviewed_source
from spines.services.images.uploads import add_image
from spines.services.labs.making import set_lets_train
from spines.training_sets import read_truth
from tests.domain.annotated_sets import copied, field, write_coco
from tests.factories import Study, finish, found, make_study, make_user, queue_analysis

pytestmark = pytest.mark.django_db

CLASSES = ("mushroom", "thin", "stubby", "filopodia")


@pytest.fixture
def admin() -> User:
    """A site admin, of no lab."""
    return make_user(staff=True)


def place(study: Study, image: Image, animal: str) -> None:
    subject, _ = Subject.objects.get_or_create(experiment=study.experiment, name=animal)
    image.cell, _ = Cell.objects.get_or_create(subject=subject, name="")
    image.save(update_fields=["cell"])


def reviewed(
    study: Study, folder: Path, animals: Sequence[str], *, first: int = 0, spines: int = 8, consent: bool = True
) -> list[Image]:
    """Images of these animals ("" for none), each with so many spines whose classes were reviewed."""
    images = []
    for number, animal in enumerate(animals, start=first):
        path = folder / f"{study.lab.pk}-{number}.tif"
        tifffile.imwrite(path, field(1000 * study.lab.pk + number))
        image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
        if animal:
            place(study, image, animal)
        images.append(image)
    rows = [[found(CLASSES[n % 4], box_px=(5 + 14 * n, 20, 10, 12)) for n in range(spines)] for _ in images]
    analysis = queue_analysis(study, images)
    finish(analysis, rows)
    for spine in Spine.objects.filter(analysis_image__analysis=analysis):
        spine.reviewed_class = spine.spine_class
        spine.save()
    analysis.images.update(reviewed_at=timezone.now(), reviewed_by=study.owner)
    set_lets_train(user=study.owner, lab_id=study.lab.pk, lets_train=consent)
    return images


def of_labs(*studies: Study, **more: Any) -> DatasetSelection:
    return DatasetSelection(lab_ids=tuple(study.lab.pk for study in studies), **more)


def imported(folder: Path, name: str, numbers: Sequence[int], **more: Any) -> ImportedSet:
    path = write_coco(folder / name, {f"{n}.png": field(n) for n in numbers}, **more)
    return import_set(user=None, path=path, set_format="coco", name=name, licence="CC0", source="a test")


def parts_by_animal(dataset: DatasetVersion, folder: Path) -> dict[str, str]:
    materialise(dataset, folder)
    return {
        image.group: part
        for part in ("train", "val", "test")
        if (folder / "reviewed" / f"{part}.json").is_file()
        for image in read_truth(folder / "reviewed" / f"{part}.json").values()
    }


def test_reviewed_spines_are_split_by_animal_and_counted(tmp_path: Path, admin: User) -> None:
    study = make_study()
    reviewed(study, tmp_path, ["A1", "A1", "A2", "A2", "A3", "A4"])
    Spine.objects.filter(number=1).update(rejected=True)
    Spine.objects.filter(number=2).update(reviewed_class="")
    seen = preview(user=admin, kind="classifier", selection=of_labs(study))
    assert sum(part["images"] for part in seen.counts.values()) == 6
    assert sum(part["spines"] for part in seen.counts.values()) == 36
    assert all(seen.counts[part]["images"] for part in ("train", "val", "test"))
    left = {(line.what, line.reason): line.count for line in seen.left_out}
    assert left[("spines", "have a class that nobody reviewed")] == 6
    assert left[("spines", "were rejected in review: they are no spines")] == 6
    assert seen.is_trainable
    assert any("in the test part" in problem for problem in seen.problems)
    dataset = freeze(user=admin, kind="classifier", selection=of_labs(study))
    assert dataset.counts == seen.counts
    sides = parts_by_animal(dataset, tmp_path / "data")
    assert len(sides) == 4, "one group an animal"


def test_a_detector_learns_from_images_whose_boxes_were_all_called_right(tmp_path: Path, admin: User) -> None:
    study = make_study()
    images = reviewed(study, tmp_path, ["A1", "A2", "A3"])
    Spine.objects.filter(number=1).update(rejected=True)
    Spine.objects.filter(number=2).update(reviewed_class="")
    images[0].results.update(reviewed_at=None)
    seen = preview(user=admin, kind="detector", selection=of_labs(study))
    assert sum(part["images"] for part in seen.counts.values()) == 2
    assert sum(part["spines"] for part in seen.counts.values()) == 14
    assert "are not marked as reviewed, so boxes may be missing" in [line.reason for line in seen.left_out]


def test_an_outline_by_hand_teaches_the_box_around_it_unless_a_box_was_set(tmp_path: Path) -> None:
    study = make_study()
    reviewed(study, tmp_path, ["A1"], spines=3)
    drawn = [[4, 15], [20, 18], [10, 45]]
    Spine.objects.exclude(number=1).update(outline_by_hand=drawn)
    Spine.objects.filter(number=3).update(box_by_hand=True)
    (entry,) = reviewed_source(ModelKind.DETECTOR, [study.lab]).entries
    assert [box[:4] for box in entry.boxes] == [(5, 20, 10, 12), (4, 15, 16, 30), (33, 20, 10, 12)]


def test_a_lab_without_consent_is_left_out_and_told(tmp_path: Path, admin: User) -> None:
    study, other = make_study(), make_study()
    reviewed(study, tmp_path, ["A1", "A2", "A3"])
    reviewed(other, tmp_path, ["B1", "B2"], consent=False)
    seen = preview(user=admin, kind="classifier", selection=of_labs(study, other))
    assert sum(part["images"] for part in seen.counts.values()) == 3
    assert [line.examples for line in seen.left_out if line.what == "labs"] == [(other.lab.name,)]
    choices = {choice.lab: choice for choice in lab_choices()}
    assert (choices[study.lab].lets_train, choices[other.lab].lets_train) == (True, False)
    assert choices[other.lab].reviewed_spines == 16
    assert choices[other.lab].reviewed_images == 2


def test_consent_taken_back_stops_a_frozen_dataset(tmp_path: Path, admin: User) -> None:
    study = make_study()
    reviewed(study, tmp_path, ["A1", "A2", "A3"])
    dataset = freeze(user=admin, kind="classifier", selection=of_labs(study))
    assert withdrawn_labs(dataset) == []
    with pytest.raises(NotAllowed):
        set_lets_train(user=study.viewer, lab_id=study.lab.pk, lets_train=False)
    set_lets_train(user=study.owner, lab_id=study.lab.pk, lets_train=False)
    assert AuditEvent.objects.filter(action="lab.lets_train_set", lab=study.lab).count() == 2
    assert withdrawn_labs(dataset) == [study.lab.name]
    with pytest.raises(Conflict, match="no longer lets its spines train"):
        materialise(dataset, tmp_path / "data")


def test_only_site_admins_and_only_what_exists(tmp_path: Path, admin: User) -> None:
    study = make_study()
    for call in (preview, freeze):
        with pytest.raises(NotAllowed):
            call(user=study.owner, kind="classifier", selection=of_labs(study))
        with pytest.raises(InvalidInput, match="There is no imported set 99"):
            call(user=admin, kind="classifier", selection=DatasetSelection(imported_set_ids=(99,)))
    with pytest.raises(InvalidInput, match="There is no image to train on"):
        freeze(user=admin, kind="classifier", selection=of_labs(study))


def test_what_makes_training_impossible_is_an_obstacle(tmp_path: Path, admin: User) -> None:
    study = make_study()
    reviewed(study, tmp_path, ["A1", "A1"])
    seen = preview(user=admin, kind="classifier", selection=of_labs(study))
    assert not seen.is_trainable
    assert "validation part, because whole animals stay on one side" in seen.obstacles[0]
    reviewed(study, tmp_path, ["A2", "A3"], first=5)
    Spine.objects.update(reviewed_class="thin")
    with pytest.raises(InvalidInput, match="has spines of 1 class"):
        freeze(user=admin, kind="classifier", selection=of_labs(study))
    assert not DatasetVersion.objects.exists()


def test_a_frozen_dataset_outlives_its_images_and_gives_the_same_bits(tmp_path: Path, admin: User) -> None:
    study = make_study()
    images = reviewed(study, tmp_path, ["A1", "A2", "A3"])
    selection = of_labs(study, made_images=12, made_seed=5)
    dataset = freeze(user=admin, kind="classifier", selection=selection)
    assert freeze(user=admin, kind="classifier", selection=selection) == dataset
    materialise(dataset, tmp_path / "one")
    Image.objects.all().delete()
    for image in images:
        image.file.delete(save=False)
    materialise(dataset, tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 1 + 3 + 3
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    stated = json.loads((tmp_path / "one" / "sources.json").read_text())
    assert stated["made"] == {"images": 12, "seed": 5}
    assert dataset_sources(dataset) == [{name: stated["sources"][0][name] for name in ("name", "licence", "source")}]
    (truth,) = read_truth(tmp_path / "one" / "reviewed" / "train.json").values()
    assert set(truth.classes) == set(CLASSES)
    shown = {np.asarray(Picture.open(tmp_path / "one" / name)).tobytes() for name in files if name.suffix == ".png"}
    assert shown == {field(1000 * study.lab.pk + number).tobytes() for number in range(3)}


def test_what_was_tested_on_is_never_trained_on(tmp_path: Path, admin: User) -> None:
    study = make_study()
    reviewed(study, tmp_path, ["A1", "A2", "A3"])
    first = parts_by_animal(freeze(user=admin, kind="classifier", selection=of_labs(study)), tmp_path / "1")
    reviewed(study, tmp_path, ["A1", "A2", "A3", *(f"B{n}" for n in range(12))], first=10)
    for seed in range(3):
        dataset = freeze(user=admin, kind="classifier", selection=of_labs(study, split_seed=seed))
        later = parts_by_animal(dataset, tmp_path / f"later{seed}")
        assert {group: later[group] for group in first} == first
        assert {"train", "val", "test"} <= set(later.values())


def test_a_copy_of_a_tested_image_is_tested_too(tmp_path: Path, admin: User) -> None:
    study, other = make_study(), make_study()
    images = reviewed(study, tmp_path, ["A1", "A2", "A3"])
    sides = parts_by_animal(freeze(user=admin, kind="classifier", selection=of_labs(study)), tmp_path / "1")
    (tested,) = (group for group, part in sides.items() if part == "test")
    number = next(n for n, image in enumerate(images) if f"animal:{image.cell.subject_id}" == tested)  # type: ignore[union-attr]
    reviewed(other, tmp_path, ["B1", "B2", "B3", "B4"])
    path = tmp_path / "copy.tif"
    tifffile.imwrite(path, copied(field(1000 * study.lab.pk + number)))
    image = add_image(user=other.owner, experiment_id=other.experiment.pk, path=path, name="copy.tif")
    place(other, image, "B9")
    analysis = queue_analysis(other, [image])
    finish(analysis, [[found()]])
    Spine.objects.filter(analysis_image__analysis=analysis).update(reviewed_class="thin")
    later = parts_by_animal(freeze(user=admin, kind="classifier", selection=of_labs(other)), tmp_path / "2")
    assert later[f"animal:{image.cell.subject_id}"] == "test"  # type: ignore[union-attr]


def test_near_duplicates_of_two_sources_stay_on_one_side(tmp_path: Path, admin: User) -> None:
    one = imported(tmp_path, "one", range(12))
    path = write_coco(tmp_path / "two", {f"{n}.png": copied(field(n)) for n in range(6)})
    two = import_set(user=None, path=path, set_format="coco", name="two", licence="CC0", source="a test")
    selection = DatasetSelection(imported_set_ids=(one.pk, two.pk))
    seen = preview(user=admin, kind="classifier", selection=selection)
    assert "6 pairs of images are nearly the same" in seen.joined[0]
    dataset = freeze(user=admin, kind="classifier", selection=selection)
    call_command("check_leaks", str(dataset.pk))
    materialise(dataset, tmp_path / "data")
    call_command("check_leaks", str(tmp_path / "data"))


def test_a_given_split_is_kept_but_for_what_leaks(tmp_path: Path, admin: User) -> None:
    folder = tmp_path / "set"
    write_coco(folder, {f"train/{n}.png": field(n) for n in range(5)}, part="train")
    write_coco(folder, {"val/a.png": field(20), "val/b.png": copied(field(2))}, part="val")
    row = import_set(user=None, path=folder, set_format="coco", name="given", licence="CC0", source="a test")
    seen = preview(user=admin, kind="detector", selection=DatasetSelection(imported_set_ids=(row.pk,)))
    assert {part: counts["images"] for part, counts in seen.counts.items()} == {"train": 4, "val": 2, "test": 0}
    assert [line.count for line in seen.left_out] == [1]
    assert "were in two parts" in seen.joined[0]
    assert "There is no test part" in seen.problems[0]


def test_a_set_that_cannot_teach_is_left_out(tmp_path: Path, admin: User) -> None:
    path = write_coco(tmp_path / "set", {f"{n}.png": field(n) for n in range(4)}, classes=("spine", "ball"))
    row = import_set(user=None, path=path, set_format="coco", name="x", licence="CC0", source="y")
    seen = preview(user=admin, kind="classifier", selection=DatasetSelection(imported_set_ids=(row.pk,)))
    assert [line.what for line in seen.left_out] == ["sets"]
    assert not seen.is_trainable
    assert [choice.is_usable for choice in set_choices("classifier")] == [False]
    assert [choice.is_usable for choice in set_choices("detector")] == [True]
    with pytest.raises(InvalidInput, match="made images cannot be made"):
        preview(user=admin, kind="detector", selection=replace(DatasetSelection(), made_images=-1))
