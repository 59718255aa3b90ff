"""What the home and project pages tell of experiments: a row each, counted by the database."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from spines.models import AnalysisImage, AnalysisStatus, Experiment, Image, Project, Spine, Subject
from spines.selectors.results.standing import counted, spine_counts, standing_aside


def _count(rows: QuerySet[Any], group: str, of: str = "pk") -> Coalesce:
    counted = rows.filter(**{group: OuterRef("pk")}).order_by().values(group)
    number = counted.annotate(n=Count(of, distinct=True)).values("n")
    return Coalesce(Subquery(number), Value(0), output_field=IntegerField())


def _count_of_spines(where: Q | None = None) -> Coalesce:
    """Spines of an experiment's results that count, summed image by image: PostgreSQL then reads `spine_counted` alone.

    Joined to their images instead, they make it read every row of the table: five times as long for a million spines.
    """
    spines = Spine.objects.filter(where or Q(), analysis_image=OuterRef("pk")).filter(spine_counts()).order_by()
    of_image = Subquery(spines.values("analysis_image").annotate(n=Count("*")).values("n"))
    results = AnalysisImage.objects.filter(counted(), image__experiment=OuterRef("pk")).order_by()
    summed = results.annotate(n=of_image).values("image__experiment").annotate(sum=Sum("n")).values("sum")
    return Coalesce(Subquery(summed), Value(0), output_field=IntegerField())


def with_figures(experiments: QuerySet[Experiment]) -> QuerySet[Experiment]:
    """Annotate `n_images`, `n_analysed`, `n_aside`, `n_animals`, `n_spines`, `n_reviewed`.

    Spines are those of results that count, which nobody rejected; reviewed are those that a person gave a class.
    """
    return experiments.annotate(
        n_images=_count(Image.objects.all(), "experiment"),
        n_analysed=_count(AnalysisImage.objects.filter(is_current=True), "image__experiment"),
        n_aside=_count(AnalysisImage.objects.filter(standing_aside()), "image__experiment"),
        n_animals=_count(Subject.objects.filter(cells__images__isnull=False), "experiment", of="name"),
        n_spines=_count_of_spines(),
        n_reviewed=_count_of_spines(~Q(reviewed_class="")),
    )


def with_experiment_count(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Annotate `n_experiments` and `n_images`."""
    return projects.annotate(
        n_experiments=_count(Experiment.objects.filter(trashed_at=None), "project"),
        n_images=_count(Image.objects.filter(experiment__trashed_at=None), "experiment__project"),
    )


def failed_images(results: QuerySet[AnalysisImage]) -> QuerySet[AnalysisImage]:
    """Images whose latest result is a failure, newest first."""
    newer = AnalysisImage.objects.filter(image=OuterRef("image"), analysis_id__gt=OuterRef("analysis_id"))
    return (
        results.filter(~Exists(newer), status=AnalysisStatus.FAILED)
        .select_related("image__experiment__project__lab")
        .order_by("-finished_at", "-pk")
    )
