"""How far the width of a head tells which of the two headed classes a spine is.

`python -m spines.accuracy.heads` fits the odds, on phantoms whose sizes are drawn as docs/synthesis.md states them, of
any pixel size, blur, noise and calibre, one in four stored with a gamma of 0.7, boxes off by 0.15 µm. Prints what
`spines.measure.heads` holds, and how often the sign of the odds is right on phantoms of other seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from spines.accuracy.shapes import jittered
from spines.measure.blur import blur_of
from spines.measure.heads import log_odds_of_wide
from spines.measure.image import measure_image
from spines.synthesis.phantom import DARK_GREY, PhantomParameters, make_phantom
from spines.synthesis.shapes import Sizes
from spines.vocabulary.measures import HEAD_WIDTH

FITTED_SEEDS, CHECKED_SEEDS = range(5000, 5044), range(6000, 6012)
WIDE_FROM_UM = 0.6
LAPSE = 0.01
SPINES_OF_EACH = 18


class ReadHead(NamedTuple):
    """A head as measured, the blur of its picture as told by its necks, and whether it is wide in truth."""

    head_um: float
    blur_um: float | None
    is_wide: bool


def read_heads(seeds: range) -> Iterator[ReadHead]:
    """Every trusted head on a phantom a seed."""
    for seed in seeds:
        random = np.random.default_rng((seed, 5))
        pixel_size_um = float(random.choice([0.05, 0.07, 0.1, 0.1, 0.15, 0.2]))
        parameters = PhantomParameters(
            pixel_size_um=pixel_size_um,
            lateral_fwhm_um=float(random.uniform(0.25, 0.52)),
            axial_fwhm_um=None if random.random() < 0.5 else 1.75,
            dendrite_length_um=22,
            dendrite_radius_um=float(random.uniform(0.25, 0.6)),
            rotation_deg=float(random.uniform(0, 180)),
            bend_deg=float(random.uniform(0, 40)),
            spacing_um=1.3,
            sizes_um=tuple(_sizes(random) for _ in range(SPINES_OF_EACH)),
            lean_deg=float(random.uniform(-20, 20)),
            spine_brightness=float(random.uniform(0.6, 1.1)),
            shaft_photons=float(np.exp(random.uniform(np.log(30), np.log(1000)))),
        )
        phantom = make_phantom(parameters, seed=seed)
        gamma = 0.7 if random.random() < 0.25 else 1.0
        plane = np.asarray((phantom.pixels - float(DARK_GREY)).clip(0) ** gamma)
        boxes = jittered(phantom.boxes_px, 0.15 / pixel_size_um, seed=seed)
        measured = measure_image(plane, boxes, pixel_size_um=pixel_size_um)
        blur = blur_of(measured.spines)
        for drawn, spine in zip(phantom.spines, measured.spines, strict=True):
            head_um = spine.value(HEAD_WIDTH.key)
            if head_um is not None:
                yield ReadHead(head_um, blur, drawn.sizes_um.head_width >= WIDE_FROM_UM)


def _sizes(random: np.random.Generator) -> Sizes:
    """A spine with a wide head, or with a narrow one."""
    if random.random() < 0.5:
        head, length, neck = (
            random.uniform(0.6, 1.2),
            np.clip(random.normal(1.5, 0.25), 1, 2.2),
            random.uniform(0.1, 0.3),
        )
    else:
        head, length = random.uniform(0.25, 0.55), np.clip(random.normal(0.98, 0.42), 0.6, 2)
        neck = min(random.uniform(0.08, 0.2), head / 1.4)
    head_length = head * random.uniform(0.85, 1.1)
    whole = max(float(length), head_length + 0.25)
    return Sizes(
        length=whole, head_width=head, head_length=head_length, neck_width=neck, neck_length=whole - head_length
    )


def share_right(heads: list[ReadHead]) -> float:
    """Of heads, those whose odds lean to what they are."""
    return float(np.mean([(log_odds_of_wide(each.head_um, each.blur_um) > 0) == each.is_wide for each in heads]))


def _fitted(columns: NDArray[np.float64], is_wide: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of a logistic regression in which one spine in a hundred is not what it reads as."""
    sign = np.where(is_wide, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> float:
        return float(-np.log(LAPSE + (1 - 2 * LAPSE) / (1 + np.exp(-sign * (columns @ weights)))).sum())

    return np.asarray(minimize(loss, np.zeros(columns.shape[1]), method="BFGS").x, np.float64)


def main() -> None:
    """Fit, say, check."""
    heads = list(read_heads(FITTED_SEEDS))
    of_known = [(1.0, each.head_um - 0.65, each.blur_um - 0.35) for each in heads if each.blur_um is not None]
    is_wide = np.array([each.is_wide for each in heads if each.blur_um is not None])
    constant, per_um, per_blur = _fitted(np.array(of_known), is_wide)
    even_um = 0.65 - (constant - 0.35 * per_blur) / per_um
    said = [f"{len(is_wide)} heads, blur known: even at {even_um:.3f} + {-per_blur / per_um:.3f} × blur, {per_um:.1f}"]
    of_all = np.array([(1.0, each.head_um - 0.65) for each in heads])
    constant, per_um = _fitted(of_all, np.array([each.is_wide for each in heads]))
    said.append(f"{len(heads)} heads, any blur: even at {0.65 - constant / per_um:.3f}, {per_um:.1f} log odds a µm")
    said.append(f"sign right on other phantoms: {share_right(list(read_heads(CHECKED_SEEDS))):.3f}")
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    main()
