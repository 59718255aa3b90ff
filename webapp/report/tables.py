"""The tables of a report."""

from __future__ import annotations

from collections.abc import Sequence

from spines.export.annotated_picture import STYLES
from spines.models.results import MEASURES
from spines.selectors.charts import ConditionShares
from spines.selectors.comparison import DENSITY, WITHOUT_FILOPODIA
from spines.selectors.densities import WITHOUT_FILOPODIA as CLASSES_WITHOUT_FILOPODIA
from spines.selectors.densities import ConditionDensity
from spines.selectors.measures import MEASURE_NAMES, AnimalMeasures
from spines.selectors.results import UNPLACED, GroupCounts
from spines.selectors.spread import spread_of
from spines.statistics.types import MeasureTest, PairTest
from webapp.report.content import Table
from webapp.report.words import NONE, count, interval, mean_sd, number, p_value, percent

MOST_ANIMALS = 100
OF_ANIMALS = "Mean ± standard deviation of the animals, each counting once; 95 % interval of the mean (Student)."


def counts_table(groups: Sequence[GroupCounts]) -> Table:
    """What every number of a condition is of."""
    return Table(
        caption="What was counted, by condition",
        head=("Condition", "Animals", "Cells", "Images", "Dendrites", "Dendrite, µm", "Spines"),
        rows=tuple(
            (
                group.key[1] or UNPLACED,
                count(group.animals),
                count(len(group.cell_ids)),
                count(group.images),
                count(group.dendrites),
                number(group.dendrite_um, 4),
                count(group.spines),
            )
            for group in groups
        ),
        note="Dendrites are those with a length in µm.",
    )


def density_table(conditions: Sequence[ConditionDensity]) -> Table:
    """Densities by condition, over its animals."""
    rows = []
    for condition in conditions:
        every, without = condition.per_um(), condition.per_um(*CLASSES_WITHOUT_FILOPODIA)
        per_10_um = None if every.mean is None else 10 * every.mean
        rows.append(
            (
                condition.condition,
                count(every.n),
                mean_sd(every),
                interval(every.low, every.high),
                number(per_10_um),
                mean_sd(without),
                count(condition.whole.on_none),
            )
        )
    return Table(
        caption="Density by condition",
        head=(
            *("Condition", "Animals", "Spines per µm", "95 % interval", "Per 10 µm"),
            *("Without filopodia, per µm", "Spines on no dendrite"),
        ),
        rows=tuple(rows),
        note=OF_ANIMALS,
    )


def shares_table(conditions: Sequence[ConditionShares], classes: Sequence[str]) -> Table:
    """Class shares by condition, over its animals."""
    rows = []
    for condition in conditions:
        animals = [animal for animal in condition.animals if animal.spines]
        spreads = [spread_of(animal.share(name) for animal in animals) for name in classes]
        cells = [
            percent(s.mean) if s.mean is None or s.sd is None else f"{100 * s.mean:.1f} ± {100 * s.sd:.1f} %"
            for s in spreads
        ]
        rows.append((condition.condition, count(len(animals)), *cells))
    heads = [STYLES[name].label for name in classes]
    return Table(
        caption="Class shares by condition",
        head=("Condition", "Animals", *heads),
        rows=tuple(rows),
        note="Mean ± standard deviation of the animals' shares. Uncertain spines are a class of their own.",
    )


def measures_table(animals: Sequence[AnimalMeasures]) -> Table:
    """Measures by condition: means over its animals, of how many spines."""
    rows = []
    for name in MEASURES:
        for condition in dict.fromkeys(animal.condition for animal in animals):
            there = [a for a in animals if a.condition == condition and a.is_placed and a.counts[name]]
            if there:
                spread = spread_of(animal.means[name] for animal in there)
                spines = sum(animal.counts[name] for animal in there)
                shown = (mean_sd(spread), interval(spread.low, spread.high))
                rows.append((MEASURE_NAMES[name].axis, condition, count(spread.n), count(spines), *shown))
    return Table(
        caption="Measures by condition",
        head=("Measure", "Condition", "Animals", "Spines", "Mean ± SD", "95 % interval"),
        rows=tuple(rows),
        texts=2,
        note=f"{OF_ANIMALS} Spines whose outline cannot be trusted have no measures.",
    )


def animals_table(groups: Sequence[GroupCounts]) -> Table:
    """One row an animal."""
    rows = [
        (
            group.key[2] or UNPLACED,
            group.key[1] or UNPLACED,
            count(len(group.cell_ids)),
            count(group.images),
            count(group.dendrites),
            number(group.dendrite_um, 4),
            count(group.spines),
            number(group.per_um()),
        )
        for group in groups
    ]
    return Table(
        caption="By animal",
        head=("Animal", "Condition", "Cells", "Images", "Dendrites", "Dendrite, µm", "Spines", "Spines per µm"),
        rows=tuple(rows[:MOST_ANIMALS]),
        texts=2,
        note=f"The first {MOST_ANIMALS} of {count(len(rows))}." if len(rows) > MOST_ANIMALS else "",
    )


def tests_table(tests: Sequence[MeasureTest]) -> Table:
    """One row a pair of conditions."""
    rows = [(test.measure, _pair(pair), _n(test, pair), *_figures(test, pair)) for test in tests for pair in test.pairs]
    return Table(
        caption="Conditions compared",
        head=(
            *("Compared", "Conditions", "n: animals, cells, dendrites, spines", "Difference (95 %)"),
            *("p", "p, Holm", "Hedges' g (95 %)", "Permutation p, Holm"),
        ),
        rows=tuple(rows),
        texts=2,
        note="Differences are the first named condition less the other; × marks a ratio, of densities. p is of the "
        "model; both kinds of p are corrected by Holm's method over the whole table, each by itself. n is of the "
        "condition named last, then of the other.",
    )


def _pair(pair: PairTest) -> str:
    return f"{pair.second} against {pair.first}"


def _n(test: MeasureTest, pair: PairTest) -> str:
    said = []
    for name in (pair.first, pair.second):
        group = test.group(name)
        of = (group.animals, group.cells, group.dendrites, group.spines)
        said.append(", ".join(count(n) if n else NONE for n in of))
    return "; ".join(said)


def _figures(test: MeasureTest, pair: PairTest) -> tuple[str, ...]:
    return (
        "× " + _with_interval(pair.ratio, pair.ratio_interval)
        if test.measure in (DENSITY, WITHOUT_FILOPODIA) and pair.ratio is not None
        else _with_interval(pair.difference, pair.difference_interval),
        p_value(pair.p_value),
        p_value(pair.p_holm),
        _with_interval(pair.hedges_g, pair.hedges_g_interval),
        p_value(pair.permutation_p_holm),
    )


def _with_interval(value: float | None, around: tuple[float, float] | None) -> str:
    return number(value) + (f" ({interval(*around)})" if value is not None and around is not None else "")
