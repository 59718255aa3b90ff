"""The tests of an experiment: densities, class shares and measures between its conditions, the animal as the unit.

Rows are dendrites (images for shares), averaged by the database: no spine's row leaves it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any

from django.core.cache import cache
from django.db.models import Avg, Count

from spines.models import Experiment
from spines.selectors.designs.facts import litters_of
from spines.selectors.designs.stated import stated_design
from spines.selectors.results.counts import ResultTally, tallies
from spines.selectors.results.densities import dendrite_densities
from spines.selectors.results.filters import ResultFilters, all_classes, shown_classes
from spines.selectors.results.rows import spines_of
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.compare import SHARES, Plan, compare_all
from spines.statistics.design import Design
from spines.statistics.maturity import maturity_rows
from spines.statistics.reading import OF_ALL, OF_CLASSES, OF_PICTURES, read_in_words
from spines.statistics.types import MeasureTest, Observation, SpineCount
from spines.vocabulary.classes import DEFAULT, INDEX_CAVEAT, LEFT_OUT, ClassSet, certain
from spines.vocabulary.compared import DENSITY, DENSITY_WITHOUT, MATURITY, UNCERTAIN, share_name
from spines.vocabulary.measures import HEAD_WIDTH, LENGTH, MEASURES

_A_DAY_S = 24 * 3600
_COMPUTED = 6
"""Counts up with a change of how tests are computed: what was kept before does not stand for them."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the tests say, and what to bear in mind with it."""

    sentences: list[str]
    caveats: list[str]
    answers: int = 1
    """How many of the first sentences answer what the experiment asks: those of the primary measure, at most three."""

    @property
    def answer(self) -> list[str]:
        """The first sentences."""
        return self.sentences[: self.answers]

    @property
    def rest(self) -> list[str]:
        """The others."""
        return self.sentences[self.answers :]


_CAVEATS = (OF_CLASSES, INDEX_CAVEAT, OF_PICTURES, OF_ALL)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The tests, by the name of what is compared: densities, maturity, class shares, then measures."""

    conditions: tuple[str, ...]
    classes: ClassSet = DEFAULT
    uncertain_share: float | None = None
    """Of all spines, 0 to 1: they count in no class's share."""
    tests: dict[str, MeasureTest] = field(default_factory=dict)

    @property
    def _read(self) -> tuple[str, ...]:
        """Sizes that are read in words: head width, length, and the primary measure where it is another."""
        primary = [key for key, measure in MEASURES.items() if (t := self.tests.get(measure.axis)) and t.is_primary]
        return tuple(dict.fromkeys((*primary, HEAD_WIDTH.key, LENGTH.key)))

    @property
    def p_values(self) -> int:
        """How many pairs of the table have one."""
        return sum(pair.p_value is not None for test in self.tests.values() for pair in test.pairs)

    def reading(self) -> Reading:
        """The table in sentences."""
        shares = {name: self.tests[of] for name in self.classes.keys if (of := share_name(name)) in self.tests}
        sizes = {key: self.tests[MEASURES[key].axis] for key in self._read if MEASURES[key].axis in self.tests}
        said = read_in_words(
            density=self.tests.get(DENSITY),
            maturity=self.tests.get(MATURITY),
            shares=shares,
            sizes=sizes,
            uncertain_share=self.uncertain_share,
            classes=self.classes,
        )
        return Reading(
            sentences=[sentence for sentence in said if sentence not in _CAVEATS],
            caveats=[sentence for sentence in said if sentence in _CAVEATS],
            answers=min(max(sum(len(test.pairs) for test in self.tests.values() if test.is_primary), 1), 3),
        )


def compared_conditions(
    experiment: Experiment, filters: ResultFilters, design: Design | None = None
) -> tuple[str, ...]:
    """The conditions that are compared, in the experiment's order: of a stated design those that it has."""
    names = experiment.conditions.values_list("name", flat=True)
    return tuple(
        name
        for name in names
        if (not filters.conditions or name in filters.conditions) and (design is None or name in design.conditions)
    )


def test_of(measure: str) -> str:
    """What the comparison calls the test of a primary measure, by the key that a stated design has it under."""
    return MEASURES[measure].axis if measure in MEASURES else measure


def design_to_test(experiment: Experiment) -> Design | None:
    """The stated design, its primary measure under the name of its test; None where none is stated."""
    design = stated_design(experiment)
    if design is None or design.primary is None:
        return design
    return replace(design, primary=replace(design.primary, measure=test_of(design.primary.measure)))


def density_counts(experiment: Experiment, filters: ResultFilters) -> dict[str, list[SpineCount]]:
    """Every dendrite with a length: its spines of the chosen classes, and the same without `LEFT_OUT`."""
    classes = shown_classes(experiment.classes, filters)
    wanted = {DENSITY: classes}
    left_out = experiment.classes.standing_for(LEFT_OUT)
    without = tuple(name for name in classes if name not in left_out)
    if without and without != classes:
        wanted[DENSITY_WITHOUT] = without
    dendrites = dendrite_densities(experiment, filters, most=None).dendrites
    return {
        name: [
            SpineCount(
                condition=row.condition,
                animal=row.animal,
                cell=row.cell,
                spines=sum(row.by_class[counted] for counted in chosen),
                length_um=row.length_um,
            )
            for row in dendrites
        ]
        for name, chosen in wanted.items()
    }


def class_share_rows(
    rows: Sequence[ResultTally], filters: ResultFilters, classes: ClassSet = DEFAULT
) -> dict[str, list[Observation]]:
    """Every image with a spine of certain class: shares among those of the classes that are shown.

    Then the share of uncertain ones among all, which is no hypothesis: where it differs between conditions, pictures or
    their analysis do.
    """
    found = {
        share_name(name): [_share(row, row.by_class[name], of) for row in rows if (of := certain(row.by_class))]
        for name in shown_classes(classes, filters)
        if name in classes.keys
    }
    if found and any(row.by_class["uncertain"] for row in rows):
        found[UNCERTAIN] = [_share(row, row.by_class["uncertain"], row.spines) for row in rows if row.spines]
    return found


def _share(row: ResultTally, part: int, of: int) -> Observation:
    return Observation(
        condition=row.condition or "",
        animal=row.animal or "",
        cell=row.cell or "",
        value=part / of,
        weight=of,
        spines=of,
        dendrites=row.dendrites,
    )


_IMAGE = "analysis_image__image"
_ROW = (f"{_IMAGE}__cell__subject__condition__name", f"{_IMAGE}__cell__subject__name", f"{_IMAGE}__cell__name")


@while_unchanged
def measure_means(experiment: Experiment, filters: ResultFilters) -> dict[str, list[Observation]]:
    """Every dendrite: each measure's mean over its spines that carry it. Measures that none carries are left out."""
    wanted = {f"mean_{name}": Avg(name) for name in MEASURES} | {f"n_{name}": Count(name) for name in MEASURES}
    rows = spines_of(experiment, filters).filter(dendrite__isnull=False)
    found: dict[str, list[Observation]] = {name: [] for name in MEASURES}
    for row in rows.values(*_ROW, "dendrite").annotate(**wanted).order_by("dendrite"):
        condition, animal, cell = (row[name] or "" for name in _ROW)
        for name in MEASURES:
            if n := row[f"n_{name}"]:
                found[name].append(
                    Observation(
                        condition=condition, animal=animal, cell=cell, value=row[f"mean_{name}"], weight=n, spines=n
                    )
                )
    return {MEASURES[name].axis: observations for name, observations in found.items() if observations}


_OF_COUNT = attrgetter(*(field.name for field in fields(SpineCount)))
_OF_ROW = attrgetter(*(field.name for field in fields(Observation)))


@dataclass(frozen=True, kw_only=True)
class ComparedRows:
    """What tests are computed from, by the name of what is compared. `ratios` are compared by their logarithms."""

    counts: dict[str, list[SpineCount]]
    ratios: dict[str, list[Observation]]
    shares: dict[str, list[Observation]]
    sizes: dict[str, list[Observation]]

    def as_values(self) -> list[dict[str, list[Any]]]:
        """All that they say, as plain values: of thousands of rows their own words take long."""
        parts = ((self.counts, _OF_COUNT), (self.ratios, _OF_ROW), (self.shares, _OF_ROW), (self.sizes, _OF_ROW))
        return [{name: [values(row) for row in rows] for name, rows in part.items()} for part, values in parts]


def compared_rows(
    experiment: Experiment, filters: ResultFilters, rows: Sequence[ResultTally] | None = None
) -> ComparedRows:
    """Read the rows of all tests; `rows` are `placed_tallies`, where somebody has them already."""
    if rows is None:
        rows = placed_tallies(experiment, filters)
    ratios: dict[str, list[Observation]] = {}
    if rows and not filters.classes:
        ratios[MATURITY] = maturity_rows(
            (r.condition or "", r.animal or "", r.classes.of_network(r.by_class)) for r in rows
        )
    of_shares = class_share_rows(rows, filters, experiment.classes)
    return ComparedRows(
        counts={name: found for name, found in density_counts(experiment, filters).items() if found},
        ratios=ratios,
        shares={name: shares for name, shares in of_shares.items() if shares},
        sizes=measure_means(experiment, filters),
    )


def placed_tallies(experiment: Experiment, filters: ResultFilters) -> list[ResultTally]:
    """Images with a spine whose animal has a condition."""
    return [row for row in tallies(experiment, all_classes(filters)) if row.spines and row.condition]


def comparison_of(experiment: Experiment, filters: ResultFilters) -> Comparison:
    """All tests of an experiment, corrected within families (Holm), kept a day under what they were computed from."""
    design = design_to_test(experiment)
    litters = litters_of(experiment) if design and design.has_litters else None
    return _compared(experiment, filters, design, sorted(litters.items()) if litters is not None else None)


@while_unchanged
def _compared(
    experiment: Experiment, filters: ResultFilters, design: Design | None, litters: Sequence[tuple[Any, Any]] | None
) -> Comparison:
    conditions = compared_conditions(experiment, filters, design)
    rows = placed_tallies(experiment, filters)
    found = compared_rows(experiment, filters, rows)
    plan = Plan(
        design=design,
        families=dict.fromkeys(found.shares, SHARES),
        variants=(DENSITY_WITHOUT, UNCERTAIN),
        composition=tuple(name for name in found.shares if name != UNCERTAIN),
        litters=None if litters is None else dict(litters),
    )
    computed_from = repr((_COMPUTED, design, conditions, litters or [], found.as_values()))
    key = "comparison-" + hashlib.sha256(computed_from.encode()).hexdigest()
    tests: list[MeasureTest] | None = cache.get(key)
    if tests is None:
        measures = found.shares | found.sizes
        tests = compare_all(measures, conditions, counts=found.counts, ratios=found.ratios, plan=plan)
        cache.set(key, tests, _A_DAY_S)
    uncertain = sum(row.by_class["uncertain"] for row in rows) / (sum(row.spines for row in rows) or 1)
    return Comparison(
        conditions=conditions,
        classes=experiment.classes,
        uncertain_share=uncertain,
        tests={test.measure: test for test in tests},
    )
