"""Made images: the same from the same seed, and a truth that agrees with the pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from spines.errors import InvalidInput
from spines.synthesis import (
    Look,
    MadeImage,
    MadeSpine,
    SceneParameters,
    Visibility,
    make_image,
)
from tests.domain.made_scenes import PLAIN, many_spines, series_image


@pytest.mark.parametrize("look", list(Look))
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(look: Look) -> None:
    one, again, other = series_image(look, 1), series_image(look, 1), series_image(look, 2)
    assert one.pixels.tobytes() == again.pixels.tobytes()
    assert one.spines == again.spines
    assert one.parameters == again.parameters
    assert one.pixels.tobytes() != other.pixels.tobytes()


def test_boxes_hold_brighter_pixels_than_their_surround() -> None:
    brighter, checked = 0, 0
    for seed in range(6):
        made = make_image(PLAIN, seed=seed)
        covered = _cover(made, margin_px=3)
        for spine in made.visible_spines:
            inside = _inside(made.pixels, spine)
            ring = _ring(made.pixels, covered, spine)
            if len(ring) >= 20:
                checked += 1
                brighter += float(inside.max()) > float(np.median(ring)) + 4 * float(ring.std())
    assert checked > 40
    assert brighter / checked > 0.95


def test_nothing_bright_lies_outside_dendrites_and_spines() -> None:
    made = make_image(PLAIN, seed=1)
    elsewhere = made.pixels[~_cover(made, margin_px=12)]
    assert np.percentile(elsewhere, 99.9) < 0.3 * made.pixels.max()


def test_boxes_are_tight_around_the_silhouette() -> None:
    parameters = replace(PLAIN, look=Look.BINARY, axial_fwhm_um=None)
    made = make_image(parameters, seed=4)
    for spine in made.visible_spines:
        x, y, width, height = (int(value) for value in spine.box_px)
        box = made.pixels[y : y + height, x : x + width] > 0
        assert box[0].any()
        assert box[-1].any()
        assert box[:, 0].any()
        assert box[:, -1].any()


def test_a_dendrite_is_as_long_as_its_centreline_and_lies_where_it_says() -> None:
    made = make_image(replace(PLAIN, depth_drift_um=0.5), seed=2)
    for dendrite in made.dendrites:
        steps_px = np.diff(dendrite.centreline_px, axis=0)
        arc_um = np.sqrt((steps_px**2).sum(axis=1)).sum() * made.parameters.pixel_size_um
        assert dendrite.length_um == pytest.approx(arc_um)
        assert dendrite.length_3d_um >= dendrite.length_um
        columns, rows = np.floor(dendrite.centreline_px[5:-5]).astype(int).T
        assert np.median(made.pixels[rows, columns]) > 5 * np.median(made.pixels)


def test_the_shaft_is_as_wide_as_asked() -> None:
    """A silhouette's area over its length is its width."""
    parameters = replace(PLAIN, look=Look.BINARY, axial_fwhm_um=None, spines_per_um=0.0, side_px=512)
    for radius_um in (0.3, 0.6):
        made = make_image(replace(parameters, dendrite_radius_um=radius_um), seed=5)
        (dendrite,) = made.dendrites
        area_um2 = np.count_nonzero(made.pixels) * made.parameters.pixel_size_um**2
        # Both ends are half-discs.
        expected = (
            2 * dendrite.radius_um.mean() * dendrite.length_um + np.pi * (dendrite.radius_um[[0, -1]] ** 2).mean()
        )
        assert area_um2 == pytest.approx(expected, rel=0.05)
        assert dendrite.radius_um.mean() == pytest.approx(radius_um, rel=0.15)


@pytest.mark.parametrize(
    ("spine_class", "length_um", "head_um", "neck_um"),
    [
        ("mushroom", (1.0, 2.2), (0.6, 1.2), (0.1, 0.3)),
        ("thin", (0.5, 2.0), (0.25, 0.55), (0.08, 0.2)),
        ("stubby", (0.4, 0.9), (0.4, 0.9), None),
        ("filopodia", (2.0, 6.0), (0.15, 0.3), None),
    ],
)
def test_sizes_stay_in_the_range_of_their_class(
    spine_class: str,
    length_um: tuple[float, float],
    head_um: tuple[float, float],
    neck_um: tuple[float, float] | None,
) -> None:
    spines = many_spines(class_shares={spine_class: 1.0})
    assert len(spines) > 30
    for spine in spines:
        assert spine.spine_class == spine_class
        assert length_um[0] <= spine.sizes_um.length <= length_um[1]
        assert head_um[0] <= spine.sizes_um.head_width <= head_um[1]
        assert spine.projected_length_um <= spine.sizes_um.length + 1e-6
        if neck_um is None:
            assert spine.sizes_um.neck_width is None
            assert spine.sizes_um.neck_length == 0
        else:
            assert spine.sizes_um.neck_width is not None
            assert neck_um[0] <= spine.sizes_um.neck_width <= neck_um[1]
            assert spine.sizes_um.neck_width < spine.sizes_um.head_width
            assert 0 < spine.sizes_um.neck_length < spine.sizes_um.length


def test_mean_mushroom_and_thin_lengths_are_those_published() -> None:
    mushrooms = [s.sizes_um.length for s in many_spines(class_shares={"mushroom": 1.0}, spines_per_um=2.0)]
    thin = [s.sizes_um.length for s in many_spines(class_shares={"thin": 1.0}, spines_per_um=2.0)]
    assert np.mean(mushrooms) == pytest.approx(1.5, abs=0.1)
    assert np.mean(thin) == pytest.approx(1.05, abs=0.12)


@pytest.mark.parametrize("asked_per_um", [0.4, 1.5])
def test_density_is_as_asked_within_poisson_error(asked_per_um: float) -> None:
    made = [make_image(replace(PLAIN, spines_per_um=asked_per_um), seed=seed) for seed in range(8)]
    spines = sum(len(image.spines) for image in made)
    expected = asked_per_um * sum(dendrite.length_um for image in made for dendrite in image.dendrites)
    assert abs(spines - expected) < 4 * np.sqrt(expected)


def test_class_shares_are_as_asked() -> None:
    shares = {"mushroom": 0.6, "stubby": 0.4}
    classes = [spine.spine_class for spine in many_spines(class_shares=shares, spines_per_um=2.0)]
    error = np.sqrt(0.6 * 0.4 / len(classes))
    assert classes.count("mushroom") / len(classes) == pytest.approx(0.6, abs=4 * error)
    assert set(classes) == set(shares)


def test_spines_stand_all_round_the_shaft_and_those_above_or_below_are_told_apart() -> None:
    spines = many_spines(spines_per_um=2.0)
    quarters = np.histogram([spine.azimuth_deg for spine in spines], bins=4, range=(0, 360))[0]
    assert quarters.min() > 0.15 * len(spines)
    hidden = [spine for spine in spines if spine.visibility is Visibility.HIDDEN_BY_SHAFT]
    visible = [spine for spine in spines if spine.visibility is Visibility.VISIBLE]
    assert hidden
    assert visible
    assert all(spine.shaft_overlap > 0.5 or spine.protrusion_um < 0.3 for spine in hidden)
    assert all(spine.shaft_overlap <= 0.5 and spine.protrusion_um >= 0.3 for spine in visible)
    steepness = [abs(np.sin(np.radians(spine.azimuth_deg))) for spine in hidden]
    assert np.mean(steepness) > 0.7


@pytest.mark.parametrize(
    "wrong",
    [
        {"side_px": 10},
        {"pixel_size_um": 0.0},
        {"bit_depth": 12},
        {"spines_per_um": -1.0},
        {"dendrite_count": 0},
        {"class_shares": {"ball": 1.0}},
        {"class_shares": {"thin": 0.0}},
        {"class_shares": {}},
    ],
)
def test_an_impossible_scene_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        SceneParameters(**wrong)  # type: ignore[arg-type]


def _inside(pixels: NDArray[np.generic], spine: MadeSpine) -> NDArray[np.float64]:
    x, y, width, height = (int(value) for value in spine.box_px)
    return np.asarray(pixels[y : y + height, x : x + width], np.float64)


def _ring(pixels: NDArray[np.generic], covered: NDArray[np.bool_], spine: MadeSpine) -> NDArray[np.float64]:
    """Pixels up to 9 px around a box that belong to no dendrite and no spine."""
    x, y, width, height = (int(value) for value in spine.box_px)
    around = np.zeros(pixels.shape, np.bool_)
    around[max(y - 9, 0) : y + height + 9, max(x - 9, 0) : x + width + 9] = True
    return np.asarray(pixels[around & ~covered], np.float64)


def _cover(made: MadeImage, *, margin_px: int) -> NDArray[np.bool_]:
    """Where dendrites and spine boxes lie, with a margin."""
    covered = np.zeros(made.pixels.shape, np.bool_)
    rows, columns = np.indices(covered.shape)
    for dendrite in made.dendrites:
        radius_px = dendrite.radius_um.max() / made.parameters.pixel_size_um + margin_px
        for x, y in dendrite.centreline_px[::3]:
            covered |= (columns - x) ** 2 + (rows - y) ** 2 < radius_px**2
    for spine in made.spines:
        x, y, width, height = (int(value) for value in spine.box_px)
        covered[max(y - margin_px, 0) : y + height + margin_px, max(x - margin_px, 0) : x + width + margin_px] = True
    return covered
