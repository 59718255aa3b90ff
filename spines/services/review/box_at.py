"""The box that the detector kept under a place: one below the threshold, which a click makes a spine."""

from __future__ import annotations

from collections.abc import Sequence

from spines.models import AnalysisImage
from spines.services.analyses.candidates import Box, read_candidates


def candidate_at(result: AnalysisImage, x_px: float, y_px: float) -> Box | None:
    """The candidate that a place chooses; None where there is none."""
    return held_at([(row.box_px, row.score) for row in read_candidates(result)], x_px, y_px)


def held_at(boxes: Sequence[tuple[Box, float]], x_px: float, y_px: float) -> Box | None:
    """Of boxes (x, y, width, height) with scores, the best that holds the place; of equals the nearest by its middle.

    The nearest alone fits worse (docs/benchmarks.md): boxes of low scores lie about a spine in all sizes.
    """
    held = []
    for box, score in boxes:
        left, top, width, height = box
        if left <= x_px <= left + width and top <= y_px <= top + height:
            held.append((score, -abs(left + width / 2 - x_px) - abs(top + height / 2 - y_px), box))
    return max(held)[2] if held else None
