"""How well spines' sizes are measured, on phantoms of known size."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spines.measure.blur import necks_um
from spines.measure.image import measure_image, remeasure
from spines.measure.types import Box, Dendrite, Quality, SpineMeasures
from spines.synthesis.phantom import (
    DARK_GREY,
    FILOPODIUM,
    STUBBY,
    Phantom,
    PhantomParameters,
    PhantomSpine,
    make_phantom,
)
from spines.synthesis.shapes import Sizes
from spines.vocabulary.measures import AREA, HEAD_WIDTH

FIRST_SEED = 1000
SPEED_SIDE_PX, SPEED_SPINES = 1024, 60


def with_head(head_um: float, neck_um: float = 0.2) -> Sizes:
    """A spine with a head of this width, a little flatter than a ball, on a neck of 0.7 µm."""
    head_length = 0.9 * head_um
    return Sizes(
        length=0.7 + head_length,
        head_width=head_um,
        head_length=head_length,
        neck_width=neck_um,
        neck_length=0.7,
    )


RESOLVED = (with_head(0.6), with_head(0.8), with_head(1.0), with_head(1.2), STUBBY)
"""Spines whose heads are at least 1.5 times as wide as the usual blur."""

USUAL = PhantomParameters(
    pixel_size_um=0.08,
    rotation_deg=20,
    bend_deg=20,
    dendrite_length_um=36,
    spacing_um=1.6,
    bare_ends_um=2,
    sizes_um=RESOLVED,
)


@dataclass(frozen=True, kw_only=True)
class SizeErrors:
    """Measured less true, mean and standard deviation over the trusted of `spines`; `untrusted` is the rest's share.

    Those of the area are shares of the true one, which is that of the spine's projection outside the shaft.
    """

    condition: str
    spines: int
    untrusted: float
    head_bias_um: float
    head_spread_um: float
    length_bias_um: float
    length_spread_um: float
    area_bias: float
    area_spread: float


@dataclass(frozen=True, kw_only=True)
class NeckWidths:
    """Neck widths reported for necks of one true width under one blur; `reported` is the share that got a width."""

    lateral_fwhm_um: float
    true_um: float
    reported_um: float
    spread_um: float
    reported: float


def size_errors(*, phantoms: int = 2) -> Iterator[SizeErrors]:
    """Errors of head width and length, over pixel size, blur, noise, rotation, lean, gamma and loose boxes.

    Each condition differs from `USUAL` in one thing; dendrites are traced but for one row.
    """
    yield _errors("usual: 0.08 µm a pixel, blur 0.4 µm, 1000 photons", USUAL, phantoms)
    yield _errors("dendrite given, not traced", USUAL, phantoms, traced=False)
    for pixel_size_um in (0.04, 0.06, 0.1, 0.15, 0.2):
        yield _errors(f"{pixel_size_um} µm a pixel", replace(USUAL, pixel_size_um=pixel_size_um), phantoms)
    for fwhm_um in (0.25, 0.3, 0.35, 0.45):
        yield _errors(f"blur {fwhm_um} µm", replace(USUAL, lateral_fwhm_um=fwhm_um), phantoms)
    for photons in (None, 300.0, 100.0, 30.0):
        words = "no noise" if photons is None else f"{photons:.0f} photons in the shaft"
        yield _errors(words, replace(USUAL, shaft_photons=photons), phantoms)
    for rotation_deg in (0.0, 45.0, 70.0, 90.0, 135.0):
        yield _errors(f"rotated by {rotation_deg:.0f}°", replace(USUAL, rotation_deg=rotation_deg), phantoms)
    yield _errors("leaning by 30°", replace(USUAL, lean_deg=30), phantoms)
    yield _errors("dendrite bent by 90°", replace(USUAL, bend_deg=90), phantoms)
    yield _errors("shaft of 0.3 µm radius", replace(USUAL, dendrite_radius_um=0.3), phantoms)
    yield _errors("spines half as bright", replace(USUAL, spine_brightness=0.5), phantoms)
    yield _errors("projection through all planes", replace(USUAL, axial_fwhm_um=None), phantoms)
    yield _errors("stored with gamma 0.7", USUAL, phantoms, gamma=0.7)
    yield _errors("boxes off by 2 px, sizes by 20 %", USUAL, phantoms, jitter_px=2.0)


def errors_by_head_width(*, phantoms: int = 1) -> Iterator[SizeErrors]:
    """The same for each true head width under three blurs."""
    for fwhm_um in (0.25, 0.35, 0.45):
        for head_um in (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2):
            parameters = replace(USUAL, lateral_fwhm_um=fwhm_um, sizes_um=(with_head(head_um, 0.15),))
            yield _errors(f"head {head_um} µm, blur {fwhm_um} µm", parameters, phantoms)
    yield _errors("long and thin, 3 µm and 0.3 µm", replace(USUAL, sizes_um=(FILOPODIUM,)), phantoms)


def neck_widths(*, phantoms: int = 1) -> Iterator[NeckWidths]:
    """What is reported for necks of 0.1 to 0.6 µm under three blurs."""
    for fwhm_um in (0.25, 0.35, 0.45):
        for true_um in (0.1, 0.2, 0.3, 0.4, 0.6):
            parameters = replace(USUAL, lateral_fwhm_um=fwhm_um, sizes_um=(with_head(1.0, true_um),))
            trusted = [spine for _, spine in _measured(parameters, phantoms) if spine.quality is Quality.TRUSTED]
            widths = necks_um(trusted)
            yield NeckWidths(
                lateral_fwhm_um=fwhm_um,
                true_um=true_um,
                reported_um=float(np.mean(widths)) if widths else float("nan"),
                spread_um=float(np.std(widths)) if widths else float("nan"),
                reported=len(widths) / max(len(trusted), 1),
            )


def seconds_an_image(*, repeats: int = 5) -> float:
    """Median of the processor's time in s to trace and measure a picture of 1024² with 60 spines."""
    plane, boxes = _large_picture()
    measure_image(plane, boxes, pixel_size_um=0.1)
    seconds = []
    for _ in range(repeats):
        started_at = time.process_time()
        measure_image(plane, boxes, pixel_size_um=0.1)
        seconds.append(time.process_time() - started_at)
    return float(np.median(seconds))


def _large_picture() -> tuple[np.ndarray[tuple[int, int], np.dtype[np.uint16]], list[Box]]:
    """Two phantoms of 30 spines in one picture of 1024²."""
    parameters = replace(USUAL, pixel_size_um=0.1, dendrite_length_um=64, spacing_um=2, rotation_deg=0, bend_deg=15)
    plane = np.full((SPEED_SIDE_PX, SPEED_SIDE_PX), 0, np.uint16)
    boxes: list[Box] = []
    for index in range(2):
        phantom = make_phantom(parameters, seed=FIRST_SEED + index)
        rows = np.arange(len(phantom.pixels))
        middle = slice(len(rows) // 2 - 150, len(rows) // 2 + 150)
        left, top = (SPEED_SIDE_PX - len(rows)) // 2, 150 + 400 * index
        if index == 0:
            plane[:] = np.random.default_rng(FIRST_SEED).choice(phantom.pixels[:20].ravel(), plane.shape)
        plane[top : top + 300, left : left + len(rows)] = phantom.pixels[middle]
        boxes += [(x + left, y + top - middle.start, width, height) for x, y, width, height in phantom.boxes_px]
    assert len(boxes) == SPEED_SPINES, "as documented"
    return plane, boxes


def _errors(
    condition: str,
    parameters: PhantomParameters,
    phantoms: int,
    *,
    traced: bool = True,
    jitter_px: float = 0.0,
    gamma: float = 1.0,
) -> SizeErrors:
    pairs = list(_measured(parameters, phantoms, traced=traced, jitter_px=jitter_px, gamma=gamma))
    head, length, area = [], [], []
    for made, spine in pairs:
        head_um, found_um2 = spine.value(HEAD_WIDTH.key), spine.value(AREA.key)
        if spine.length_um is not None and head_um is not None and found_um2 is not None:
            head.append(head_um - made.sizes_um.head_width)
            length.append(spine.length_um - made.sizes_um.length)
            area.append(found_um2 / made.projected_area_um2 - 1)
    return SizeErrors(
        condition=condition,
        spines=len(pairs),
        untrusted=1 - len(head) / len(pairs),
        head_bias_um=float(np.mean(head)) if head else float("nan"),
        head_spread_um=float(np.std(head)) if head else float("nan"),
        length_bias_um=float(np.mean(length)) if length else float("nan"),
        length_spread_um=float(np.std(length)) if length else float("nan"),
        area_bias=float(np.mean(area)) if area else float("nan"),
        area_spread=float(np.std(area)) if area else float("nan"),
    )


def _measured(
    parameters: PhantomParameters,
    phantoms: int,
    *,
    traced: bool = True,
    jitter_px: float = 0.0,
    gamma: float = 1.0,
) -> Iterator[tuple[PhantomSpine, SpineMeasures]]:
    """Every spine of some phantoms as made, and its measures."""
    for seed in range(FIRST_SEED, FIRST_SEED + phantoms):
        phantom = make_phantom(parameters, seed=seed)
        boxes = jittered(phantom.boxes_px, jitter_px, seed=seed) if jitter_px else phantom.boxes_px
        plane = np.asarray((phantom.pixels - DARK_GREY).clip(0) ** gamma) if gamma != 1 else phantom.pixels
        scale = parameters.pixel_size_um
        if traced:
            measured = measure_image(plane, boxes, pixel_size_um=scale)
        else:
            measured = remeasure(plane, boxes, [true_dendrite(phantom)], pixel_size_um=scale)
        yield from zip(phantom.spines, measured.spines, strict=True)


def true_dendrite(phantom: Phantom) -> Dendrite:
    """A phantom's dendrite as drawn, with a point about every pixel."""
    line = phantom.dendrite.centreline_px
    kept = np.linspace(0, len(line) - 1, max(round(float(np.hypot(*np.diff(line, axis=0).T).sum())), 2)).astype(int)
    radius = phantom.dendrite.radius_um / phantom.parameters.pixel_size_um
    return Dendrite(points_px=line[kept].copy(), radius_px=radius[kept].copy())


def jittered(boxes_px: Sequence[Box], most_px: float, *, seed: int) -> list[Box]:
    """Boxes as a detector gives them: centres off by up to `most_px`, sides by up to 20 %."""
    random = np.random.default_rng(seed)
    moved = []
    for x, y, width, height in boxes_px:
        dx, dy = random.uniform(-most_px, most_px, 2)
        wide, high = width * random.uniform(0.8, 1.2), height * random.uniform(0.8, 1.2)
        moved.append((x + width / 2 + dx - wide / 2, y + height / 2 + dy - high / 2, wide, high))
    return moved
