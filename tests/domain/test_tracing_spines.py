"""What detected spines do to tracing: they are taken off, none of them is a dendrite, and shafts keep their width."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from spines.measure.polylines import resampled
from spines.measure.tracing import trace_dendrites
from spines.measure.tracing_spines import opened_by_lines
from spines.measure.types import Box
from spines.synthesis.phantom import FILOPODIUM, MUSHROOM, THIN, PhantomParameters, make_phantom
from tests.domain.test_tracing import drawn

PHANTOM = PhantomParameters(
    dendrite_length_um=25.0, spacing_um=0.8, sizes_um=(MUSHROOM,), shaft_photons=200.0, rotation_deg=12.0
)


def radii(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint16]], boxes: list[Box]) -> tuple[float, float, float]:
    """Traced radius of the only dendrite at a tenth, half and nine tenths of its length, in µm at 0.1 µm a pixel."""
    (dendrite,) = trace_dendrites(pixels, pixel_size_um=0.1, boxes_px=boxes)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(dendrite.points_px, axis=0).T))])
    low, middle, high = np.interp(np.array([0.1, 0.5, 0.9]) * arc[-1], arc, dendrite.radius_px * 0.1)
    return float(low), float(middle), float(high)


@pytest.mark.parametrize("radius_um", [0.25, 0.45, 0.8, 1.1])
def test_a_straight_shaft_keeps_its_radius_from_end_to_end(radius_um: float) -> None:
    # A straight line needs two points; its radius may need more.
    parameters = replace(PHANTOM, dendrite_radius_um=radius_um, spacing_um=40.0, bare_ends_um=8.0, axial_fwhm_um=None)
    phantom = make_phantom(parameters, seed=1)
    assert radii(phantom.pixels, []) == pytest.approx((radius_um,) * 3, abs=0.06)


def test_rows_of_heads_do_not_pull_shaft_or_line() -> None:
    for seed, sizes in ((2, (MUSHROOM,)), (3, (MUSHROOM, THIN))):
        phantom = make_phantom(replace(PHANTOM, sizes_um=sizes), seed=seed)
        (dendrite,) = trace_dendrites(phantom.pixels, pixel_size_um=0.1, boxes_px=phantom.boxes_px)
        assert dendrite.length_px * 0.1 == pytest.approx(25.9, rel=0.03)
        inner = resampled(dendrite.points_px, 2.0)[4:-4]
        apart = np.hypot(*(inner[:, None] - phantom.dendrite.centreline_px).transpose(2, 0, 1)).min(axis=1)
        assert apart.max() < 1.0
        assert radii(phantom.pixels, phantom.boxes_px)[1] == pytest.approx(0.45, abs=0.06)


@pytest.mark.parametrize("length_um", [3.5, 6.0, 8.0])
def test_a_filopodium_that_ends_in_a_found_spine_is_no_dendrite(length_um: float) -> None:
    long = replace(FILOPODIUM, length=length_um)
    phantom = make_phantom(replace(PHANTOM, sizes_um=(THIN, long, THIN), spacing_um=2.0, lean_deg=20.0), seed=4)
    # A detector's box often holds the outer part alone.
    boxes = []
    for spine, (x, y, width, height) in zip(phantom.spines, phantom.boxes_px, strict=True):
        if spine.sizes_um.length < 3:
            boxes.append((x, y, width, height))
            continue
        tip = spine.midline_px[1]
        boxes.append((float(tip[0]) - 10, float(tip[1]) - 10, 20.0, 20.0))
    (dendrite,) = trace_dendrites(phantom.pixels, pixel_size_um=0.1, boxes_px=boxes)
    assert dendrite.length_px * 0.1 == pytest.approx(25.9, rel=0.04)


def test_a_branch_with_spines_of_its_own_is_one_though_it_ends_in_a_found_spine() -> None:
    picture = drawn([[(-9, 150), (309, 150)], [(120, 150), (170, 230)]], radius_px=4.0)
    boxes = [(165.0, 226.0, 10.0, 10.0), (135.0, 200.0, 8.0, 8.0), (165.0, 190.0, 8.0, 8.0), (40.0, 136.0, 8.0, 8.0)]
    assert len(trace_dendrites(picture, pixel_size_um=0.1, boxes_px=boxes)) == 2


def test_an_opening_by_lines_keeps_lines_of_any_direction_and_takes_off_what_is_shorter() -> None:
    y, x = np.mgrid[:90, :90] - 44.5
    for angle in np.radians([0, 20, 45, 77, 90, 130, 170]):
        across, along = y * np.cos(angle) - x * np.sin(angle), x * np.cos(angle) + y * np.sin(angle)
        line = gaussian_filter(((np.abs(across) < 2.5) & (np.abs(along) < 30)).astype(np.float32), 1.0)
        ball = (np.hypot(across - 12, along) < 5).astype(np.float32)
        opened = opened_by_lines(np.maximum(line, ball), 17.0)
        assert opened[ball > 0].max() < 0.3
        assert opened[44, 44] == pytest.approx(line[44, 44], abs=0.05)
        assert opened[line > 0.5].mean() == pytest.approx(line[line > 0.5].mean(), rel=0.12)
        assert np.all(opened <= np.maximum(line, ball))


def test_a_cell_body_and_its_edge_are_no_dendrites_and_what_leaves_it_is() -> None:
    y, x = np.mgrid[:400, :400] + 0.5
    arms = [[(200.0, 200.0), (-9.0, 120.0)], [(200.0, 200.0), (409.0, 230.0)], [(200.0, 200.0), (150.0, 409.0)]]
    neurites = drawn(arms, side_px=400).astype(float)
    body = gaussian_filter((np.hypot(x - 200, (y - 200) * 1.2) < 60).astype(float), 2.0) * 900
    picture = np.random.default_rng(0).poisson(neurites + body)
    traced = trace_dendrites(picture, pixel_size_um=0.1)
    assert len(traced) == 3
    for dendrite in traced:
        from_middle = np.hypot(*(resampled(dendrite.points_px, 2.0) - 200).T)
        assert from_middle.min() > 45
        assert from_middle.max() > 190
