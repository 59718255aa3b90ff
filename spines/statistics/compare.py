"""Comparing conditions, with the animal as the unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from spines.statistics.composition import add_up, with_composition
from spines.statistics.design import Design, plain_design
from spines.statistics.families import PRIMARY, correct
from spines.statistics.pairs import compare_pair
from spines.statistics.rows import groups_of, rates, shared_animals, usable
from spines.statistics.types import Group, MeasureTest, Observation, Scale, SpineCount
from spines.vocabulary.numbers import listed

MOST_CONDITIONS_ALL_PAIRS = 4
DENSITY, MATURITY, SIZES, SHARES = "density", "maturity", "sizes", "shares"
"""Families: what is corrected together."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a table is compared.

    Parameters
    ----------
    design : as stated; without one, conditions are levels of one factor between animals.
    primary : the measure that is tested by itself; of a stated design its own.
    families : by a measure's name; others are of the family of how they are given.
    variants : measures that ask the same as another does (density without a class): they have a p-value and no
        hypothesis of their own, so neither a corrected p nor a place in a family.
    composition : shares that may add up to one: where they do they are tested together first (`composition`), unless
        the design takes litters in, whose animals are not exchanged.
    litters : by animal, for a design that takes them in.
    """

    design: Design | None = None
    primary: str = ""
    families: Mapping[str, str] | None = None
    variants: Collection[str] = ()
    composition: Collection[str] = ()
    litters: Mapping[str, str] | None = None

    @property
    def takes_litters(self) -> bool:
        """Whether the design does."""
        return bool(self.design and self.design.has_litters)

    def family(self, measure: str, usual: str) -> str:
        """Of a measure; empty for a variant."""
        if measure in self.variants:
            return ""
        named = self.primary or (self.design.primary.measure if self.design and self.design.primary else "")
        return PRIMARY if measure == named else (self.families or {}).get(measure, usual)


def compare(
    measure: str, observations: Iterable[Observation], conditions: Sequence[str], *, design: Design | None = None
) -> MeasureTest:
    """One measure between conditions: the pairs of the design, or all, or of more than four each against the first.

    Parameters
    ----------
    measure : what it is called, with its unit.
    observations : one a dendrite, image or animal, in any order; those of conditions that are not named do not count.
    conditions : in the experiment's order, the one to compare with first.
    design : where one is stated.

    Notes
    -----
    An animal counts once in a condition, with the mean over all its spines. A pair rests on its two conditions alone
    (`pairs.compare_pair`). Holm's correction here is over this measure's pairs: a table of several measures wants
    `compare_all`.
    """
    return compare_all({measure: list(observations)}, conditions, plan=Plan(design=design))[0]


def compare_density(
    measure: str, counts: Iterable[SpineCount], conditions: Sequence[str], *, design: Design | None = None
) -> MeasureTest:
    """Spines per µm from counts: an animal's density is its spines over its length."""
    return compare_all({}, conditions, counts={measure: list(counts)}, plan=Plan(design=design))[0]


def compare_all(
    measures: Mapping[str, Sequence[Observation]],
    conditions: Sequence[str],
    *,
    counts: Mapping[str, Sequence[SpineCount]] | None = None,
    ratios: Mapping[str, Sequence[Observation]] | None = None,
    plan: Plan | None = None,
) -> list[MeasureTest]:
    """A table: densities from `counts`, `ratios`, then measures, corrected by Holm's method within families.

    Parameters
    ----------
    measures : observations by the measure's name, see `compare`.
    conditions : in the experiment's order, the one to compare with first; those that a stated design leaves out have a
        group and no pair.
    counts : counts by the density's name, see `compare_density`.
    ratios : values above zero that are compared by their logarithms, as the maturity index.
    plan : design, primary measure and families, see `Plan`.
    """
    plan = plan or Plan()
    given = [(name, list(rates(rows)), DENSITY, Scale.RATES) for name, rows in (counts or {}).items()]
    given += [(name, list(rows), MATURITY, Scale.LOGS) for name, rows in (ratios or {}).items()]
    given += [(name, list(rows), SIZES, Scale.PLAIN) for name, rows in measures.items()]
    tests = [
        _compare(name, rows, conditions, plan, plan.family(name, family), scale=scale)
        for name, rows, family, scale in given
    ]
    shares = [test for test in tests if test.measure in plan.composition]
    together_first = shares and not plan.takes_litters and not any(test.is_primary for test in shares)
    if together_first and shares[0].pairs and add_up(shares):
        together = {test.measure: test for test in with_composition(shares)}
        tests = [together.get(test.measure, test) for test in tests]
    return correct(tests)


def _compare(
    measure: str,
    observations: Sequence[Observation],
    conditions: Sequence[str],
    plan: Plan,
    family: str,
    *,
    scale: Scale,
) -> MeasureTest:
    rows = usable(observations, conditions)
    groups = groups_of(rows.observations, conditions, by_logs=scale is Scale.LOGS)
    notes = list(rows.notes)
    if plan.takes_litters:
        groups = tuple(_with_litters(group, plan.litters or {}, notes) for group in groups)
    compared = [group for group in groups if plan.design is None or group.condition in plan.design.conditions]
    if outside := [group.condition for group in groups if group not in compared]:
        notes.append(
            f"{listed(outside)} {'stands' if len(outside) == 1 else 'stand'} for nothing in the stated design and "
            f"{'is' if len(outside) == 1 else 'are'} compared with nothing."
        )
    if len(compared) < 2:
        notes.append(f"There {'is one condition' if compared else 'is no condition'}, and nothing to compare it with.")
        return MeasureTest(
            measure=measure, groups=groups, pairs=(), family=family, is_primary=family == PRIMARY, notes=tuple(notes)
        )
    design = plan.design or plain_design(conditions)
    if plan.design is None and (shared := shared_animals(groups)):
        notes.append(
            f"The same animal name stands in several conditions ({', '.join(shared[:5])}{', …' if shared[5:] else ''}) "
            "and was taken for different animals. If it is one animal, state in the design that the conditions differ "
            "within animals: it is then held against itself."
        )
    chosen = _pairs(design, compared, notes)
    pairs = tuple(
        compare_pair(first, second, is_paired=_is_paired(design, first, second), scale=scale)
        for first, second in chosen
    )
    for pair in pairs:
        only = {*_animals(groups, pair.first)} ^ {*_animals(groups, pair.second)}
        if pair.is_paired and only:
            notes.append(
                f"{pair.first} and {pair.second} are compared within animals; left out for having one of the two "
                f"alone: {', '.join(sorted(only)[:5])}{', …' if len(only) > 5 else ''}."
            )
    return MeasureTest(
        measure=measure, groups=groups, pairs=pairs, family=family, is_primary=family == PRIMARY, notes=tuple(notes)
    )


def _with_litters(group: Group, litters: Mapping[str, str], notes: list[str]) -> Group:
    known = {name: litters[name] for name in group.animal_means if litters.get(name)}
    if unknown := sorted(name for name in group.animal_means if name not in known):
        notes.append(
            f"Left out of {group.condition}, as their litters are not known: {', '.join(unknown[:5])}"
            f"{', …' if len(unknown) > 5 else ''}. Name them on the Samples page."
        )
    return replace(group, litters=known)


def _animals(groups: Sequence[Group], condition: str) -> Iterable[str]:
    return next(group.animal_means for group in groups if group.condition == condition)


def _is_paired(design: Design, first: Group, second: Group) -> bool:
    return bool(design.within) and design.group(first.condition) == design.group(second.condition)


def _pairs(design: Design, groups: Sequence[Group], notes: list[str]) -> list[tuple[Group, Group]]:
    by_name = {group.condition: group for group in groups}
    if len(design.factors) > 1:
        return [(by_name[a], by_name[b]) for a, b in design.pairs() if a in by_name and b in by_name]
    if len(groups) <= MOST_CONDITIONS_ALL_PAIRS:
        return list(combinations(groups, 2))
    (factor,) = design.factors
    control = next((g for g in groups if design.conditions[g.condition] == (factor.reference,)), groups[0])
    notes.append(f"Each condition is compared with {control.condition} alone, because there are {len(groups)}.")
    return [(control, group) for group in groups if group is not control]
