"""Which spines of an experiment look alike: nearest to one, far from their class, two boxes on one spine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from spines.errors import Conflict, InvalidInput
from spines.models import AnalysisImage, Experiment, Likeness, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.likeness import as_numbers, nearest_first, strangeness, typical_distance

MOST_COMPARED = 50_000
TWIN_SIDES = 1.0
"""Centres of two boxes on one spine are nearer than so many times the mean of their longer sides…"""
TWIN_ALIKE = 0.5
"""… and they look more alike than so many times the typical distance between two spines."""
FAR_OUT = 2.0
"""From so many times the usual distance from the middle of its class on a spine is an outlier."""


def classifier_of(experiment: Experiment) -> tuple[int, int] | None:
    """Ids of the detector and the classifier of the latest analysis that counts; None where nothing was analysed.

    The spines of an experiment are compared by what this classifier reads of them.
    """
    current = AnalysisImage.objects.filter(is_current=True, image__experiment=experiment)
    return current.order_by("-analysis", "-pk").values_list("analysis__detector", "analysis__classifier").first()


def without_likeness(experiment: Experiment) -> QuerySet[Spine]:
    """Spines of current results that stand and that cannot be compared yet."""
    networks = classifier_of(experiment)
    if networks is None:
        return Spine.objects.none()
    spines = Spine.objects.filter(
        analysis_image__is_current=True, analysis_image__image__experiment=experiment, rejected=False
    )
    return spines.filter(~Exists(Likeness.objects.filter(spine=OuterRef("pk"), classifier=networks[1])))


def not_compared(experiment: Experiment) -> int:
    """How many those are."""
    return _not_compared(experiment, ResultFilters())


@while_unchanged
def _not_compared(experiment: Experiment, _: ResultFilters) -> int:
    return without_likeness(experiment).count()


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Spines that pass the filters and have a likeness, in no order; how many of those that pass have none."""

    ids: list[int]
    classes: list[str]
    results: list[int]
    boxes_px: NDArray[np.float64]
    numbers: NDArray[np.float32]
    missing: int


def compared(experiment: Experiment, filters: ResultFilters) -> Compared:
    """At most `MOST_COMPARED`. Raises `Conflict` where none can be compared."""
    networks = classifier_of(experiment)
    spines = spines_of(experiment, filters).order_by()
    of_one = spines.filter(likeness__classifier=networks[1]) if networks else spines.none()
    rows: list[tuple[Any, ...]] = list(
        of_one.values_list(
            "pk", "final_class", "analysis_image", "x_px", "y_px", "width_px", "height_px", "likeness__numbers"
        ).order_by("pk")[:MOST_COMPARED]
    )
    if not rows:
        raise Conflict(
            "No spine here can be compared yet: all were analysed before likeness was kept. Choose Find likeness."
        )
    return Compared(
        ids=[row[0] for row in rows],
        classes=[row[1] for row in rows],
        results=[row[2] for row in rows],
        boxes_px=np.array([row[3:7] for row in rows], float),
        numbers=as_numbers([bytes(row[7]) for row in rows]),
        missing=max(spines.count() - len(rows), 0),
    )


class ByLikeness(StrEnum):
    """The orders."""

    NEAR = "near"
    STRANGE = "strange"
    TWINS = "twins"


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """Ids of spines in an order by likeness; of `ByLikeness.TWINS` two that belong together follow each other.

    `missing` pass the filters and cannot be compared yet.
    """

    ids: list[int]
    missing: int


def ordered(experiment: Experiment, filters: ResultFilters, by: ByLikeness, *, spine_id: int | None = None) -> Ordered:
    """The spines that pass the filters: all from the nearest to `spine_id` on, or outliers or duplicates alone.

    Raises
    ------
    Conflict
        Where they cannot be compared yet.
    InvalidInput
        Where the nearest are asked for and no spine is named.
    """
    if by == ByLikeness.NEAR and spine_id is None:
        raise InvalidInput("Choose a spine first: the others are put in order by their likeness to it.")
    spines = compared(experiment, filters)
    if by == ByLikeness.TWINS:
        ids = [pk for pair in twins(spines) for pk in pair]
    else:
        ids = outliers(spines) if spine_id is None or by == ByLikeness.STRANGE else nearest(spines, spine_id)
    return Ordered(ids=ids, missing=spines.missing)


def nearest(spines: Compared, spine_id: int) -> list[int]:
    """All by their likeness to one of them, which comes first. Raises `Conflict` where that has none."""
    if spine_id not in spines.ids:
        raise Conflict("The chosen spine cannot be compared yet. Choose Find likeness first, or another spine.")
    return [spines.ids[at] for at in nearest_first(spines.numbers, spines.ids.index(spine_id))]


def outliers(spines: Compared) -> list[int]:
    """Those far from the others of their class, the farthest first."""
    strange = strangeness(spines.numbers, spines.classes)
    return [spines.ids[at] for at in np.argsort(-strange, kind="stable") if strange[at] >= FAR_OUT]


def twins(spines: Compared) -> list[tuple[int, int]]:
    """Pairs of boxes that may be on one spine: near in place and alike, the likeliest first, each spine once."""
    usual = typical_distance(spines.numbers)
    found: list[tuple[float, int, int]] = []
    results = np.array(spines.results)
    for result in np.unique(results):
        at = np.flatnonzero(results == result)
        for one, other, apart in _near(spines.boxes_px[at]):
            alike = float(np.linalg.norm(spines.numbers[at[one]] - spines.numbers[at[other]]))
            if alike < TWIN_ALIKE * usual:
                found.append((apart + alike / usual, spines.ids[at[one]], spines.ids[at[other]]))
    pairs: list[tuple[int, int]] = []
    told: set[int] = set()
    for _, one, other in sorted(found):
        if not told & {one, other}:
            pairs.append((one, other))
            told |= {one, other}
    return pairs


def _near(boxes_px: NDArray[np.float64]) -> Sequence[tuple[int, int, float]]:
    """Pairs of boxes of one picture that are near, and how far they are apart in sides."""
    sides = boxes_px[:, 2:].max(axis=1)
    centres = boxes_px[:, :2] + boxes_px[:, 2:] / 2
    pairs = cKDTree(centres).query_pairs(TWIN_SIDES * float(sides.max()))
    told = []
    for one, other in pairs:
        apart = float(np.linalg.norm(centres[one] - centres[other])) / float(sides[[one, other]].mean())
        if apart < TWIN_SIDES:
            told.append((one, other, apart))
    return told
