"""The tables of a report."""

from __future__ import annotations

from collections.abc import Sequence

from spines.selectors.results.charts import ConditionShares
from spines.selectors.results.counts import UNPLACED, GroupCounts
from spines.selectors.results.densities import ConditionDensity
from spines.selectors.results.mean_interval import spread_of
from spines.selectors.results.measures import AnimalMeasures
from spines.statistics.types import MeasureTest
from spines.vocabulary.classes import LEFT_OUT, SpineClass
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import DENDRITE_UM, NONE, PER_10_UM, PER_UM, SHARE, count
from webapp.report.content import Table
from webapp.results.shown_effects import ShownEffect
from webapp.results.shown_tests import ShownPair, shown_pairs

MOST_ANIMALS = 100
OF_ANIMALS = (
    "Mean ± standard deviation of the animals, each counting once; 95 % interval of the mean (Student's, on the scale "
    "of logarithms) from three animals on."
)


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
                DENDRITE_UM.value(group.dendrite_um),
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
        every, without = condition.per_um(), condition.without_left_out()
        rows.append(
            (
                condition.condition,
                count(every.n),
                PER_UM.mean_sd(every.mean, every.sd),
                PER_UM.between(every.low, every.high),
                PER_10_UM.mean(every.mean),
                PER_UM.mean_sd(without.mean, without.sd),
                count(condition.whole.apart),
            )
        )
    return Table(
        caption="Density by condition",
        head=(
            *("Condition", "Animals", "Spines per µm", "95 % interval", "Per 10 µm"),
            *(f"Without {LEFT_OUT}, per µm", "On no dendrite, listed apart"),
        ),
        rows=tuple(rows),
        note=OF_ANIMALS,
    )


def shares_table(conditions: Sequence[ConditionShares], classes: Sequence[SpineClass]) -> Table:
    """Class shares by condition, over its animals."""
    rows = []
    for condition in conditions:
        spreads = [spread_of((animal.share(each.key) for animal in condition.animals), most=1) for each in classes]
        cells = [SHARE.mean_sd(spread.mean, spread.sd) for spread in spreads]
        rows.append((condition.condition, count(max((spread.n for spread in spreads), default=0)), *cells))
    heads = [f"{each.name}, %" for each in classes]
    return Table(
        caption="Class shares by condition",
        head=("Condition", "Animals", *heads),
        rows=tuple(rows),
        note="Mean ± standard deviation of the animals' shares: of an animal's spines of certain class; those of "
        "uncertain class are a share of all.",
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
                unit = MEASURES[name].unit
                shown = (unit.mean_sd(spread.mean, spread.sd), unit.between(spread.low, spread.high))
                rows.append((MEASURES[name].axis, condition, count(spread.n), count(spines), *shown))
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
            DENDRITE_UM.value(group.dendrite_um),
            count(group.spines),
            PER_UM.value(group.per_um()),
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
    """One row a pair of conditions: the row of the results page."""
    return Table(
        caption="Conditions compared",
        head=(
            *("Compared", "Conditions", "n: animals / cells / dendrites / spines", "Mean ± SD of animals"),
            *("Difference (95 %)", "p; Holm", "Hedges' g (95 %)", "Permutation p; Holm"),
        ),
        rows=tuple(map(_test_row, shown_pairs(tests))),
        texts=2,
        note="The condition named first stands first in each cell; differences are the second less the first, × marks "
        "the second over the first. p is of the model; intervals and the first p are of one comparison by itself, and "
        "the second p is corrected by Holm's method within its family (density; maturity; class shares; sizes), models "
        "and permutations each by themselves.",
    )


def effects_table(rows: Sequence[ShownEffect], how: str) -> Table:
    """One row an effect of the design: the row of the results page. `how` they were told, a sentence."""
    return Table(
        caption="Effects of the design",
        head=("Measure", "Effect", "Animals", "Difference, or ratio × (95 %)", "p; Holm", "Permutation p"),
        rows=tuple(
            (
                row.measure,
                f"{row.label}\n{row.kind}",
                count(row.animals),
                f"{row.value} ({row.interval})" if row.interval else row.no_p_because,
                f"{row.p}\n{row.p_corrected}",
                row.permutation_p or NONE,
            )
            for row in rows
        ),
        texts=2,
        note=f"{how} The second p is corrected by Holm's method over the effects of its kind.",
    )


def _test_row(pair: ShownPair) -> tuple[str, ...]:
    difference = pair.difference + (f" ({pair.difference_interval})" if pair.difference_interval else "")
    return (
        f"{pair.measure}, {pair.unit}".rstrip(", "),
        f"{pair.first.condition}\n{pair.second.condition}",
        f"{pair.first.counts}\n{pair.second.counts}",
        f"{pair.first.mean_sd}\n{pair.second.mean_sd}",
        "\n".join(filter(None, (difference, pair.ratio))),
        f"{pair.p}\n{pair.p_holm}" if not pair.reason else f"none ({pair.reason})",
        pair.effect + (f" ({pair.effect_interval})" if pair.effect_interval else ""),
        f"{pair.permutation_p}\n{pair.permutation_p_holm}",
    )
