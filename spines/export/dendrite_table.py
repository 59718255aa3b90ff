"""The tidy table of dendrites: length, spines on each by class, densities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from spines.export.dictionary import DENDRITES, DENSITIES
from spines.export.spine_table import ROWS_AT_A_TIME, made_by_lookups, place_lookups
from spines.models import AnalysisImage, Dendrite
from spines.selectors.results import CLASSES
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
_DENSITIES = dict(columns({}, None, DENSITIES))
_READ = {
    name: _LOOKUPS.get(name, name)
    for name in (*DENDRITES.header, "by_class")
    if name not in _DENSITIES and name not in CLASSES
}


def dendrite_rows(results: QuerySet[AnalysisImage]) -> Iterator[tuple[Any, ...]]:
    """The table's rows in the order of `dictionary.DENDRITES`, of these results, so many in memory at a time."""
    dendrites = (
        Dendrite.objects.filter(analysis_image__in=results)
        .order_by(f"{_IMAGE}original_name", f"{_IMAGE}pk", "number")
        .values_list(*_READ.values())
    )
    for read in dendrites.iterator(chunk_size=ROWS_AT_A_TIME):
        row = dict(zip(_READ, read, strict=True))
        row |= {name: row["by_class"].get(name, 0) for name in CLASSES}
        row |= columns({name: row[name] for name in CLASSES}, row["length_um"], DENSITIES)
        yield tuple(row[name] for name in DENDRITES.header)
