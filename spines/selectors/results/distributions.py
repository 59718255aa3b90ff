"""Distributions by animal, binned by the database: of a measure, of spacing along dendrites, of confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

from django.db import connection
from django.db.models import Count, ExpressionWrapper, F, FloatField, IntegerField, QuerySet, Value, Window
from django.db.models.functions import Cast, Floor, Lag, Lead, Least

from spines.models import Experiment
from spines.selectors.results.counts import UNPLACED
from spines.selectors.results.filters import PROBABILITY, ResultFilters
from spines.selectors.results.measures import PLACE
from spines.selectors.results.rows import spines_of
from spines.selectors.results.unchanged import while_unchanged

STEPS = 199
"""Bins of a cumulative curve; what lies above the last stands as one step more."""
CONFIDENCE_BINS = 20


@dataclass(frozen=True, kw_only=True)
class AnimalCurve:
    """Share of an animal's spines that lie below each value of `Distribution.at`."""

    condition: str
    animal: str
    spines: int
    below: list[float]
    is_placed: bool = True
    """False for the images that nobody placed, which together are no animal."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """The curves of all animals over the same values, by condition in the experiment's order."""

    at: list[float]
    animals: list[AnimalCurve]

    def conditions(self) -> dict[str, list[AnimalCurve]]:
        """The curves by condition."""
        return {name: list(curves) for name, curves in groupby(self.animals, key=lambda curve: curve.condition)}

    @property
    def spines(self) -> int:
        """How many spines carry a value."""
        return sum(curve.spines for curve in self.animals)


def mean_curve(curves: Sequence[AnimalCurve]) -> list[float]:
    """Mean of the animals' curves, each counting once."""
    return [sum(shares) / len(curves) for shares in zip(*(curve.below for curve in curves), strict=True)]


@while_unchanged
def measure_distribution(experiment: Experiment, filters: ResultFilters, measure: str) -> Distribution:
    """Of one of `Spine.MEASURES`, over the spines that carry it."""
    spines = spines_of(experiment, filters).filter(**{f"{measure}__isnull": False})
    return _distribution(spines.annotate(value=F(measure)))


@while_unchanged
def spacing_distribution(experiment: Experiment, filters: ResultFilters) -> Distribution:
    """Of the distance along the dendrite to the nearest spine that passes the filters, in µm.

    A dendrite's only spine has no neighbour and counts nowhere; sides of the dendrite are not told apart.
    """
    spines = spines_of(experiment, filters).filter(position_um__isnull=False)
    return _distribution(spines.annotate(value=Least(_to_neighbour(Lag), _to_neighbour(Lead))))


def _to_neighbour(side: type[Lag | Lead]) -> Any:
    """Distance to the spine before or after; PostgreSQL's LEAST passes over the one that is not there."""
    there = Window(side("position_um"), partition_by=[F("dendrite")], order_by=[F("position_um").asc(), F("pk").asc()])
    here = F("position_um")
    return here - there if side is Lag else there - here


_EXTENT = (
    "SELECT min(value), percentile_disc(0.995) WITHIN GROUP (ORDER BY value), max(value) FROM ({values}) AS spines"
)
_BINS = """
SELECT place_0, place_1, place_2, least(floor((value - %s) / %s), %s)::integer AS bin, count(*)
FROM ({values}) AS spines
WHERE value IS NOT NULL
GROUP BY place_0, place_1, place_2, bin
ORDER BY place_0 NULLS LAST, place_1 NULLS LAST, place_2 NULLS LAST, bin
"""


def _distribution(spines: QuerySet[Any]) -> Distribution:
    """Bin the annotated `value` by animal: evenly up to the 99.5th percentile, so that one long spine leaves room."""
    placed = spines.order_by().annotate(**{f"place_{at}": F(field) for at, field in enumerate(PLACE)})
    values, given = placed.values("place_0", "place_1", "place_2", "value").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_EXTENT.format(values=values), given)
        low, high, highest = cursor.fetchone()
        if low is None:
            return Distribution(at=[], animals=[])
        spread = high - low
        width = (spread if spread > 1e-6 * abs(high) else max(abs(high), 1.0)) / STEPS  # all the same: a step
        cursor.execute(_BINS.format(values=values), [low, width, STEPS, *given])
        rows = cursor.fetchall()
    at = [low + width * (step + 1) for step in range(STEPS)]
    curves = [_curve(place, list(bins)) for place, bins in groupby(rows, key=lambda row: row[1:3])]
    return Distribution(at=[*at, max(highest, at[-1])], animals=curves)


def _curve(place: tuple[str | None, str | None], bins: Sequence[tuple[Any, ...]]) -> AnimalCurve:
    counts = [0] * (STEPS + 1)
    for *_, at, n in bins:
        counts[at] += n
    there = sum(counts)
    condition, animal = place
    return AnimalCurve(
        condition=condition or UNPLACED,
        animal=animal or UNPLACED,
        is_placed=animal is not None,
        spines=there,
        below=[so_far / there for so_far in accumulate(counts)],
    )


@dataclass(frozen=True, kw_only=True)
class ConfidenceBin:
    """Spines whose confidence lies from `low` up to `low` + 1 / CONFIDENCE_BINS, by final class."""

    low: float
    by_class: dict[str, int]


def confidence_bins(experiment: Experiment, filters: ResultFilters, *, of: str) -> list[ConfidenceBin]:
    """Counts of the detector's scores (`of` "score") or of the likeliest class's probabilities ("probability").

    Spines that a person added have neither.
    """
    confidence = {"score": F("score"), "probability": PROBABILITY}[of]
    scaled = ExpressionWrapper(confidence * Value(float(CONFIDENCE_BINS)), FloatField())
    at = Least(Floor(scaled), Value(CONFIDENCE_BINS - 1.0))
    rows = (
        spines_of(experiment, filters)
        .filter(score__isnull=False)
        .order_by()
        .values_list(Cast(at, IntegerField()), "final_class")
        .annotate(n=Count("*"))
    )
    bins = [ConfidenceBin(low=step / CONFIDENCE_BINS, by_class={}) for step in range(CONFIDENCE_BINS)]
    for step, spine_class, n in rows:
        bins[step].by_class[spine_class] = n
    return bins
