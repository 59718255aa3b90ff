"""What the home and project pages tell of experiments: a row each, counted by the database."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from spines.models import AnalysisImage, AnalysisStatus, Experiment, Image, Project, Spine, Subject


def _count(rows: QuerySet[Any], group: str, where: Q | None = None) -> Coalesce:
    counted = rows.filter(**{group: OuterRef("pk")}).order_by().values(group)
    number = counted.annotate(n=Count("pk", filter=where, distinct=True)).values("n")
    return Coalesce(Subquery(number), Value(0), output_field=IntegerField())


def with_figures(experiments: QuerySet[Experiment]) -> QuerySet[Experiment]:
    """Annotate `n_images`, `n_analysed`, `n_animals`, `n_spines`, `n_reviewed`.

    Spines are those of current results that nobody rejected; reviewed are those that a person gave a class.
    """
    current = Spine.objects.filter(analysis_image__is_current=True, rejected=False)
    experiment_of_spine = "analysis_image__image__experiment"
    return experiments.annotate(
        n_images=_count(Image.objects.all(), "experiment"),
        n_analysed=_count(AnalysisImage.objects.filter(is_current=True), "image__experiment"),
        n_animals=_count(Subject.objects.filter(cells__images__isnull=False), "experiment"),
        n_spines=_count(current, experiment_of_spine),
        n_reviewed=_count(current, experiment_of_spine, ~Q(reviewed_class="")),
    )


def with_experiment_count(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Annotate `n_experiments` and `n_images`."""
    return projects.annotate(
        n_experiments=_count(Experiment.objects.all(), "project"),
        n_images=_count(Image.objects.all(), "experiment__project"),
    )


def failed_images(results: QuerySet[AnalysisImage]) -> QuerySet[AnalysisImage]:
    """Images whose latest result is a failure, newest first."""
    newer = AnalysisImage.objects.filter(image=OuterRef("image"), analysis_id__gt=OuterRef("analysis_id"))
    return (
        results.filter(~Exists(newer), status=AnalysisStatus.FAILED)
        .select_related("image__experiment__project__lab")
        .order_by("-finished_at", "-pk")
    )
