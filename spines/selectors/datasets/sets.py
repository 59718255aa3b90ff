"""What an imported set shows: how large its spines are to the networks, how boxes were drawn, what its parts hold."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import Any

from spines.errors import Conflict
from spines.models import ImportedSet
from spines.storage.kept import kept
from spines.training_sets.splitting import grouped
from spines.training_sets.types import NO_CLASS, OTHER_CLASS
from spines.vocabulary.classes import NETWORK_KEYS

KNOWN_PX = (8, 30)
"""Sides of spines that the networks know, in pixels of 0.1 µm."""
REFERENCE_UM = 0.1
USUAL_SIDE_PX = 13.0
LOOSE_BOX_PX = 17.0
"""Side, in pixels of 0.1 µm, from which on boxes are told to be loose: a training measures it by its network."""
ALIKE_BOXES = 0.8
"""Share of boxes of one size from which on they are taken for clicked points."""


SHRUNK = (
    "where the network that a detector's training goes on from draws smaller boxes around the same spines, these are "
    "shrunk to them while it trains"
)


@dataclass(frozen=True, kw_only=True)
class SetFacts:
    """What a set shows.

    `side_px` is the median side of the boxes of its spines in its pictures, `shown_px` that at the scale at which a
    training shows them; None without a spine. `groups` counts independent groups by part, "" for pictures without one;
    `others` the spines of no network's class.
    """

    side_px: float | None
    shown_px: float | None
    states_size: bool
    needs_scale: bool
    advice: str
    boxes: str
    groups: dict[str, int]
    others: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A set's truth in short: for each picture its longer side, pixel size and median side of a box."""

    pictures: tuple[tuple[int, float | None, float | None], ...]
    usual_box: tuple[float, float, float] | None  # width, height, share of all boxes
    groups: dict[str, int]


def set_facts(imported: ImportedSet) -> SetFacts:
    """Read what a set shows. Raises Conflict when its files are gone."""
    truth = _read(imported.path)
    sides = [side for _, _, side in truth.pictures if side is not None]
    shown = [
        side * imported.box_factor * _enlargement(imported, longest, own_um)
        for longest, own_um, side in truth.pictures
        if side is not None
    ]
    side_px = imported.box_factor * median(sides) if sides else None
    shown_px = median(shown) if shown else None
    states_size = imported.pixel_size_um is not None or all(um for _, um, _ in truth.pictures)
    is_known = shown_px is None or KNOWN_PX[0] <= shown_px <= KNOWN_PX[1]
    return SetFacts(
        side_px=side_px,
        shown_px=shown_px,
        states_size=states_size,
        needs_scale=not is_known,
        advice=_advice(imported, side_px, shown_px, states_size=states_size, is_known=is_known),
        boxes=_boxes(imported, truth, shown_px if states_size else None),
        groups=truth.groups,
        others={name: n for name in (OTHER_CLASS, NO_CLASS) if (n := imported.counts.get(name, 0))},
    )


def facts_or_none(imported: ImportedSet) -> SetFacts | None:
    """What a set shows, None where its files are gone."""
    try:
        return set_facts(imported)
    except Conflict:
        return None


def _enlargement(imported: ImportedSet, longest_px: int, own_um: float | None) -> float:
    """Pixels of the reference scale to one of a picture, as a training takes it."""
    if pixel_size_um := own_um or imported.pixel_size_um:
        return pixel_size_um / REFERENCE_UM
    if imported.spine_side_px:
        return USUAL_SIDE_PX / imported.spine_side_px
    return (imported.reference_side_px or longest_px) / longest_px


def _advice(
    imported: ImportedSet, side_px: float | None, shown_px: float | None, *, states_size: bool, is_known: bool
) -> str:
    if side_px is None or shown_px is None:
        return ""
    low, high = KNOWN_PX
    here = f"Boxes here are about {side_px:.0f} px"
    if states_size or imported.spine_side_px:
        at = f"{here}, {shown_px:.0f} px at the scale of the network, which knows {low} to {high}"
        if is_known:
            return f"{at}."
        return f"{at}: what is stated of the scale, or the boxes, may be wrong. Check it before anything is trained."
    if is_known:
        return f"{here}, and the network knows {low} to {high}. State the pixel size all the same where it is known."
    return (
        f"{here}, the network knows {low} to {high}: give the pixel size, or how large a spine is. Without it more is "
        "lost than any training brings."
    )


def _boxes(imported: ImportedSet, truth: _Read, shown_px: float | None) -> str:
    if truth.usual_box is None or truth.usual_box[2] < ALIKE_BOXES:
        if shown_px is None or shown_px < LOOSE_BOX_PX or imported.box_factor < 1:
            return "drawn around each spine"
        return (
            f"drawn around each spine, {shown_px:.0f} px wide at the scale of the network, whose own are mostly "
            f"{USUAL_SIDE_PX:.0f}: {SHRUNK}"
        )
    width, height, share = truth.usual_box
    said = f"{share:.0%} are of one size, {width:.0f} × {height:.0f} px, as where spines are clicked: centres teach"
    if imported.box_factor == 1:
        return f"{said}, sizes do not; {SHRUNK}"
    return f"{said}; they are shrunk to {imported.box_factor:g} of their sides."


@lru_cache(maxsize=64)
def _read(path: str) -> _Read:
    """A path names its content, so it is read once."""
    truth: dict[str, Any] = json.loads(kept(f"{path}/truth.json"))
    pictures, sizes = [], Counter[tuple[float, float]]()
    for each in truth["pictures"]:
        sides = [(box[2] * box[3]) ** 0.5 for box in each["boxes"]]
        sizes.update((round(box[2]), round(box[3])) for box in each["boxes"])
        longest = max(each["width_px"], each["height_px"])
        pictures.append((longest, each["pixel_size_um"], median(sides) if sides else None))
    names = grouped([[f"picture:{each['file']}", *each["keys"]] for each in truth["pictures"]])
    parts = [each["part"] for each in truth["pictures"]]
    together = sorted(set(zip(parts, names, strict=True)))
    usual = sizes.most_common(1)
    return _Read(
        pictures=tuple(pictures),
        usual_box=(*usual[0][0], usual[0][1] / sizes.total()) if usual else None,
        groups=dict(Counter(part for part, _ in together)),
    )


def classes_of(imported: ImportedSet) -> list[tuple[str, int]]:
    """Spines of each class of the networks."""
    return [(name, imported.counts.get(name, 0)) for name in NETWORK_KEYS]
