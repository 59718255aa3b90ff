"""Spines, lengths, densities and mean measures summed over dendrites: the columns that images and animals share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet, Sum

from spines.export.shared_columns import densities_of
from spines.models import AnalysisImage, Dendrite, Spine
from spines.selectors.results.standing import spine_counts
from spines.vocabulary.classes import DEFAULT, ClassSet
from spines.vocabulary.densities import columns
from spines.vocabulary.measures import LENGTH, MEASURES, NECK_LENGTH, NECK_WIDTH

_COUNTED = Q(dendrite__length_um__isnull=False)


def totals_by(results: QuerySet[AnalysisImage], group: str, classes: ClassSet = DEFAULT) -> dict[Any, dict[str, Any]]:
    """Totals of each group, by its key, summed by the database.

    Parameters
    ----------
    results
        The results that count.
    classes
        What their spines are sorted into.
    group
        Lookup from a result, such as `image` or `image__cell__subject`.
    """
    by = f"analysis_image__{group}"
    aggregates = _aggregates(classes.counted)
    empty = {name: None if name.startswith("mean_") else 0 for name in aggregates}
    totals: dict[Any, dict[str, Any]] = {}
    spines = Spine.objects.filter(spine_counts(), analysis_image__in=results).order_by().values(by)
    for row in spines.annotate(**aggregates):
        totals[row.pop(by)] = row
    dendrites = Dendrite.objects.filter(analysis_image__in=results).order_by().values_list(by)
    for key, n, length_um in dendrites.annotate(Count("pk"), Sum("length_um")):
        totals.setdefault(key, dict(empty)).update(dendrites=n, dendrite_length_um=length_um)
    for key in results.order_by().values_list(group, flat=True).distinct():
        totals.setdefault(key, dict(empty))
    return {key: _with_densities(row, classes) for key, row in totals.items()}


def _aggregates(classes: Sequence[str]) -> dict[str, Any]:
    return {
        "spines": Count("pk"),
        **{name: Count("pk", filter=Q(final_class=name)) for name in classes},
        "spines_on_dendrites": Count("pk", filter=_COUNTED),
        **{f"on_{name}": Count("pk", filter=_COUNTED & Q(final_class=name)) for name in classes},
        "measured_spines": Count(LENGTH.key),
        "spines_with_neck": Count(NECK_LENGTH.key),
        "spines_with_neck_width": Count(NECK_WIDTH.key),
        **{f"mean_{name}": Avg(name) for name in MEASURES},
    }


def _with_densities(row: dict[str, Any], classes: ClassSet) -> dict[str, Any]:
    row.setdefault("dendrites", 0)
    length_um = row.setdefault("dendrite_length_um", None)
    return row | dict(columns({name: row[f"on_{name}"] for name in classes.counted}, length_um, densities_of(classes)))
