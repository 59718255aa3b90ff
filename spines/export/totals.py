"""Spines, lengths, densities and mean measures summed over dendrites: the columns that images and animals share."""

from __future__ import annotations

from typing import Any

from django.db.models import Avg, Count, Q, QuerySet, Sum

from spines.export.dictionary import DENSITIES
from spines.models import AnalysisImage, Dendrite, Spine
from spines.selectors.results import CLASSES
from spines.vocabulary.densities import columns
from spines.vocabulary.measures import MEASURES

_STANDING = Q(rejected=False)
_COUNTED = Q(dendrite__length_um__isnull=False)


def totals_by(results: QuerySet[AnalysisImage], group: str) -> dict[Any, dict[str, Any]]:
    """Totals of each group, by its key, summed by the database.

    Parameters
    ----------
    results
        The results that count.
    group
        Lookup from a result, such as `image` or `image__cell__subject`.
    """
    by = f"analysis_image__{group}"
    empty = {name: None if name.startswith("mean_") else 0 for name in _AGGREGATES}
    totals: dict[Any, dict[str, Any]] = {}
    spines = Spine.objects.filter(_STANDING, analysis_image__in=results).order_by().values(by)
    for row in spines.annotate(**_AGGREGATES):
        totals[row.pop(by)] = row
    dendrites = Dendrite.objects.filter(analysis_image__in=results).order_by().values_list(by)
    for key, n, length_um in dendrites.annotate(Count("pk"), Sum("length_um")):
        totals.setdefault(key, dict(empty)).update(dendrites=n, dendrite_length_um=length_um)
    for key in results.order_by().values_list(group, flat=True).distinct():
        totals.setdefault(key, dict(empty))
    return {key: _with_densities(row) for key, row in totals.items()}


_AGGREGATES = {
    "spines": Count("pk"),
    **{name: Count("pk", filter=Q(final_class=name)) for name in CLASSES},
    "spines_on_dendrites": Count("pk", filter=_COUNTED),
    **{f"on_{name}": Count("pk", filter=_COUNTED & Q(final_class=name)) for name in CLASSES},
    "measured_spines": Count("length_um"),
    "spines_with_neck": Count("neck_length_um"),
    "spines_with_neck_width": Count("neck_width_um"),
    **{f"mean_{name}": Avg(name) for name in MEASURES},
}


def _with_densities(row: dict[str, Any]) -> dict[str, Any]:
    row.setdefault("dendrites", 0)
    length_um = row.setdefault("dendrite_length_um", None)
    return row | dict(columns({name: row[f"on_{name}"] for name in CLASSES}, length_um, DENSITIES))
