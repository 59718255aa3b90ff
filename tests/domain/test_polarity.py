"""An image's polarity: told when it is read, chosen by people, kept with what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from spines.errors import InvalidInput, NotAllowed, NotFound
from spines.imaging import Polarity, Projection
from spines.models import AuditEvent, Image, PolaritySource
from spines.selectors.images.viewing import is_seen_otherwise
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.images.polarity import set_polarity
from spines.services.images.uploads import add_image
from spines.services.images.views import set_views
from spines.storage.pixels import analysed_plane
from spines.synthesis import Look
from tests.domain.made_scenes import series_image
from tests.factories import Study, finish, found, make_study, queue_analysis

pytestmark = pytest.mark.django_db

DARK, LIGHT = Polarity.DARK_ON_LIGHT, Polarity.LIGHT_ON_DARK
GOLGI = series_image(Look.GOLGI, 2, side_px=256).pixels.astype(np.uint8)
FLUORESCENCE = series_image(Look.TWO_PHOTON, 2, side_px=256).pixels.astype(np.uint8)


@pytest.fixture
def study() -> Study:
    return make_study()


def take_in(study: Study, folder: Path, pixels: NDArray[Any], name: str = "cell.tif", **how: Any) -> Image:
    path = folder / name
    tifffile.imwrite(path, pixels, **how)
    return add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=name)


def pick(study: Study, *images: Image, polarity: Polarity | None, user: Any = None) -> int:
    ids = [image.pk for image in images]
    n = set_polarity(user=user or study.owner, experiment_id=study.experiment.pk, image_ids=ids, polarity=polarity)
    for image in images:
        image.refresh_from_db()
    return n


def test_an_upload_is_told_by_its_picture(study: Study, tmp_path: Path) -> None:
    dark = take_in(study, tmp_path, GOLGI)
    light = take_in(study, tmp_path, FLUORESCENCE, "other.tif")
    assert (dark.polarity, dark.polarity_source, dark.told_polarity) == (DARK, PolaritySource.PICTURE, DARK)
    assert (light.polarity, light.polarity_source) == (LIGHT, PolaritySource.PICTURE)
    assert dark.polarity_sureness is not None
    assert dark.polarity_sureness > 0.6


def test_people_choose_for_many_and_go_back_to_what_the_pictures_tell(study: Study, tmp_path: Path) -> None:
    images = [take_in(study, tmp_path, GOLGI), take_in(study, tmp_path, FLUORESCENCE, "other.tif")]
    assert pick(study, *images, polarity=LIGHT) == 2
    assert {(image.polarity, image.polarity_source) for image in images} == {(LIGHT, PolaritySource.USER)}
    said = AuditEvent.objects.filter(action="image.polarity_set").order_by("pk").first()
    assert said is not None
    assert (said.details["before"], said.details["polarity"], said.details["by"]) == (DARK, LIGHT, "user")
    assert pick(study, *images, polarity=LIGHT) == 0
    assert pick(study, *images, polarity=None) == 2
    assert [image.polarity for image in images] == [DARK, LIGHT]
    assert {image.polarity_source for image in images} == {PolaritySource.PICTURE}


def test_an_image_from_before_pictures_were_asked_is_asked_then(study: Study, tmp_path: Path) -> None:
    image = take_in(study, tmp_path, GOLGI)
    Image.objects.update(polarity=LIGHT, polarity_source="", told_polarity="", polarity_sureness=None)
    assert pick(study, image, polarity=None) == 1
    assert (image.polarity, image.told_polarity) == (DARK, DARK)


def test_only_annotators_of_the_lab_choose(study: Study, tmp_path: Path) -> None:
    image = take_in(study, tmp_path, GOLGI)
    with pytest.raises(NotAllowed):
        pick(study, image, polarity=LIGHT, user=study.viewer)
    with pytest.raises(NotFound):
        pick(study, image, polarity=LIGHT, user=make_study().owner)
    with pytest.raises(InvalidInput, match="Tick at least one"):
        pick(study, polarity=LIGHT)


def test_a_result_keeps_the_polarity_that_it_was_made_with(study: Study, tmp_path: Path) -> None:
    image = take_in(study, tmp_path, GOLGI)
    finish(queue_analysis(study, [image]), [[found()]])
    result = image.results.get()
    assert result.polarity == DARK
    np.testing.assert_array_equal(plane_as_analysed(result), 255 - GOLGI)
    assert not is_seen_otherwise(image, result)
    pick(study, image, polarity=LIGHT)
    assert is_seen_otherwise(image, result)
    np.testing.assert_array_equal(plane_as_analysed(result), 255 - GOLGI)


def test_another_view_is_told_anew_but_what_a_person_chose_stays(study: Study, tmp_path: Path) -> None:
    both = np.stack([GOLGI, FLUORESCENCE])
    image = take_in(study, tmp_path, both, imagej=True, metadata={"axes": "CYX"})
    assert image.polarity == DARK
    seen: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk, "image_ids": [image.pk]}
    set_views(**seen, channel=1)
    image.refresh_from_db()
    assert image.polarity == LIGHT
    pick(study, image, polarity=DARK)
    set_views(**seen, channel=0)
    image.refresh_from_db()
    assert image.polarity == DARK
    set_views(**seen, channel=1)
    image.refresh_from_db()
    kept = image
    assert (kept.polarity, kept.told_polarity, kept.polarity_source) == (DARK, LIGHT, PolaritySource.USER)


def test_a_stack_shows_and_analyses_its_strongest_signal(study: Study, tmp_path: Path) -> None:
    ground = np.full_like(GOLGI, np.percentile(GOLGI, 90))
    image = take_in(study, tmp_path, np.stack([ground, GOLGI, ground]), imagej=True, metadata={"axes": "ZYX"})
    assert image.polarity == DARK
    thumbnail = image.thumbnail.read()
    seen = analysed_plane(image, channel=0, projection=Projection.MAX, plane=0, polarity=Polarity(image.polarity))
    np.testing.assert_array_equal(seen, 255 - np.minimum(GOLGI, ground))
    pick(study, image, polarity=LIGHT)
    assert image.thumbnail.read() != thumbnail
    seen = analysed_plane(image, channel=0, projection=Projection.MAX, plane=0, polarity=Polarity(image.polarity))
    np.testing.assert_array_equal(seen, np.maximum(GOLGI, ground))


def test_a_coloured_section_is_analysed_along_its_stain(study: Study, tmp_path: Path) -> None:
    stain = 0.6 * (np.abs(np.indices((128, 128))[0] - 40) < 4)
    pixels = np.rint(240 * 10.0 ** -(stain[..., None] * [0.5, 1.0, 1.4])).astype(np.uint8)
    image = take_in(study, tmp_path, pixels, photometric="rgb")
    assert (image.channel, image.channels, image.reads_stain, image.polarity) == (3, 4, True, DARK)
    absorbance = analysed_plane(image, channel=3, projection=Projection.MAX, plane=0, polarity=DARK)
    assert absorbance[40].mean() == pytest.approx(0.6 * 2.9 / 3, rel=0.15)
    assert np.abs(absorbance[100]).max() < 0.05
