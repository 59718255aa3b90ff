"""Pictures that the shipped networks were trained on are told by hashes, in whatever shape they come."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from numpy.typing import NDArray
from PIL import Image

from spines.models import User
from spines.services.datasets.freezing import DatasetSelection, preview
from spines.training_sets.fingerprints import fingerprint
from spines.training_sets.seen import Seen, note_seen, read_seen
from tests.domain.annotated_sets import field
from tests.domain.test_datasets import imported
from tests.factories import make_user

Grey = NDArray[np.uint8]
PLACE = Seen(name="old", part="train")


def recompressed(grey: Grey) -> Grey:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=60)
    return np.asarray(Image.open(buffer))


def resized(grey: Grey) -> Grey:
    return np.asarray(Image.fromarray(grey).resize((90, 90), Image.Resampling.BILINEAR))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hashes of forty fields, read back from their file."""
    path = tmp_path_factory.mktemp("seen") / "seen.npz"
    fields = [fingerprint(field(number)) for number in range(40)]
    note_seen(fields, [f"{number:064x}" for number in range(40)], [PLACE] * 40).save(path)
    return path


@pytest.mark.parametrize(
    "changed",
    [
        recompressed,
        resized,
        np.rot90,
        np.fliplr,
        lambda grey: np.rot90(grey, 3)[::-1],
        lambda grey: (grey * 0.6 + 9).astype(np.uint8),
        lambda grey: grey.astype(np.uint16) * 200,
    ],
)
def test_a_picture_in_another_shape_is_the_same(known: Path, changed: Any) -> None:
    found = read_seen(known).find([fingerprint(changed(field(number))) for number in range(0, 40, 5)], [""] * 8)
    assert found == [PLACE] * 8


def test_others_are_not_and_a_file_is_told_by_its_bytes(known: Path) -> None:
    seen = read_seen(known)
    others = [fingerprint(field(number)) for number in range(100, 160)]
    assert seen.find(others, [""] * 60) == [None] * 60
    assert seen.find(others[:1], [f"{7:064x}"]) == [PLACE]
    assert read_seen(known.with_name("none.npz")).find(others[:2], ["", ""]) == [None, None]


@pytest.mark.django_db
def test_what_was_seen_is_named_and_never_tested_on(known: Path, tmp_path: Path, settings: Any) -> None:
    settings.SPINULA_SEEN_PICTURES = known
    admin: User = make_user(staff=True)
    row = imported(tmp_path, "again", range(30, 60), part="test")
    (note,) = [each for each in row.report["notes"] if "shipped networks" in each]
    assert note.startswith("10 pictures are among those that the shipped networks were trained on (10 of old)")
    counts = preview(user=admin, kind="detector", selection=DatasetSelection(imported_set_ids=(row.pk,)))
    assert (counts.counts["train"]["images"], counts.counts["test"]["images"]) == (10, 20)
    assert any("none is tested on" in sentence for sentence in counts.joined)


def test_the_shipped_hashes_are_of_779_pictures_and_small() -> None:
    path = django_settings.SPINULA_SEEN_PICTURES
    assert len(read_seen(path).hashes) == 779
    assert path.stat().st_size < 100_000
