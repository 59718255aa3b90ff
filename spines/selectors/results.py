"""The figures of an experiment: counts by image, animal, condition and class, summed by the database.

Only current results count: of each image the latest finished analysis. Spines that a person rejected count
nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from spines.models import AnalysisImage, Experiment, Image, Spine, SpineClass, SpineSource

CLASSES = (*SpineClass.values, "uncertain")
"""The classes that spines are counted under, in the order of every table and chart."""


def scored_at_least(least_score: float) -> Q:
    """Spines with this detection score; those that a person added have none and pass every limit."""
    return Q(score__gte=least_score) | Q(source=SpineSource.ADDED) if least_score > 0 else Q()


@dataclass(frozen=True, kw_only=True)
class ResultFilters:
    """What a results page is narrowed to. An empty field does not narrow."""

    conditions: tuple[str, ...] = ()
    animals: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    least_score: float = 0.0

    def spines(self) -> Q:
        """As a condition on `Spine`, less the classes that are counted apart anyway."""
        wanted = Q(analysis_image__is_current=True, rejected=False)
        subject = "analysis_image__image__cell__subject"
        if self.conditions:
            wanted &= Q(**{f"{subject}__condition__name__in": self.conditions})
        if self.animals:
            wanted &= Q(**{f"{subject}__name__in": self.animals})
        if self.classes:
            wanted &= Q(final_class__in=self.classes)
        return wanted & scored_at_least(self.least_score)

    def images(self) -> Q:
        """As a condition on `Image`: which images the figures speak of."""
        wanted = Q(results__is_current=True)
        if self.conditions:
            wanted &= Q(cell__subject__condition__name__in=self.conditions)
        if self.animals:
            wanted &= Q(cell__subject__name__in=self.animals)
        return wanted


@dataclass(kw_only=True)
class GroupCounts:
    """Spines of one group (an image, an animal, a condition) by class, over so many images and animals."""

    key: tuple[Any, ...]
    images: int = 0
    animals: int = 0
    by_class: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))

    @property
    def spines(self) -> int:
        """All classes, uncertain included."""
        return sum(self.by_class.values())

    @property
    def spines_per_image(self) -> float | None:
        """Mean over the group's images, those without a spine included."""
        return self.spines / self.images if self.images else None

    def share(self, spine_class: str) -> float | None:
        """Share of a class among all spines of the group, 0 to 1."""
        return self.by_class[spine_class] / self.spines if self.spines else None


def spines_of(experiment: Experiment, filters: ResultFilters) -> QuerySet[Spine]:
    """The current spines of an experiment that pass the filters."""
    return Spine.objects.filter(filters.spines(), analysis_image__analysis__experiment=experiment)


def standing_spines(result: AnalysisImage | None) -> QuerySet[Spine]:
    """The spines of an image's result that count, in number order; none where there is no result."""
    return result.spines.filter(rejected=False).order_by("number") if result else Spine.objects.none()


def images_of(experiment: Experiment, filters: ResultFilters) -> QuerySet[Image]:
    """The analysed images of an experiment that the filters speak of."""
    return experiment.images.filter(filters.images())


def _grouped(experiment: Experiment, filters: ResultFilters, fields: tuple[str, ...]) -> list[GroupCounts]:
    """Count by fields of `Image` (as lookups), sorted by them; groups without a spine are kept."""
    groups: dict[tuple[Any, ...], GroupCounts] = {}
    images = (
        images_of(experiment, filters)
        .order_by(*fields)
        .values_list(*fields)
        .annotate(n=Count("pk", distinct=True), animals=Count("cell__subject", distinct=True))
    )
    for *key, n, animals in images:
        groups[tuple(key)] = GroupCounts(key=tuple(key), images=n, animals=animals)
    on_spine = tuple(f"analysis_image__image__{f}" for f in fields)
    spines = spines_of(experiment, filters).order_by().values_list(*on_spine, "final_class").annotate(n=Count("pk"))
    for *key, final_class, n in spines:
        groups[tuple(key)].by_class[final_class] = n
    return list(groups.values())


def counts_by_condition(experiment: Experiment, filters: ResultFilters) -> list[GroupCounts]:
    """Key: (position, name); (None, None) holds the images without a condition."""
    condition = "cell__subject__condition"
    return _grouped(experiment, filters, (f"{condition}__position", f"{condition}__name"))


def counts_by_animal(experiment: Experiment, filters: ResultFilters) -> list[GroupCounts]:
    """Key: (condition position, condition, animal); Nones for images that nobody placed."""
    subject = "cell__subject"
    return _grouped(
        experiment,
        filters,
        (f"{subject}__condition__position", f"{subject}__condition__name", f"{subject}__name"),
    )


def counts_by_image(experiment: Experiment, filters: ResultFilters) -> list[GroupCounts]:
    """Key: (image name, image id, animal, condition)."""
    return _grouped(
        experiment,
        filters,
        ("original_name", "pk", "cell__subject__name", "cell__subject__condition__name"),
    )


def current_result(image: Image) -> AnalysisImage | None:
    """The result that pages show for an image: its latest finished one."""
    return image.results.filter(is_current=True).select_related("analysis__detector", "analysis__classifier").first()
