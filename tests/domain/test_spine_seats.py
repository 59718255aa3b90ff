"""Spines seated: on which dendrite, where along it, on which side."""

from __future__ import annotations

import numpy as np

from spines.measure.seats import seat_spines
from spines.measure.types import Dendrite

HORIZONTAL = Dendrite(points_px=np.array([[10.0, 50.0], [90.0, 50.0]]), radius_px=np.array([4.0, 4.0]))


def test_seats_say_where_along_the_dendrite_and_on_which_side() -> None:
    below, above, beyond, far = seat_spines(
        [(28.0, 58.0, 4.0, 4.0), (58.0, 38.0, 4.0, 4.0), (92.0, 49.0, 2.0, 2.0), (40.0, 300.0, 4.0, 4.0)],
        [HORIZONTAL],
        pixel_size_um=0.1,
    )
    assert below is not None
    assert (below.position_px, below.distance_px, below.side) == (20.0, 10.0, 1)
    assert above is not None
    assert (above.position_px, above.distance_px, above.side) == (50.0, 10.0, -1)
    assert beyond is not None
    assert (beyond.position_px, beyond.distance_px) == (80.0, 3.0)
    assert far is None


def test_a_spine_sits_on_the_dendrite_whose_surface_is_nearest() -> None:
    thick = Dendrite(points_px=np.array([[0.0, 0.0], [100.0, 0.0]]), radius_px=np.array([10.0, 10.0]))
    thin = Dendrite(points_px=np.array([[0.0, 30.0], [100.0, 30.0]]), radius_px=np.array([2.0, 2.0]))
    (seat,) = seat_spines([(50.0, 16.0, 2.0, 2.0)], [thin, thick], pixel_size_um=0.1)
    assert seat is not None
    assert seat.dendrite == 1


def test_a_long_filopodium_is_seated_by_its_outer_half() -> None:
    box = (40.0, 75.0, 4.0, 10.0)
    near, uncalibrated = (seat_spines([box], [HORIZONTAL], pixel_size_um=size)[0] for size in (0.1, None))
    assert near is not None
    assert uncalibrated is not None
    assert seat_spines([box], [HORIZONTAL], pixel_size_um=1.0) == [None]
