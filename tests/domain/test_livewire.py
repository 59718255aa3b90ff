"""Lines that follow the ridge between two places, and dendrites that are joined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from spines.errors import InvalidInput
from spines.measure.livewire import ridge_between
from spines.models import Image, User
from spines.services.review import dendrites, undoing
from tests.domain.phantom_results import lines, measured_image, only, result_of  # noqa: F401


def test_a_line_follows_a_bent_dendrite() -> None:
    """A quarter of a circle of 80 px around (120, 110), 8 px thick, in noise: no place of the line is 2 px off it."""
    y, x = np.mgrid[:220, :240] + 0.5
    away = np.abs(np.hypot(x - 120, y - 110) - 80)
    noise = np.random.default_rng(0).normal(0, 12, away.shape)
    plane = gaussian_filter(np.where((away < 4) & (y < 112), 200.0, 20.0), 1.5) + noise
    side = 80 * np.sqrt(0.5)
    ends = np.array([[120 - side, 110 - side], [120 + side, 110 - side]])
    line = ridge_between(plane, *ends, pixel_size_um=0.1)
    assert (line[[0, -1]] == ends).all()
    assert np.abs(np.hypot(*(line - (120, 110)).T) - 80).max() < 2
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    assert length == pytest.approx(40 * np.pi, rel=0.04)


pytestmark = pytest.mark.django_db


def test_the_way_between_two_places_is_told_and_nothing_written(annotator: User, image: Image) -> None:
    (start, *_, end) = only(image).points_px
    before = lines(image)
    way = dendrites.trace_between(user=annotator, image_id=image.pk, start_px=start, end_px=end)
    assert lines(image) == before
    middle = np.median([point[1] for point in only(image).points_px])
    assert np.abs(way[1:-1, 1] - middle).max() < 4
    with pytest.raises(InvalidInput, match="outside the picture"):
        dendrites.trace_between(user=annotator, image_id=image.pk, start_px=(-1, 5), end_px=end)


def test_dendrites_are_joined_at_their_nearest_ends(annotator: User, image: Image) -> None:
    was = only(image)
    (x0, y0), (x1, y1) = was.points_px[0], was.points_px[-1]
    dendrites.cut_dendrite(user=annotator, dendrite_id=was.pk, at_px=((x0 + x1) / 2, (y0 + y1) / 2))
    one, other = result_of(image).dendrites.order_by("number")
    dendrites.join_dendrites(user=annotator, dendrite_id=other.pk, other_id=one.pk)
    joined = only(image)
    assert joined.number == 1
    assert joined.length_px == pytest.approx(was.length_px, abs=0.1)
    assert result_of(image).spines.filter(dendrite=joined).exists()
    undoing.undo(user=annotator, image_id=image.pk)
    assert result_of(image).dendrites.count() == 2
    with pytest.raises(InvalidInput, match="itself"):
        dendrites.join_dendrites(user=annotator, dendrite_id=one.pk, other_id=one.pk)
