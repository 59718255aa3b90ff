"""What was measured of spines, by animal: means, samples to draw, distributions. Aggregates of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg, Count, Max, Min, QuerySet

from spines.errors import InvalidInput
from spines.models import Experiment, Spine
from spines.selectors.results.counts import UNPLACED
from spines.selectors.results.drawn_rows import MOST_POINTS, fair_share, in_turn
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from spines.selectors.results.unchanged import while_unchanged
from spines.vocabulary.measures import MEASURES

_IMAGE = "analysis_image__image"
_ANIMAL = f"{_IMAGE}__cell__subject"
PLACE = (f"{_ANIMAL}__condition__position", f"{_ANIMAL}__condition__name", f"{_ANIMAL}__name")


def measure_named(name: str) -> str:
    """The name itself, or `InvalidInput` where spines have no such measure."""
    if name not in MEASURES:
        raise InvalidInput(f"Spines have no measure named {name}. Choose one from the list.")
    return name


@dataclass(frozen=True, kw_only=True)
class AnimalMeasures:
    """One animal: how many of its spines carry each measure, and the means over them."""

    condition: str
    animal: str
    spines: int
    counts: dict[str, int]
    means: dict[str, float | None]
    is_placed: bool = True
    """False for the images that nobody placed, which together are no animal."""


@while_unchanged
def animal_measures(experiment: Experiment, filters: ResultFilters) -> list[AnimalMeasures]:
    """By condition in the experiment's order, then by animal; images that nobody placed come last."""
    wanted: dict[str, Any] = {f"mean_{name}": Avg(name) for name in MEASURES}
    wanted |= {f"n_{name}": Count(name) for name in MEASURES}
    rows = spines_of(experiment, filters).order_by().values(*PLACE).annotate(n=Count("*"), **wanted)
    return [
        AnimalMeasures(
            condition=row[PLACE[1]] or UNPLACED,
            animal=row[PLACE[2]] or UNPLACED,
            is_placed=row[PLACE[2]] is not None,
            spines=row["n"],
            counts={name: row[f"n_{name}"] for name in MEASURES},
            means={name: row[f"mean_{name}"] for name in MEASURES},
        )
        for row in sorted(rows, key=lambda row: [(row[part] is None, row[part] or 0) for part in PLACE])
    ]


@while_unchanged
def quality_counts(experiment: Experiment, filters: ResultFilters) -> dict[str, int]:
    """Spines by whether their outline can be trusted ("" where nobody measured them yet), the most frequent first."""
    rows = spines_of(experiment, filters).order_by().values_list("quality").annotate(n=Count("*")).order_by("-n")
    return dict(rows)


@dataclass(frozen=True, kw_only=True)
class SpinePoint:
    """A spine of a chart: the values of the measures that were asked for, and where it is."""

    spine_id: int
    image_id: int
    image: str
    number: int
    spine_class: str
    condition: str
    animal: str
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SpineSample:
    """Spines to draw, and of how many they are a sample."""

    points: list[SpinePoint] = field(default_factory=list)
    there: int = 0


@while_unchanged
def spine_sample(
    experiment: Experiment,
    filters: ResultFilters,
    *measures: str,
    shared_by: str = _ANIMAL,
    most: int = MOST_POINTS,
) -> SpineSample:
    """At most so many spines that carry all of these measures: of each group (`shared_by`: an animal) a fair share."""
    measured = spines_of(experiment, filters).filter(**{f"{name}__isnull": False for name in measures})
    counts = [n for _, n in measured.order_by().values_list(shared_by).annotate(n=Count("*"))]
    shown: QuerySet[Spine] = measured
    if sum(counts) > most:
        shown = in_turn(measured, shared_by).filter(turn__lte=fair_share(counts, most))
    fields = ("pk", f"{_IMAGE}_id", f"{_IMAGE}__original_name", "number", "final_class", *PLACE[1:], *measures)
    return SpineSample(
        points=[
            SpinePoint(
                spine_id=row[0],
                image_id=row[1],
                image=row[2],
                number=row[3],
                spine_class=row[4],
                condition=row[5] or UNPLACED,
                animal=row[6] or UNPLACED,
                values=row[7:],
            )
            for row in shown.order_by("pk").values_list(*fields)
        ],
        there=sum(counts),
    )


def extent(spines: QuerySet[Spine], measure: str) -> tuple[float, float] | None:
    """Least and greatest value of a measure; None where no spine carries it."""
    found = spines.order_by().aggregate(low=Min(measure), high=Max(measure))
    return None if found["low"] is None else (found["low"], found["high"])
