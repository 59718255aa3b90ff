"""How good the detector was in an experiment's own images: those whose boxes people called right, by condition."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from spines.models import Experiment, Spine, SpineSource
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_of
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.sensitivity import Detection


@while_unchanged
def detection_by_condition(experiment: Experiment, filters: ResultFilters) -> dict[str, Detection]:
    """By condition; images that nobody called right do not tell. Filters of spines do not narrow it."""
    looked_at = results_of(experiment, filters).filter(reviewed_at__isnull=False).order_by()
    condition = "analysis_image__image__cell__subject__condition__name"
    spines = Spine.objects.filter(analysis_image__in=looked_at.values("pk")).order_by()
    added = Q(source=SpineSource.ADDED)
    rows: Any = spines.values(condition).annotate(
        images=Count("analysis_image", distinct=True),
        right=Count("pk", filter=~added & Q(rejected=False)),
        wrong=Count("pk", filter=~added & Q(rejected=True)),
        missed=Count("pk", filter=added & Q(rejected=False)),
    )
    return {
        row[condition]: Detection(images=row["images"], right=row["right"], wrong=row["wrong"], missed=row["missed"])
        for row in rows
        if row[condition] is not None
    }
