"""How well dendrites are traced: lengths and densities on made pictures, and lengths against cut-out masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.accuracy.masks import cut_outs, mask_length_px
from spines.errors import InvalidInput
from spines.measure.seats import seat_spines
from spines.measure.tracing import trace_dendrites
from spines.measure.types import Dendrite
from spines.synthesis import Look, MadeDendrite, MadeImage, SceneParameters, draw_parameters, make_image
from spines.synthesis.phantom import (
    FILOPODIUM,
    MUSHROOM,
    STUBBY,
    THIN,
    Phantom,
    PhantomParameters,
    make_phantom,
)

# Tracing was tried out on other seeds.
FIRST_SEED = 70_000
VARIED = (
    ("pixel, µm", "pixel_size_um", (0.04, 0.07, 0.1, 0.15, 0.2)),
    ("blur, µm", "lateral_fwhm_um", (0.25, 0.4, 0.6)),
    ("photons", "shaft_photons", (30.0, 100.0, 1000.0)),
    ("radius, µm", "dendrite_radius_um", (0.2, 0.45, 0.8)),
    ("spacing, µm", "spacing_um", (0.5, 1.0, 3.0)),
)
MIXED = (MUSHROOM, THIN, STUBBY, MUSHROOM, THIN, STUBBY, FILOPODIUM)
# What a density must not depend on: the density itself, calibre, blur, pixels, light and the kind of spines.
DENSITY_OVER: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"{density:g} per µm", {"spacing_um": 1 / density}) for density in (0.4, 0.9, 1.6, 2.2)),
    *((f"radius {radius:g} µm", {"dendrite_radius_um": radius}) for radius in (0.25, 0.8, 1.1)),
    *((f"blur {blur:g} µm", {"lateral_fwhm_um": blur}) for blur in (0.25, 0.55)),
    *((f"pixel {pixel:g} µm", {"pixel_size_um": pixel}) for pixel in (0.04, 0.2)),
    ("30 photons", {"shaft_photons": 30.0}),
    ("mushrooms alone, 1.2 per µm", {"sizes_um": (MUSHROOM,), "spacing_um": 1 / 1.2}),
    ("stubby alone, 1.2 per µm", {"sizes_um": (STUBBY,), "spacing_um": 1 / 1.2}),
    ("filopodia of 3 µm alone", {"sizes_um": (FILOPODIUM,), "spacing_um": 2.0}),
)


@dataclass(frozen=True, kw_only=True)
class LengthRow:
    """Relative errors of traced length over pictures of one kind: their mean, deviation, largest, and how many."""

    kind: str
    pictures: int
    bias: float
    spread: float
    largest: float

    @classmethod
    def of(cls, kind: str, errors: Sequence[float]) -> LengthRow:
        """The row of relative errors, one a picture."""
        values = np.array(errors)
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        return cls(
            kind=kind,
            pictures=len(values),
            bias=float(values.mean()),
            spread=spread,
            largest=float(np.abs(values).max()),
        )


@dataclass(frozen=True, kw_only=True)
class DensityRow:
    """Density measured with the true boxes, against spines over true length, and the share of spines seated."""

    kind: str
    pictures: int
    bias: float
    spread: float
    seated: float


@dataclass(frozen=True, kw_only=True)
class FieldRow:
    """Two-photon fields: the share of in-focus dendrite that is traced, and of the traced length that is dendrite."""

    kind: str
    pictures: int
    found: float
    right: float


def phantoms(pictures: int, first_seed: int = FIRST_SEED, **fixed: Any) -> Iterator[Phantom]:
    """Phantoms of 30 µm with all classes of spines at every rotation and many bends; `fixed` parameters as given."""
    for seed in range(first_seed, first_seed + pictures):
        random = np.random.default_rng(seed)
        drawn = {
            "pixel_size_um": float(random.uniform(0.04, 0.2)),
            "lateral_fwhm_um": float(random.uniform(0.3, 0.5)),
            "dendrite_radius_um": float(random.uniform(0.25, 0.7)),
            "shaft_photons": float(np.exp(random.uniform(np.log(60), np.log(2000)))),
            "spacing_um": float(random.uniform(0.6, 3.0)),
            "rotation_deg": float(random.uniform(0, 180)),
            "bend_deg": float(random.uniform(-90, 90)),
            "lean_deg": float(random.uniform(-30, 30)),
        }
        parameters = PhantomParameters(
            dendrite_length_um=30.0,
            **(drawn | {"sizes_um": MIXED} | fixed),
        )
        yield make_phantom(parameters, seed=seed)


def true_length_um(dendrite: MadeDendrite, *, side_px: int, pixel_size_um: float) -> float:
    """Length of a dendrite as drawn, from tip to tip.

    It is the union of spheres along its centreline, so that it reaches a radius beyond the centreline's ends, but for
    ends at the picture's edge.
    """
    ends, radii = dendrite.centreline_px[[0, -1]], dendrite.radius_um[[0, -1]]
    room_um = np.minimum(ends, side_px - ends).min(axis=1) * pixel_size_um
    return dendrite.length_um + float(radii[room_um > radii].sum())


def length_errors(phantom: Phantom) -> tuple[float, float]:
    """Relative error of all traced length, boxes given: from tip to tip, and against the bare centreline."""
    traced = _traced_um(phantom, _traced(phantom))
    return traced / _true_um(phantom) - 1, traced / phantom.dendrite.length_um - 1


def dendrite_table(pictures: int = 12) -> list[LengthRow]:
    """Length errors on phantoms by pixel size, blur, noise, radius and spacing; all else is drawn.

    The second row is against the bare centrelines, which end a radius short of the tips.
    """
    varied = [(f"{name} {value:g}", {parameter: value}) for name, parameter, values in VARIED for value in values]
    rows = [
        LengthRow.of(
            kind, [length_errors(phantom)[0] for phantom in phantoms(pictures, FIRST_SEED + 100 * index, **fixed)]
        )
        for index, (kind, fixed) in enumerate(varied)
    ]
    tips, bare = zip(*(length_errors(phantom) for phantom in phantoms(4 * pictures, FIRST_SEED + 5000)), strict=True)
    return [LengthRow.of("all drawn", tips), LengthRow.of("all drawn, bare centrelines", bare), *rows]


def density_table(pictures: int = 12) -> list[DensityRow]:
    """Density errors on phantoms with the true boxes, by `DENSITY_OVER`; all else is drawn."""
    rows = []
    for index, (kind, fixed) in enumerate(DENSITY_OVER):
        errors, seated = [], []
        for phantom in phantoms(pictures, FIRST_SEED + 10_000 + 100 * index, **fixed):
            dendrites = _traced(phantom)
            scale = phantom.parameters.pixel_size_um
            seats = seat_spines(phantom.boxes_px, dendrites, pixel_size_um=scale)
            count = sum(seat is not None for seat in seats)
            seated.append(count / len(seats))
            truth = len(phantom.spines) / _true_um(phantom)
            errors.append(count / max(_traced_um(phantom, dendrites), 1e-9) / truth - 1)
        rows.append(
            DensityRow(
                kind=kind,
                pictures=pictures,
                bias=float(np.mean(errors)),
                spread=float(np.std(errors, ddof=1)),
                seated=float(np.mean(seated)),
            )
        )
    return rows


def made_length_table(pictures: int = 12) -> list[LengthRow]:
    """Length errors on single dendrites of made pictures of every look, with the visible spines' boxes given."""
    rows = []
    for look in Look:
        errors = []
        for seed in range(FIRST_SEED + 20_000, FIRST_SEED + 20_000 + pictures):
            random = np.random.default_rng(seed)
            parameters = draw_parameters(
                look,
                random,
                pixel_size_um=float(random.uniform(0.05, 0.15)),
                dendrite_count=1,
                branched=False,
                background_branch_count=0,
                depth_drift_um=0.3,
            )
            made = make_image(parameters, seed=seed)
            dendrites = trace_dendrites(
                made.pixels,
                pixel_size_um=parameters.pixel_size_um,
                boxes_px=[spine.box_px for spine in made.visible_spines],
            )
            traced = sum(dendrite.length_px for dendrite in dendrites) * parameters.pixel_size_um
            truth = true_length_um(
                made.dendrites[0], side_px=parameters.side_px, pixel_size_um=parameters.pixel_size_um
            )
            errors.append(traced / truth - 1)
        rows.append(LengthRow.of(f"made picture, {look.value.replace('_', ' ')}", errors))
    return rows


def field_table(pictures: int = 12) -> list[FieldRow]:
    """How much of in-focus dendrites is traced and how much else, in made two-photon fields as they are drawn."""
    found, right = [], []
    for seed in range(FIRST_SEED + 30_000, FIRST_SEED + 30_000 + pictures):
        random = np.random.default_rng(seed)
        parameters: SceneParameters = draw_parameters(Look.TWO_PHOTON, random, pixel_size_um=0.1)
        made = make_image(parameters, seed=seed)
        boxes = [spine.box_px for spine in made.visible_spines]
        traced = trace_dendrites(made.pixels, pixel_size_um=parameters.pixel_size_um, boxes_px=boxes)
        shares = _agreement(made, traced)
        found.append(shares[0])
        right.append(shares[1])
    return [
        FieldRow(
            kind="made two-photon fields",
            pictures=pictures,
            found=float(np.mean(found)),
            right=float(np.mean(right)),
        )
    ]


def _traced(phantom: Phantom) -> list[Dendrite]:
    return trace_dendrites(phantom.pixels, pixel_size_um=phantom.parameters.pixel_size_um, boxes_px=phantom.boxes_px)


def mask_table(folder: Path) -> list[LengthRow]:
    """Length errors on cut-outs against their masks' own centrelines, with the annotated boxes and without.

    Parameters
    ----------
    folder
        Pictures of one dendrite each on black. COCO annotations of their spines lie beside it, `<folder>.json`.
    """
    with_boxes: list[float] = []
    without: list[float] = []
    for pixels, boxes in cut_outs(folder):
        reference = mask_length_px(pixels > 0, boxes)
        for errors, given in ((with_boxes, boxes), (without, ())):
            dendrites = trace_dendrites(pixels, pixel_size_um=None, boxes_px=given)
            errors.append(sum(dendrite.length_px for dendrite in dendrites) / reference - 1)
    if not with_boxes:
        raise InvalidInput("The folder holds none of the pictures that the annotations beside it name.")
    return [LengthRow.of("masks, spines given", with_boxes), LengthRow.of("masks, spines not given", without)]


def _true_um(phantom: Phantom) -> float:
    return true_length_um(phantom.dendrite, side_px=len(phantom.pixels), pixel_size_um=phantom.parameters.pixel_size_um)


def _traced_um(phantom: Phantom, dendrites: Iterable[Dendrite]) -> float:
    return sum(dendrite.length_px for dendrite in dendrites) * phantom.parameters.pixel_size_um


def _agreement(made: MadeImage, traced: Sequence[Dendrite]) -> tuple[float, float]:
    """Share of the length of in-focus dendrites within a radius and a half of a trace, and the other way round."""
    scale = made.parameters.pixel_size_um
    rayleigh_um = (made.parameters.axial_fwhm_um or np.inf) / 1.287
    lines = [_dense(dendrite.points_px) for dendrite in traced]
    traces = np.concatenate([np.zeros((0, 2)), *lines])
    truth, near, focus = [], [], []
    for dendrite in made.dendrites:
        truth.append(dendrite.centreline_px)
        near.append(1.5 * dendrite.radius_um / scale + 1)
        focus.append(np.abs(dendrite.depth_um) < rayleigh_um)
    reach = np.concatenate([np.full(len(line), most) for line, most in zip(truth, near, strict=True)])
    course, sharp = np.concatenate(truth), np.concatenate(focus)
    if not len(traces):
        return 0.0, 1.0
    apart = np.hypot(course[:, None, 0] - traces[None, :, 0], course[:, None, 1] - traces[None, :, 1])
    close = apart <= reach[:, None]
    return float(close[sharp].any(axis=1).mean()), float(close.any(axis=0).mean())


def _dense(points: NDArray[np.float64]) -> NDArray[np.float64]:
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    places = np.arange(0, arc[-1], 1.0)
    return np.column_stack([np.interp(places, arc, points[:, axis]) for axis in (0, 1)])
