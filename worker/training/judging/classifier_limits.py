"""What a classifier is not shown to do, told by what this one was trained and judged on. No TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spines.vocabulary.numbers import listed
from worker.inference.card import SPINE_CLASSES
from worker.training.data.sources import TrainingData
from worker.training.data.windows import LabelledSpine, class_counts, spines_of
from worker.training.judging.lineage import named

EXPERTS = (
    "Experts agree little on these classes: eight of them agreed pairwise on 60 % of 330 spines (SpineTool). "
    "A class is an opinion with a probability."
)
"""Of the classes and not of a network, so that it is the same on every card."""
FEW = 20


@dataclass(frozen=True, kw_only=True)
class Taught:
    """What one source taught: its spines of the four classes, their sides, and boxes of other classes."""

    name: str
    spines: Sequence[LabelledSpine]
    sides_px: Sequence[float]
    """Root of a box's area in pixels of the reference scale, 0.1 µm where a pixel size is known."""
    others: Counter[str]
    is_sized: bool
    """Whether all its pictures state a pixel size."""


def taught_by(data: TrainingData) -> list[Taught]:
    """The sources with classes that have a training part."""
    found = []
    for source in data.sources:
        if not source.has_classes or not (images := data.images(source, "train")):
            continue
        spines = spines_of(images, source)
        others = Counter(name for image in images for name in image.classes if name not in SPINE_CLASSES)
        found.append(
            Taught(
                name=source.name or source.folder,
                spines=spines,
                sides_px=[
                    float(np.sqrt(np.prod(spine.sides_px))) * source.box_factor / spine.px_per_reference_px
                    for spine in spines
                ],
                others=others,
                is_sized=all(image.pixel_size_um is not None for image in images),
            )
        )
    return found


def limits_of(
    taught: Sequence[Taught],
    judged: Sequence[LabelledSpine],
    *,
    part: str,
    window_px: float,
    has_made: bool,
    beginning: Mapping[str, Any] | None,
    figures: Mapping[str, Any],
    kept_because: str = "",
) -> list[str]:
    """The limits of a card, a sentence or two each.

    Parameters
    ----------
    judged : the spines of the part that the figures are given for.
    window_px : side of the window in pixels of the reference scale.
    beginning : the card of the network that the training went on from.
    figures : of the card; those of calling are quoted.
    kept_because : why temperature and uncertain threshold are the earlier network's; empty where they were fitted.
    """
    limits = [EXPERTS, _seen(taught, has_made=has_made, beginning=beginning), _sizes(taught, window_px)]
    if none := [f"{listed(_numbered(each.others))} of {each.name}" for each in taught if each.others]:
        limits.append(
            f"Of none of the four classes, and not learnt from: {'; '.join(none)}. Spines like these are given the "
            "class that they resemble most."
        )
    if few := _numbered({name: n for name, n in _counts(taught).items() if n < FEW}):
        limits.append(f"Learnt from only {listed(few)} marked by people" + (", and from made ones." * has_made or "."))
    if rare := _numbered({name: n for name, n in class_counts(judged).items() if n < FEW}):
        limits.append(f"The {part} part has only {listed(rare)}: their figures are rough.")
    called, right = figures.get(f"{part} called share"), figures.get(f"{part} called accuracy")
    if called is not None and right is not None:
        limits.append(
            f"On the {part} part it is certain of {100 * called:.0f} % of the spines, and right in {100 * right:.0f} % "
            "of those; the others count as uncertain."
        )
    if kept_because:
        return [*limits, kept_because]
    fitted = "Temperature and uncertain threshold were fitted on the val part"
    limits.append(
        f"{fitted}, which the figures are given for too: they are a little too good." if part == "val" else f"{fitted}."
    )
    return limits


def _seen(taught: Sequence[Taught], *, has_made: bool, beginning: Mapping[str, Any] | None) -> str:
    parts = [f"{len(each.spines):,} spines of {each.name}" for each in taught] + ["made images"] * has_made
    seen = f"Trained on {listed(parts)}" if parts else "Trained on nothing with classes"
    if beginning is not None:
        seen += f", going on from {named(beginning)}, whose limits hold besides"
    return f"{seen}: other microscopes, stains and preparations are untested."


def _sizes(taught: Sequence[Taught], window_px: float) -> str:
    sides = [side for each in taught for side in each.sides_px]
    if not sides:
        return f"The window is fixed, {window_px:g} px at 0.1 µm a pixel; no spine marked by people was shown in it."
    low, high = np.percentile(sides, [2.5, 97.5])
    said = (
        f"The window is fixed, {window_px:g} px at 0.1 µm a pixel, and showed spines of {low:.0f} to {high:.0f} px "
        "(95 % of them): smaller and larger ones are unlike its training."
    )
    if unsized := [each.name for each in taught if not each.is_sized]:
        said += f" {listed(unsized)}: not every picture states a pixel size, and 0.1 µm is assumed there."
    return said


def _counts(taught: Sequence[Taught]) -> dict[str, int]:
    return class_counts([spine for each in taught for spine in each.spines])


def _numbered(counts: Mapping[str, int]) -> list[str]:
    return [f"{n:,} {name}" for name, n in counts.items()]
