"""The tidy table of dendrites: length, spines on each by class, densities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from spines.export.dictionary import tables_of
from spines.export.shared_columns import densities_of
from spines.export.spine_table import ROWS_AT_A_TIME, made_by_lookups, place_lookups
from spines.models import AnalysisImage, Dendrite
from spines.vocabulary.classes import DEFAULT, ClassSet
from spines.vocabulary.densities import columns

_IMAGE = "analysis_image__image__"
_LOOKUPS = {
    **place_lookups(_IMAGE),
    **made_by_lookups("analysis_image__"),
    "spines": "density__spines",
    "by_class": "density__by_class",
    "dendrite_id": "pk",
    "dendrite_number": "number",
}


def dendrite_rows(results: QuerySet[AnalysisImage], classes: ClassSet = DEFAULT) -> Iterator[tuple[Any, ...]]:
    """The table's rows in the order of `dictionary.DENDRITES`, of these results, so many in memory at a time."""
    header, of = tables_of(classes).dendrites.header, densities_of(classes)
    made_here = {*dict(columns({}, None, of)), *classes.counted}
    wanted = {name: _LOOKUPS.get(name, name) for name in (*header, "by_class") if name not in made_here}
    dendrites = (
        Dendrite.objects.filter(analysis_image__in=results)
        .order_by(f"{_IMAGE}original_name", f"{_IMAGE}pk", "number")
        .values_list(*wanted.values())
    )
    for read in dendrites.iterator(chunk_size=ROWS_AT_A_TIME):
        row = dict(zip(wanted, read, strict=True))
        row |= {name: row["by_class"].get(name, 0) for name in classes.counted}
        row |= columns({name: row[name] for name in classes.counted}, row["length_um"], of)
        yield tuple(row[name] for name in header)
