"""What a results page is narrowed to, as conditions on rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Greatest

from spines.models import SpineSource
from spines.selectors.results.standing import counted, spine_counts, standing_aside
from spines.vocabulary.classes import DEFAULT, NETWORK_KEYS, ClassSet

CLASSES = DEFAULT.counted
"""The classes that spines are counted under, in the order of every table and chart."""

PROBABILITY: Any = Greatest(*[F(f"probabilities__{at}") for at in range(len(NETWORK_KEYS))])
"""Of a spine's likeliest class, as its classifier says; empty where a person added it."""


def scored_at_least(least_score: float) -> Q:
    """Spines with this detection score; those that a person added have none and pass every limit."""
    return Q(score__gte=least_score) | Q(source=SpineSource.ADDED) if least_score > 0 else Q()


def as_sure_as(least_probability: float) -> Q:
    """Spines whose likeliest class is at least so probable, and those whose class a person named."""
    if least_probability <= 0:
        return Q()
    likely = Q()
    for at in range(len(NETWORK_KEYS)):
        likely |= Q(**{f"probabilities__{at}__gte": least_probability})
    return likely | ~Q(reviewed_class="")


@dataclass(frozen=True, kw_only=True)
class ResultFilters:
    """What a results page is narrowed to. An empty field does not narrow.

    `reviewed` is True for spines whose class a person named, False for the others. `detectors` and `classifiers` are
    ids of the versions that made the present results.
    """

    conditions: tuple[str, ...] = ()
    animals: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    least_score: float = 0.0
    least_probability: float = 0.0
    reviewed: bool | None = None
    detectors: tuple[int, ...] = ()
    classifiers: tuple[int, ...] = ()

    def results(self, prefix: str = "") -> Q:
        """As a condition on the results that count, or on rows from which `prefix` leads to one."""
        return counted(prefix) & self._narrowed(prefix)

    def results_aside(self) -> Q:
        """As a condition on the results that stand aside."""
        return standing_aside() & self._narrowed()

    def _narrowed(self, prefix: str = "") -> Q:
        wanted = Q()
        subject = f"{prefix}image__cell__subject__"
        if self.conditions:
            wanted &= Q(**{f"{subject}condition__name__in": self.conditions})
        if self.animals:
            wanted &= Q(**{f"{subject}name__in": self.animals})
        if self.detectors:
            wanted &= Q(**{f"{prefix}analysis__detector__in": self.detectors})
        if self.classifiers:
            wanted &= Q(**{f"{prefix}analysis__classifier__in": self.classifiers})
        return wanted

    def of_the_spine(self, *, with_apart: bool = False) -> Q:
        """As a condition on `Spine` that looks at the spine alone, whatever its image; `with_apart`: the apart too."""
        standing = Q(rejected=False) if with_apart else spine_counts()
        wanted = standing & scored_at_least(self.least_score) & as_sure_as(self.least_probability)
        if self.classes:
            wanted &= Q(final_class__in=self.classes)
        if self.reviewed is not None:
            wanted &= ~Q(reviewed_class="") if self.reviewed else Q(reviewed_class="")
        return wanted

    def spines(self) -> Q:
        """As a condition on `Spine`."""
        return self.results("analysis_image__") & self.of_the_spine()

    @property
    def choose_spines(self) -> bool:
        """Whether only some of an image's spines pass, so that densities are of those alone."""
        return replace(self, conditions=(), animals=(), detectors=(), classifiers=()) != ResultFilters()


def all_classes(filters: ResultFilters) -> ResultFilters:
    """The same filters without the class: a share needs all of a group's spines below the line."""
    return replace(filters, classes=())


def shown_classes(classes: ClassSet, filters: ResultFilters) -> tuple[str, ...]:
    """The classes that tables and charts have a column for, in their usual order."""
    return tuple(c for c in classes.counted if not filters.classes or c in filters.classes)
