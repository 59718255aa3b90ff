"""The box that the detector kept under a place: one below the threshold, which a click makes a spine."""

from __future__ import annotations

from spines.models import AnalysisImage
from spines.services.analyses.candidates import Box, read_candidates


def candidate_at(result: AnalysisImage, x_px: float, y_px: float) -> Box | None:
    """The candidate whose box holds the place and whose middle is nearest to it; None where there is none."""
    held = []
    for row in read_candidates(result):
        left, top, width, height = row.box_px
        if left <= x_px <= left + width and top <= y_px <= top + height:
            held.append((abs(left + width / 2 - x_px) + abs(top + height / 2 - y_px), row.box_px))
    return min(held)[1] if held else None
