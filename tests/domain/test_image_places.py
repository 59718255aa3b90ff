"""A file of several positions becomes an image of each; time points and the meaning of pages are chosen."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.files.storage import default_storage

from spines.errors import Conflict, InvalidInput, SeveralFaults, UnreadableImage
from spines.imaging import PageOrder, Polarity, Projection
from spines.models import AuditEvent, Image
from spines.services.images.changes import delete_images
from spines.services.images.places import set_page_order, take_time
from spines.services.images.uploads import Added, add_file, already_there
from spines.services.samples.sources import apply_sample_sheet
from spines.storage.deleting import delete_unwanted
from spines.storage.pixels import stored_plane
from tests.factories import Study, make_study, queue_analysis

pytestmark = pytest.mark.django_db

SERIES = np.random.default_rng(4).integers(0, 250, (3, 2, 4, 48, 64)).astype(np.uint8)  # position, time, plane, Y, X


def dishes(folder: Path) -> Path:
    path = folder / "dishes.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for position, series in enumerate(SERIES):
            said = {"Name": f"dish {position + 1}", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1, "PhysicalSizeZ": 0.5}
            writer.write(series, photometric="minisblack", metadata={"axes": "TZYX", **said})
    return path


def plain(folder: Path, pages: int = 12) -> Path:
    path = folder / "plain.tif"
    tifffile.imwrite(path, SERIES.reshape(-1, 48, 64)[:pages], photometric="minisblack")
    return path


def added(study: Study, path: Path, name: str = "") -> Added:
    return add_file(user=study.owner, experiment_id=study.experiment.pk, path=path, name=name or path.name)


def looked_at(image: Image) -> np.ndarray:
    return stored_plane(
        image, channel=0, projection=Projection.MAX, plane=0, polarity=Polarity(image.polarity or "light_on_dark")
    )


def test_each_position_is_an_image_of_one_stored_file(tmp_path: Path) -> None:
    study = make_study()
    path = dishes(tmp_path)
    became = added(study, path, "day 1/dishes.ome.tif")
    assert [image.original_name for image in became.images] == [f"dishes [dish {i}].ome.tif" for i in (1, 2, 3)]
    assert became.sentence == "3 images, one a position."
    images = list(study.experiment.images.order_by("position"))
    assert {(image.file.name, image.positions, image.times, image.planes) for image in images} == {
        (images[0].file.name, 3, 2, 4)
    }
    assert [(image.plane_spacing_um, image.pixel_size_um) for image in images] == [(0.5, 0.1)] * 3
    for image in images:
        strongest = np.maximum if image.polarity == Polarity.LIGHT_ON_DARK else np.minimum
        np.testing.assert_array_equal(looked_at(image), strongest.reduce(SERIES[image.position, 0]))
    with pytest.raises(Conflict, match="in this experiment already"):
        added(study, path)


def test_a_deleted_position_comes_back_and_the_file_goes_with_the_last(tmp_path: Path) -> None:
    study = make_study()
    path = dishes(tmp_path)
    first, second, third = added(study, path).images
    everything: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk}
    assert already_there(**everything, sha256s=[first.sha256]) == {first.sha256: first.pk}
    delete_images(**everything, image_ids=[second.pk])
    delete_unwanted()
    assert default_storage.exists(str(first.file.name))
    assert already_there(**everything, sha256s=[first.sha256]) == {}
    (again,) = added(study, path).images
    assert (again.position, again.file.name) == (1, first.file.name)
    delete_images(**everything, image_ids=[first.pk, third.pk, again.pk])
    delete_unwanted()
    assert not default_storage.exists(str(first.file.name))


def test_a_lost_file_uploaded_again_is_whole_for_all_its_positions(tmp_path: Path) -> None:
    study = make_study()
    path = dishes(tmp_path)
    images = added(study, path).images
    with default_storage.open(str(images[0].file.name), "wb") as stored:
        stored.write(b"damaged")
    added(study, path)
    for image in study.experiment.images.all():
        assert looked_at(image).shape == (48, 64)
        assert image.file.size == path.stat().st_size


def test_the_files_name_in_a_sheet_means_all_its_positions(tmp_path: Path) -> None:
    study = make_study()
    added(study, dishes(tmp_path))
    sheet = io.StringIO()
    rows = csv.writer(sheet)
    rows.writerows([("file_name", "animal", "condition"), ("dishes.ome.tif", "A1", "WT")])
    apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data=sheet.getvalue().encode())
    assert [image.cell.subject.name for image in study.experiment.images.all() if image.cell] == ["A1"] * 3


def test_another_time_point_becomes_an_image(tmp_path: Path) -> None:
    study = make_study()
    first, *_ = added(study, dishes(tmp_path)).images
    later = take_time(user=study.owner, image_id=first.pk, time=1)
    assert (later.original_name, later.time, later.file.name) == ("dishes [dish 1, time 2].ome.tif", 1, first.file.name)
    strongest = np.maximum if later.polarity == Polarity.LIGHT_ON_DARK else np.minimum
    np.testing.assert_array_equal(looked_at(later), strongest.reduce(SERIES[0, 1]))
    with pytest.raises(Conflict, match="in the experiment already"):
        take_time(user=study.owner, image_id=later.pk, time=1)
    with pytest.raises(InvalidInput, match="has 2 time points"):
        take_time(user=study.owner, image_id=first.pk, time=2)


def test_a_person_says_what_pages_are(tmp_path: Path) -> None:
    study = make_study()
    (image,) = added(study, plain(tmp_path)).images
    assert (image.planes, image.asks_for_pages) == (12, True)
    chosen: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk, "image_ids": [image.pk]}
    with pytest.raises(UnreadableImage, match="12 pages, which are not 5 channels"):
        set_page_order(**chosen, order=PageOrder(channels=5))
    set_page_order(**chosen, order=PageOrder(channels=2, times=3))
    image.refresh_from_db()
    assert (image.channels, image.planes, image.times, image.asks_for_pages) == (2, 2, 3, False)
    event = AuditEvent.objects.get(action="image.pages_said")
    assert (event.details["before"]["planes"], event.details["after"]["planes"]) == (12, 2)
    np.testing.assert_array_equal(
        stored_plane(image, channel=1, projection=Projection.PLANE, plane=1, polarity=Polarity.LIGHT_ON_DARK),
        SERIES.reshape(-1, 48, 64)[3],
    )
    set_page_order(**chosen, order=None)
    image.refresh_from_db()
    assert (image.planes, image.asks_for_pages) == (12, True)
    queue_analysis(study, [image])
    with pytest.raises(SeveralFaults, match="was analysed"):
        set_page_order(**chosen, order=PageOrder(channels=2))
