"""The tidy tables of images, of cells and of animals: what was found in each, summed over its dendrites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet

from spines.export.columns import Table
from spines.export.dictionary import tables_of
from spines.export.spine_table import ROWS_AT_A_TIME, made_by_lookups, place_lookups
from spines.export.totals import totals_by
from spines.models import AnalysisImage
from spines.selectors.results.standing import reason_of
from spines.vocabulary.classes import DEFAULT, ClassSet

_OF_IMAGE = {
    **place_lookups("image__"),
    **made_by_lookups(""),
    **{name: f"image__{name}" for name in ("folder", "width_px", "height_px", "pixel_size_source", "standing_reason")},
}
SCALE_FIELDS = ("scale_pixel_um", "scale_source", "scale_sureness", "seen_pixel_um", "scale_doubt")
_OF_RESULT = (
    "channel",
    "projection",
    "plane",
    "polarity",
    *SCALE_FIELDS,
    "unlikeness",
    "brightness",
    "noise",
    "grade",
    "reviewed_at",
    "dendrites_edited_at",
)


def image_rows(results: QuerySet[AnalysisImage], classes: ClassSet = DEFAULT) -> Iterator[tuple[Any, ...]]:
    """The rows of `dictionary.IMAGES`: the image of each of these results, whether it counts or stands aside."""
    lookups = _OF_IMAGE | {name: name for name in (*_OF_RESULT, "counted", "stands_aside")}
    said = results.annotate(stands_aside=reason_of()).annotate(
        counted=ExpressionWrapper(Q(stands_aside=""), BooleanField())
    )
    rows = said.order_by("image__original_name", "image__pk").values_list(*lookups.values())
    yield from _joined(tables_of(classes).images, lookups, rows, totals_by(results, "image", classes))


def cell_rows(results: QuerySet[AnalysisImage], classes: ClassSet = DEFAULT) -> Iterator[tuple[Any, ...]]:
    """The rows of `dictionary.CELLS`: the neurons of these results; images that nobody placed are in none."""
    table = tables_of(classes).cells
    rows = _placed(results, table, "image__cell__name", "image__cell").annotate(images=Count("pk"))
    yield from _joined(table, [*_lookups(table), "images"], rows, totals_by(results, "image__cell", classes))


def animal_rows(results: QuerySet[AnalysisImage], classes: ClassSet = DEFAULT) -> Iterator[tuple[Any, ...]]:
    """The rows of `dictionary.ANIMALS`: the animals of these results; images without one are in none."""
    table = tables_of(classes).animals
    cells = Count("image__cell", distinct=True)
    rows = _placed(results, table).annotate(cells=cells, images=Count("pk"))
    totals = totals_by(results, "image__cell__subject", classes)
    yield from _joined(table, [*_lookups(table), "cells", "images"], rows, totals)


def _lookups(table: Table) -> dict[str, str]:
    return {name: lookup for name, lookup in _OF_IMAGE.items() if name in table.header}


def _placed(results: QuerySet[AnalysisImage], table: Table, *last: str) -> QuerySet[Any, Any]:
    """The table's columns of where rows belong, by condition, animal and `last`."""
    subject = "image__cell__subject"
    order = (f"{subject}__condition__position", f"{subject}__name", subject, *last)
    return results.exclude(image__cell=None).order_by(*order).values_list(*_lookups(table).values())


def _joined(table: Table, names: Any, rows: QuerySet[Any, Any], totals: dict[Any, dict[str, Any]]) -> Iterator[Any]:
    for read in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        row = dict(zip(names, read, strict=True))
        row |= totals[row[table.key]]
        yield tuple(row[name] for name in table.header)
