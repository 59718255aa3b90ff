"""Two analyses of an experiment as one tidy table: a row a spine of either, with what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from spines.export.csv_lines import csv_lines
from spines.models import Analysis
from spines.selectors.analyses.changes import FoundSpines, compared_images

COLUMNS = (
    *("image_id", "image", "change", "class_before", "class_after"),
    *(f"{name}_{when}" for when in ("before", "after") for name in ("spine_id", "score", "x_px", "y_px")),
    *("analysis_before", "analysis_after"),
)


def changed_spines_csv(before: Analysis, after: Analysis) -> Iterator[str]:
    """CSV lines, header first, read as they are asked for. `change` is one of same, class, lost, added."""
    return csv_lines(chain([COLUMNS], _rows(before, after)))


def _rows(before: Analysis, after: Analysis) -> Iterator[tuple[Any, ...]]:
    for each in compared_images(before, after):
        reclassed = set(each.reclassed)
        pairs: list[tuple[str, int | None, int | None]] = []
        pairs += [("class" if pair in reclassed else "same", *pair) for pair in each.kept]
        pairs += [("lost", was, None) for was in each.lost]
        pairs += [("added", None, now) for now in each.added]
        for change, was, now in pairs:
            classes = (
                was if was is None else each.before.classes[was],
                now if now is None else each.after.classes[now],
            )
            cells = (*_cells(each.before, was), *_cells(each.after, now))
            yield (each.image_id, each.name, change, *classes, *cells, before.pk, after.pk)


def _cells(found: FoundSpines, at: int | None) -> tuple[Any, ...]:
    return ("", "", "", "") if at is None else (found.ids[at], found.scores[at], *found.boxes_px[at][:2])
