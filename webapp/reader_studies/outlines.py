"""Outlines of a closed study as they are drawn over their spines, the least alike first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from spines.models import ReaderStudy, StudyItem
from spines.statistics.marks_agreement import dice
from webapp.reader_studies.turned import shown_of


@dataclass(frozen=True, kw_only=True)
class DrawnOutlines:
    """One spine: whose outline has which points, as SVG takes them, and how alike they are on average."""

    item: StudyItem
    side_px: float
    outlines: list[tuple[str, str]]
    alike: float


def divided_outlines(study: ReaderStudy) -> list[DrawnOutlines]:
    """Those that two raters or more outlined."""
    found = []
    items = study.items.filter(again_of=None).select_related("image", "study")
    for item in items.prefetch_related("answers__rater__user"):
        drawn = [
            (answer.rater.user.get_full_name() or answer.rater.user.get_username(), answer.marks[0]["outline_px"])
            for answer in item.answers.all()
            if answer.is_done and answer.marks
        ]
        if len(drawn) < 2:
            continue
        alike = [dice(np.array(one, float), np.array(two, float)) for (_, one), (_, two) in combinations(drawn, 2)]
        shown = shown_of(item)
        points = [(name, _points([shown.place((x, y)) for x, y in outline])) for name, outline in drawn]
        found.append(DrawnOutlines(item=item, side_px=shown.width_px, outlines=points, alike=float(np.mean(alike))))
    return sorted(found, key=lambda each: each.alike)


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
