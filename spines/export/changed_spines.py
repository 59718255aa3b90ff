"""Two analyses of an experiment as one tidy table: a row a spine of either, with what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from spines.export.csv_lines import csv_lines
from spines.models import Spine
from spines.selectors.analyses.changes import Changes

COLUMNS = (
    *("image_id", "image", "change", "class_before", "class_after"),
    *(f"{name}_{when}" for when in ("before", "after") for name in ("spine_id", "score", "x_px", "y_px")),
    *("analysis_before", "analysis_after"),
)


def changed_spines_csv(changes: Changes) -> Iterator[str]:
    """CSV lines, header first. `change` is one of same, class, lost, added."""
    return csv_lines(chain([COLUMNS], _rows(changes)))


def _rows(changes: Changes) -> Iterator[tuple[Any, ...]]:
    for each in changes.images:
        pairs: list[tuple[str, Spine | None, Spine | None]] = []
        pairs += [("same" if a.final_class == b.final_class else "class", a, b) for a, b in each.kept]
        pairs += [("lost", spine, None) for spine in each.lost]
        pairs += [("added", None, spine) for spine in each.added]
        for change, was, now in pairs:
            classes = (was and was.final_class, now and now.final_class)
            analyses = (changes.before.pk, changes.after.pk)
            yield (each.image.pk, each.image.original_name, change, *classes, *_cells(was), *_cells(now), *analyses)


def _cells(spine: Spine | None) -> tuple[Any, ...]:
    return (spine.pk, spine.score, spine.x_px, spine.y_px) if spine else ("", "", "", "")
