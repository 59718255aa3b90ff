"""Figures of a picture that is made by formula alone: what `spines.measure.versions` stands for.

After a change of tracing or measures that moves them, raise its number there and run
`python -m tests.domain.golden_measures`, which writes the new figures beside this file. It refuses to while the number
is the old one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.measure.image import remeasure
from spines.measure.rules import RULE_PRESETS, rule_class
from spines.measure.tracing import trace_dendrites
from spines.measure.types import Box, Dendrite, SpineMeasures
from spines.measure.versions import MEASURES_VERSION, TRACING_VERSION

FILE = Path(__file__).with_name("golden_measures.json")
PIXEL_SIZE_UM = 0.08
VERSIONS = {"tracing": TRACING_VERSION, "measures": MEASURES_VERSION}

# Base on the shaft (x), side, length of the neck, radius of the head, in pixels: mushrooms, thin ones, stubby ones.
_SPINES = (
    (40, 1, 14, 5.0),
    (66, -1, 17, 3.0),
    (95, 1, 3, 4.5),
    (126, -1, 12, 5.5),
    (160, 1, 20, 2.6),
    (166, -1, 4, 4.0),
)
_SHAFT_RADIUS_PX = 6.0
_SHAPE = (140, 220)


def _shaft_y(x: NDArray[Any] | float) -> NDArray[Any]:
    return 70 + 8 * np.sin(np.asarray(x, float) / 50)


def picture() -> tuple[NDArray[np.uint16], list[Box]]:
    """A bent shaft with six spines, blurred as by a microscope, without noise; and the spines' boxes."""
    y, x = np.mgrid[: _SHAPE[0], : _SHAPE[1]].astype(float)
    plane = np.exp(-(((y - _shaft_y(x)) / _SHAFT_RADIUS_PX) ** 4))
    boxes: list[Box] = []
    for base_x, side, neck_px, radius_px in _SPINES:
        base_y = float(_shaft_y(base_x))
        tip_y = base_y + side * (_SHAFT_RADIUS_PX + neck_px)
        neck = np.exp(-(((x - base_x) / 1.8) ** 2)) * ((y - base_y) * side >= 0) * ((y - tip_y) * side <= 0)
        head = np.exp(-((np.hypot(x - base_x, y - tip_y) / radius_px) ** 4))
        plane = np.maximum(plane, np.maximum(0.55 * neck, 0.85 * head))
        side_px = 2 * radius_px + 6
        boxes.append((base_x - side_px / 2, tip_y - side_px / 2, side_px, side_px))
    return (200 + 3000 * plane).astype(np.uint16), boxes


def figures() -> dict[str, Any]:
    """What tracing finds, and what is measured on dendrites that do not come from it."""
    plane, boxes = picture()
    along = np.linspace(4, _SHAPE[1] - 5, 60)
    shaft = Dendrite(points_px=np.column_stack([along, _shaft_y(along)]), radius_px=np.full(60, _SHAFT_RADIUS_PX))
    measured = remeasure(plane, boxes, [shaft], pixel_size_um=PIXEL_SIZE_UM).spines
    traced = trace_dendrites(plane, pixel_size_um=PIXEL_SIZE_UM, boxes_px=boxes)
    return {
        "tracing": [
            [line.length_px, *line.points_px[0], *line.points_px[-1], line.radius_px.mean()] for line in traced
        ],
        "measures": [_of(spine) for spine in measured],
    }


def _of(spine: SpineMeasures) -> list[Any]:
    names = ("length_um", "head_width_um", "neck_width_um", "neck_length_um", "area_um2", "intensity_ratio")
    outline = spine.outline_px
    seat = spine.seat
    return [
        spine.quality.value,
        *(getattr(spine, name) for name in names),
        None if outline is None else float(np.abs(outline).mean()),
        None if seat is None else float(seat.position_px),
        *(rule_class(preset, spine) for preset in RULE_PRESETS),
    ]


def golden() -> dict[str, Any]:
    """The versions and the figures that were written last."""
    told: dict[str, Any] = json.loads(FILE.read_text())
    return told


def _write() -> None:
    now: dict[str, Any] = json.loads(json.dumps(figures()))
    for name, before in (golden() if FILE.exists() else {}).items():
        if before["version"] == VERSIONS[name] and before["figures"] != now[name]:
            raise SystemExit(f"Figures of {name} changed: raise its number in spines/measure/versions.py first.")
    told = {name: {"version": version, "figures": now[name]} for name, version in VERSIONS.items()}
    FILE.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    _write()
