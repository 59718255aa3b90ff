"""What was found in an experiment, in the figures that the results page puts into a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Q

from spines.models import AnalysisImage, Experiment
from spines.models.analyses import UNLIKE_ABOVE
from spines.selectors.charts import all_classes
from spines.selectors.results import CLASSES, ResultFilters, images_of, spines_of


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Totals under the filters, classes apart, and how far they can be trusted."""

    spines: int
    images: int
    animals: int
    conditions: int
    by_class: dict[str, int]
    reviewed: int
    images_without_animal: int
    images_calibrated: int
    images_unlike: int
    """Unlike those that the networks were trained on."""
    images_without_result: int
    """Of the whole experiment, whatever the filters."""


def findings_of(experiment: Experiment, filters: ResultFilters) -> Findings:
    """Count. A class in the filters does not narrow the totals: they are what its share is a share of."""
    filters = all_classes(filters)
    by_class = dict.fromkeys(CLASSES, 0)
    found = spines_of(experiment, filters)
    by_class.update(found.order_by().values_list("final_class").annotate(n=Count("pk")))
    images = images_of(experiment, filters).aggregate(
        images=Count("pk", distinct=True),
        animals=Count("cell__subject", distinct=True),
        conditions=Count("cell__subject__condition", distinct=True),
        images_without_animal=Count("pk", filter=Q(cell=None), distinct=True),
        images_calibrated=Count("pk", filter=Q(pixel_size_um__isnull=False), distinct=True),
        images_unlike=Count(
            "pk", filter=Q(results__is_current=True, results__unlikeness__gt=UNLIKE_ABOVE), distinct=True
        ),
    )
    return Findings(
        spines=sum(by_class.values()),
        by_class=by_class,
        reviewed=found.exclude(reviewed_class="").count(),
        images_without_result=experiment.images.exclude(results__is_current=True).count(),
        **images,
    )


@dataclass(frozen=True, kw_only=True)
class MadeBy:
    """One pair of networks and one software version behind the shown results, and over how many images."""

    detector: str
    detector_id: int
    classifier: str
    classifier_id: int
    software_version: str
    uncertain_below: float | None
    images: int
    first_at: Any
    last_at: Any


def made_by(experiment: Experiment, filters: ResultFilters) -> list[MadeBy]:
    """Which networks made the shown results; more than one row means that figures mix versions."""
    prefix = "analysis__"
    fields: tuple[str, ...] = ("detector", "detector__name", "detector__version")
    fields += ("classifier", "classifier__name", "classifier__version", "classifier__card__uncertain_below")
    rows = (
        AnalysisImage.objects.filter(is_current=True, image__in=images_of(experiment, filters))
        .order_by()
        .values_list(*(f"{prefix}{name}" for name in fields), f"{prefix}software_version")
        .annotate(images=Count("pk"), first_at=Min("finished_at"), last_at=Max("finished_at"))
        .order_by("-last_at")
    )
    return [
        MadeBy(
            detector=f"{d_name} {d_version}",
            detector_id=d_id,
            classifier=f"{c_name} {c_version}",
            classifier_id=c_id,
            uncertain_below=float(below) if below is not None else None,
            software_version=software,
            images=images,
            first_at=first_at,
            last_at=last_at,
        )
        for d_id, d_name, d_version, c_id, c_name, c_version, below, software, images, first_at, last_at in rows
    ]
