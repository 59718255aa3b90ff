"""Made images: the same from the same seed, and a truth that agrees with the pixels."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from numpy.typing import NDArray

from spines.errors import InvalidInput
from spines.imaging import inspect_image
from spines.synthesis import (
    SPINE_CLASSES,
    Look,
    MadeImage,
    MadeSpine,
    SceneParameters,
    Series,
    Visibility,
    make_image,
    make_series_image,
    write_series,
)
from spines.synthesis.study import study_images

PLAIN = SceneParameters(
    side_px=256,
    background_branch_count=0,
    depth_drift_um=0.0,
    shaft_photons=2000.0,
    read_noise_photons=0.5,
    exposure=0.3,
    gamma=1.0,
    spines_per_um=0.8,
)


def series_image(look: Look, number: int, side_px: int = 192) -> MadeImage:
    return make_series_image(look, seed=3, number=number, side_px=side_px, pixel_size_um=0.1)


def many_spines(**changes: object) -> list[MadeSpine]:
    parameters = replace(PLAIN, **changes)  # type: ignore[arg-type]
    return [spine for seed in range(6) for spine in make_image(parameters, seed=seed).spines]


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
        assert length_um[0] <= spine.length_um <= length_um[1]
        assert head_um[0] <= spine.head_width_um <= head_um[1]
        assert spine.projected_length_um <= spine.length_um + 1e-6
        if neck_um is None:
            assert spine.neck_width_um is None
            assert spine.neck_length_um == 0
        else:
            assert spine.neck_width_um is not None
            assert neck_um[0] <= spine.neck_width_um <= neck_um[1]
            assert spine.neck_width_um < spine.head_width_um
            assert 0 < spine.neck_length_um < spine.length_um


def test_mean_mushroom_and_thin_lengths_are_those_published() -> None:
    mushrooms = [s.length_um for s in many_spines(class_shares={"mushroom": 1.0}, spines_per_um=2.0)]
    thin = [s.length_um for s in many_spines(class_shares={"thin": 1.0}, spines_per_um=2.0)]
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


def test_what_is_out_of_focus_is_dimmer_and_wider() -> None:
    sharp = make_image(replace(PLAIN, spines_per_um=0.0, gamma=1.0), seed=7)
    drifting = make_image(replace(PLAIN, spines_per_um=0.0, depth_drift_um=6.0), seed=7)
    (dendrite,) = drifting.dendrites
    columns, rows = np.floor(dendrite.centreline_px).astype(int).T
    far = np.abs(dendrite.depth_um) > 3
    assert far.any()
    assert drifting.pixels[rows, columns][far].mean() < 0.5 * sharp.pixels[rows, columns][far].mean()


def test_cut_out_is_black_around_one_dendrite() -> None:
    made = series_image(Look.CUT_OUT, 1)
    assert len(made.dendrites) == 1
    assert np.mean(made.pixels == 0) > 0.7
    assert made.pixels.max() > 100


def test_binary_has_two_values() -> None:
    assert set(np.unique(series_image(Look.BINARY, 1).pixels)) == {0, 255}


def test_sixteen_bits_keep_an_offset_and_twelve_bits_of_range() -> None:
    made = make_image(replace(PLAIN, bit_depth=16), seed=1)
    assert made.pixels.dtype == np.uint16
    assert made.pixels.min() >= 100
    assert 255 < made.pixels.max() <= 4095


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


def test_a_folder_holds_images_with_pixel_size_and_their_truth(tmp_path: Path) -> None:
    series = Series(look=Look.TWO_PHOTON, seed=1, side_px=128, pixel_size_um=0.08)
    done: list[int] = []
    truth = json.loads(write_series(tmp_path / "made", series, count=3, report=done.append).read_text())
    assert done == [1, 2, 3]
    assert [category["name"] for category in truth["categories"]] == list(SPINE_CLASSES)
    assert len({entry["id"] for part in ("annotations", "unseen_spines") for entry in truth[part]}) == sum(
        len(series.make(number).spines) for number in (1, 2, 3)
    )
    for number, image in enumerate(truth["images"], start=1):
        path = tmp_path / "made" / image["file_name"]
        made = series.make(number)
        assert np.array_equal(tifffile.imread(path), made.pixels)
        assert inspect_image(path, name=path.name).pixel_size_um == pytest.approx(0.08, rel=1e-4)
        boxes = [entry["bbox"] for entry in truth["annotations"] if entry["image_id"] == image["id"]]
        assert boxes == [list(spine.box_px) for spine in made.visible_spines]
        assert image["dendrites"][0]["length_um"] == pytest.approx(made.dendrites[0].length_um, abs=1e-3)
    known = {field.name for field in fields(MadeSpine)} - {"box_px"}
    assert all(known <= set(entry) for entry in truth["annotations"])
    assert all(entry["visibility"] != "visible" for entry in truth["unseen_spines"])


def test_two_processes_write_what_one_does(tmp_path: Path) -> None:
    series = Series(look=Look.BINARY, seed=2, side_px=96)
    alone = write_series(tmp_path / "alone", series, count=3)
    shared = write_series(tmp_path / "shared", series, count=3, processes=2)
    assert alone.read_bytes() == shared.read_bytes()
    for path in (tmp_path / "alone").glob("*.tif"):
        assert path.read_bytes() == (tmp_path / "shared" / path.name).read_bytes()


def test_the_made_study_nests_as_its_names_say_and_its_conditions_differ_as_documented() -> None:
    density: dict[str, list[int | float]] = {"control": [0, 0.0], "enriched": [0, 0.0]}
    names = []
    for name, made in study_images():
        names.append(name)
        count_and_length = density[name.split("_")[0]]
        count_and_length[0] += len(made.spines)
        count_and_length[1] += sum(dendrite.length_um for dendrite in made.dendrites)
        assert len(made.visible_spines) > 5
    assert len(set(names)) == 24
    assert len({name.rsplit("_", 1)[0] for name in names}) == 12
    assert len({name.split("_")[1] for name in names}) == 6
    assert density["control"][0] / density["control"][1] == pytest.approx(1.1, rel=0.15)
    assert density["enriched"][0] / density["enriched"][1] == pytest.approx(1.5, rel=0.15)


def test_the_command_writes_a_folder_and_refuses_to_write_it_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"count": 2, "look": "cut_out", "seed": 5, "side_px": 96}
    call_command("synthesise", tmp_path, **options)
    assert "2 images made" in capsys.readouterr().out
    assert len(list(tmp_path.glob("*.tif"))) == 2
    with pytest.raises(CommandError, match="Choose another folder"):
        call_command("synthesise", tmp_path, **options)


def test_the_command_times_without_writing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("synthesise", time=True, count=1, side_px=96)
    assert "a second" in capsys.readouterr().out
    with pytest.raises(CommandError, match="which folder"):
        call_command("synthesise", count=1)
    with pytest.raises(CommandError, match="pixel size between"):
        call_command("synthesise", time=True, count=1, pixel_size_um=4.0)


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
