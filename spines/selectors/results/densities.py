"""Spines per µm of dendrite, by dendrite, animal and condition.

An animal's density is its spines on dendrites over the length of its dendrites, and counts once (Lazic 2010). Only
dendrites with a length in µm count; spines on no dendrite count in no density.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from spines.models import Experiment, Spine
from spines.selectors.results.counts import (
    UNPLACED,
    GroupCounts,
    ResultTally,
    by_animal,
    counted_by_class,
)
from spines.selectors.results.drawn_rows import MOST_POINTS, fair_share, in_turn
from spines.selectors.results.filters import ResultFilters, all_classes
from spines.selectors.results.mean_interval import Spread, spread_of
from spines.selectors.results.rows import dendrites_of
from spines.selectors.results.unchanged import while_unchanged
from spines.vocabulary.classes import DEFAULT
from spines.vocabulary.densities import per_um


@dataclass(frozen=True, kw_only=True)
class ConditionDensity:
    """A condition's animals that have a density, in name order."""

    condition: str
    animals: list[GroupCounts]
    whole: GroupCounts
    """All its images together."""
    unplaced: GroupCounts
    """Its images that nobody placed, which together are no animal."""

    def without_left_out(self) -> Spread:
        """Over the animals: spines but those of the class `LEFT_OUT` and what stands for it, a µm."""
        return self.per_um(*self.whole.without_left_out)

    def per_um(self, *classes: str) -> Spread:
        """Over the animals: spines of these classes (all where none is named) a µm."""
        return spread_of(animal.per_um(*classes) for animal in self.animals)


def densities(rows: Sequence[ResultTally]) -> list[ConditionDensity]:
    """By condition in the experiment's order; what nobody placed comes last. Without images that give no density."""
    giving = [row for row in rows if row.gives_a_density]
    found: dict[str, ConditionDensity] = {}
    for group in by_animal(giving):
        _, condition, animal = group.key
        name = condition or UNPLACED
        if name not in found:
            whole, unplaced = GroupCounts(key=(name,)), GroupCounts(key=(name,))
            found[name] = ConditionDensity(condition=name, animals=[], whole=whole, unplaced=unplaced)
        if animal is not None:
            found[name].animals.append(group)
    for row in giving:
        of_condition = found[row.condition or UNPLACED]
        of_condition.whole.add(row)
        if row.animal_id is None:
            of_condition.unplaced.add(row)
    return list(found.values())


@dataclass(frozen=True, kw_only=True)
class DendriteDensity:
    """One dendrite with its length, its spines by class and where it belongs."""

    dendrite_id: int
    number: int
    image_id: int
    image: str
    cell: str
    animal: str
    condition: str
    length_um: float
    by_class: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DEFAULT.counted, 0))

    @property
    def spines(self) -> int:
        """All classes, uncertain included."""
        return sum(self.by_class.values())

    def per_um(self, *classes: str) -> float:
        """Spines of these classes (all where none is named) a µm."""
        return per_um(sum(self.by_class[name] for name in classes or self.by_class), self.length_um) or 0.0


@dataclass(frozen=True, kw_only=True)
class DendriteDensities:
    """Dendrites by condition, animal, image and number; `there` says how many they were taken from."""

    dendrites: list[DendriteDensity]
    there: int


_ANIMAL = "analysis_image__image__cell__subject"
_PLACE = (
    "pk",
    "number",
    "analysis_image__image_id",
    "analysis_image__image__original_name",
    "analysis_image__image__cell__name",
    f"{_ANIMAL}__name",
    f"{_ANIMAL}__condition__name",
    "length_um",
)


@while_unchanged
def dendrite_densities(
    experiment: Experiment, filters: ResultFilters, *, most: int | None = MOST_POINTS
) -> DendriteDensities:
    """Dendrites with a length in µm: all (`most` None), or of each animal a sample that is the same each time."""
    measured = dendrites_of(experiment, filters).filter(length_um__isnull=False)
    counts = [n for _, n in measured.values_list(_ANIMAL).annotate(n=Count("*"))]
    shown = measured
    if most is not None and sum(counts) > most:
        shown = in_turn(measured, _ANIMAL).filter(turn__lte=fair_share(counts, most))
    classes = experiment.classes.counted
    order = (f"{_ANIMAL}__condition__position", f"{_ANIMAL}__name", "analysis_image__image__original_name", "pk")
    found = {
        row[0]: DendriteDensity(
            dendrite_id=row[0],
            number=row[1],
            image_id=row[2],
            image=row[3],
            cell=row[4] or "",
            animal=row[5] or UNPLACED,
            condition=row[6] or UNPLACED,
            length_um=row[7],
            by_class=dict.fromkeys(classes, 0),
        )
        for row in shown.order_by(*order).values_list(*_PLACE)
    }
    spines = Spine.objects.filter(all_classes(filters).of_the_spine(), dendrite__in=list(found)).order_by()
    by_dendrite: Any = spines.values("dendrite").annotate(
        **counted_by_class(classes=classes)
    )  # rows whose keys are made here
    for row in by_dendrite:
        found[row["dendrite"]].by_class.update((name, row[f"n_{name}"]) for name in classes)
    return DendriteDensities(dendrites=list(found.values()), there=sum(counts))
