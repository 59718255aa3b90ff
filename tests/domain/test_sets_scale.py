"""An imported set leads to its scale first, can be marked in part, and can be taken away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from spines.errors import InvalidInput, NotAllowed, NotFound
from spines.models import AuditEvent, ImportedSet, User
from spines.selectors.datasets.sets import set_facts
from spines.services.datasets.freezing import DatasetSelection, freeze, materialise, preview
from spines.services.datasets.imports import import_set
from spines.services.datasets.sets import delete_set, state_scale
from tests.domain.annotated_sets import field, write_coco
from tests.factories import make_user
from worker.training.data.parts import load_parts
from worker.training.data.sources import read_training_folder

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = ([10, 10, 56, 56], [60, 50, 60, 58])


@pytest.fixture
def admin() -> User:
    return make_user(staff=True)


def zoomed(folder: Path, **stated: object) -> ImportedSet:
    """Twelve pictures of spines of about 58 px, without a pixel size, six dendrites of two frames each."""
    pictures = {f"{n}.png": field(n) for n in range(12)}
    groups = {name: {"group": f"g{n // 2}"} for n, name in enumerate(pictures)}
    truth = write_coco(folder / "zoomed", pictures, boxes=LARGE, classes=("spine", "spine"), of_image=groups)
    about = {"name": "zoomed", "licence": "CC0", "source": "made"}
    return import_set(user=None, path=truth, set_format="coco", **about, **stated)  # type: ignore[arg-type]


def test_spines_larger_than_the_network_knows_ask_for_the_scale(tmp_path: Path, admin: User) -> None:
    row = zoomed(tmp_path)
    facts = set_facts(row)
    assert facts.needs_scale
    assert facts.advice.startswith("Boxes here are about 57 px, the network knows 8 to 30: give the pixel size")
    assert facts.groups == {"": 6}
    selection = DatasetSelection(imported_set_ids=(row.pk,))
    assert any("zoomed: Boxes here" in sentence for sentence in problems_of(admin, selection))

    state_scale(user=admin, set_id=row.pk, pixel_size_um=0.02, spine_side_px=None)
    row.refresh_from_db()
    facts = set_facts(row)
    assert not facts.needs_scale
    assert facts.advice == "Boxes here are about 57 px, 11 px at the scale of the network, which knows 8 to 30."
    assert facts.boxes == "drawn around each spine"
    assert not any("Boxes here" in sentence for sentence in problems_of(admin, selection))
    event = AuditEvent.objects.get(action="imported_set.scale_stated")
    assert event.details["pixel_size_um"] == 0.02
    materialise(freeze(user=admin, kind="detector", selection=selection), tmp_path / "data")
    (part,) = load_parts(read_training_folder(tmp_path / "data"), "train")
    assert {image.pixel_size_um for image in part.images} == {0.02}


def problems_of(admin: User, selection: DatasetSelection) -> tuple[str, ...]:
    return preview(user=admin, kind="detector", selection=selection).problems


def test_a_spines_side_serves_where_no_pixel_size_is_known(tmp_path: Path, admin: User) -> None:
    row = zoomed(tmp_path, spine_side_px=58.0)
    assert not set_facts(row).needs_scale
    selection = DatasetSelection(imported_set_ids=(row.pk,))
    materialise(freeze(user=admin, kind="detector", selection=selection), tmp_path / "data")
    (part,) = load_parts(read_training_folder(tmp_path / "data"), "train")
    assert part.source.enlargement(part.images[0]) == pytest.approx(13 / 58)


def test_a_set_marked_in_part_teaches_about_the_marked_spines_alone(tmp_path: Path, admin: User) -> None:
    row = zoomed(tmp_path, is_fully_marked=False, pixel_size_um=0.02)
    selection = DatasetSelection(imported_set_ids=(row.pk,))
    materialise(freeze(user=admin, kind="detector", selection=selection), tmp_path / "data")
    (part,) = load_parts(read_training_folder(tmp_path / "data"), "train")
    assert (part.source.is_fully_marked, part.source.known_within) == (False, 0.5)


def test_what_is_no_scale_is_refused(tmp_path: Path, admin: User) -> None:
    row = zoomed(tmp_path)
    for pixel_size_um, spine_side_px, sentence in (
        (0.0, None, "cannot be"),
        (None, 0.5, "cannot be"),
        (0.02, 58.0, "either the pixel size or"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            state_scale(user=admin, set_id=row.pk, pixel_size_um=pixel_size_um, spine_side_px=spine_side_px)
    with pytest.raises(NotAllowed):
        state_scale(user=make_user(), set_id=row.pk, pixel_size_um=0.02, spine_side_px=None)


def test_boxes_of_one_size_are_told_as_clicked(tmp_path: Path) -> None:
    truth = write_coco(tmp_path / "clicked", {f"{n}.png": field(n) for n in range(4)}, boxes=([5, 5, 22, 22],) * 2)
    row = import_set(user=None, path=truth, set_format="coco", name="c", licence="CC0", source="made", box_factor=0.6)
    assert set_facts(row).boxes == (
        "100% are of one size, 22 × 22 px, as where spines are clicked: centres teach; they are shrunk to 0.6 of their "
        "sides."
    )


def test_loose_boxes_are_told_with_what_a_training_does(tmp_path: Path) -> None:
    loose = set_facts(zoomed(tmp_path, pixel_size_um=0.04)).boxes
    assert "23 px wide at the scale of the network, whose own are mostly 13: where the network" in loose
    assert set_facts(zoomed(tmp_path, pixel_size_um=0.04, box_factor=0.5)).boxes == "drawn around each spine"


def test_a_set_goes_with_its_files_but_what_a_dataset_holds_stays(tmp_path: Path, admin: User) -> None:
    used, other = (
        zoomed(tmp_path),
        import_set(
            user=None,
            path=write_coco(tmp_path / "other", {f"{n}.png": field(n) for n in range(50, 53)}),
            set_format="coco",
            name="other",
            licence="CC0",
            source="made",
        ),
    )
    dataset = freeze(user=admin, kind="detector", selection=DatasetSelection(imported_set_ids=(used.pk,)))
    with default_storage.open(f"{other.path}/truth.json") as stored:
        lone = [f"datasets/pictures/{picture['file']}" for picture in json.load(stored)["pictures"]]
    with pytest.raises(NotAllowed):
        delete_set(user=make_user(), set_id=other.pk)
    assert [delete_set(user=admin, set_id=row.pk) for row in (used, other)] == ["zoomed", "other"]
    assert not ImportedSet.objects.exists()
    assert not any(default_storage.exists(path) for path in [*lone, f"{other.path}/truth.json"])
    materialise(dataset, tmp_path / "data")
    assert load_parts(read_training_folder(tmp_path / "data"), "train")
    with pytest.raises(NotFound):
        delete_set(user=admin, set_id=used.pk)
