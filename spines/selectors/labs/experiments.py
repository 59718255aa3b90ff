"""What the home and project pages tell of experiments: a row each, counted by the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from spines.models import AnalysisImage, Experiment, Image, Project, Spine, Subject
from spines.selectors.results.standing import counted, spine_counts, standing_aside
from spines.selectors.results.unchanged import each_unchanged


def _count(rows: QuerySet[Any], group: str, of: str = "pk") -> Coalesce:
    counted = rows.filter(**{group: OuterRef("pk")}).order_by().values(group)
    number = counted.annotate(n=Count(of, distinct=True)).values("n")
    return Coalesce(Subquery(number), Value(0), output_field=IntegerField())


@dataclass(frozen=True, kw_only=True)
class SpineCounts:
    """Spines of an experiment's results that count, which nobody rejected, and how many a person gave a class."""

    counted: int
    reviewed: int


_SECOND = 1 << 32
"""Two counts in one number, so that PostgreSQL reads each spine once for both."""


def _counts_of_spines(experiments: Collection[int]) -> dict[int, SpineCounts]:
    """Summed image by image: PostgreSQL then reads `spine_counted` alone.

    Joined to their images instead, they make it read every row of the table: five times as long for a million spines.
    """
    spines = Spine.objects.filter(spine_counts(), analysis_image=OuterRef("pk")).order_by().values("analysis_image")
    reviewed = Count("analysis_image", filter=~Q(reviewed_class=""))  # of the index, and never empty
    of_image = Subquery(spines.annotate(n=Count("*") + Value(_SECOND) * reviewed).values("n"))
    results = AnalysisImage.objects.filter(counted(), image__experiment__in=experiments).order_by()
    summed: Any = results.annotate(n=of_image).values_list("image__experiment").annotate(sum=Sum("n"))
    found = {pk: divmod(int(both or 0), _SECOND) for pk, both in summed}
    counts = {pk: found.get(pk, (0, 0)) for pk in experiments}
    return {pk: SpineCounts(counted=counted, reviewed=reviewed) for pk, (reviewed, counted) in counts.items()}


def with_spines(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Give each its `SpineCounts` as `spines`: what no row changed for is not counted again."""
    rows = list(experiments)
    counts = each_unchanged([row.pk for row in rows], "spines", _counts_of_spines)
    for row in rows:
        vars(row)["spines"] = counts[row.pk]
    return rows


def with_figures(experiments: QuerySet[Experiment]) -> QuerySet[Experiment]:
    """Annotate `n_images`, `n_analysed`, `n_aside` and `n_animals`."""
    return experiments.annotate(
        n_images=_count(Image.objects.all(), "experiment"),
        n_analysed=_count(AnalysisImage.objects.filter(is_current=True), "image__experiment"),
        n_aside=_count(AnalysisImage.objects.filter(standing_aside()), "image__experiment"),
        n_animals=_count(Subject.objects.filter(cells__images__isnull=False), "experiment", of="name"),
    )


def with_experiment_count(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Annotate `n_experiments` and `n_images`."""
    return projects.annotate(
        n_experiments=_count(Experiment.objects.filter(trashed_at=None), "project"),
        n_images=_count(Image.objects.filter(experiment__trashed_at=None), "experiment__project"),
    )
