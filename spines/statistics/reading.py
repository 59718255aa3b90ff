"""What a table of tests says, in hedged sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spines.statistics.pairs import TOO_FEW
from spines.statistics.types import MeasureTest, PairTest
from spines.vocabulary.classes import DEFAULT, INDEX_CAVEAT, INDEX_IN_WORDS, NETWORK_CLASSES, ClassSet
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import (
    INDEX,
    LEVEL,
    PER_UM,
    SHARE,
    Unit,
    confidence,
    count,
    in_words,
    p_in_words,
)

HELD_TO_MEAN = {each.key: each.held_to_mean for each in NETWORK_CLASSES}

OF_CLASSES = (
    "Shapes are widely argued to be a continuum, and experts agree little on classes: look at head widths as well, "
    "which are more sensitive than shares of classes."
)
OF_PICTURES = (
    "A projection shortens and hides what points along the optical axis, in every condition alike only if pictures "
    "were taken alike."
)
OF_ALL = (
    "These are differences between groups of animals in what was found and measured in pictures. They show neither a "
    "cause nor what a spine does, and are no diagnosis."
)


def read_in_words(
    *,
    density: MeasureTest | None = None,
    maturity: MeasureTest | None = None,
    shares: Mapping[str, MeasureTest] | None = None,
    sizes: Mapping[str, MeasureTest] | None = None,
    uncertain_share: float | None = None,
    classes: ClassSet = DEFAULT,
) -> list[str]:
    """Sentences on the primary measure, on each pair of conditions, why some have no p, then what to bear in mind.

    Parameters
    ----------
    density : spines per µm; None where no picture has a pixel size.
    maturity : the index of `maturity.maturity_rows`.
    shares : by class of the network: the share of spines, 0 to 1.
    sizes : by a measure's key: those that are read, as head width and length.
    classes : the set that the shares are of; its own classes have no meaning that the field agrees on.
    uncertain_share : of all spines, those that count in no class's share, 0 to 1.

    All of them tests of one table, by `compare_all`, whose p-values, corrected within their family, decide what is said
    to differ.
    """
    shares, sizes = shares or {}, sizes or {}
    named = [("Spine density", PER_UM, density), (f"The maturity index, {INDEX_IN_WORDS},", INDEX, maturity)]
    named += [(MEASURES[key].label, MEASURES[key].unit, test) for key, test in sizes.items()]
    given = [(words, unit, test) for words, unit, test in named if test is not None]
    tests = [*(test for *_, test in given), *shares.values()]
    pairs = [(pair.first, pair.second) for pair in tests[0].pairs] if tests else []
    sentences = []
    for first, second in pairs:
        readings = [_Reading.of(test, first, second, words, unit) for words, unit, test in given]
        readings += [reading for _, reading in _of_shares(shares, first, second, classes)]
        sentences += [reading.sentence() for reading in readings if reading.test.is_primary]
    for first, second in pairs:
        readings = [_Reading.of(test, first, second, words, unit) for words, unit, test in given]
        said = [reading.sentence() for reading in readings if not reading.test.is_primary]
        before = sum(test is not None and not test.is_primary for test in (density, maturity))
        of_shares = _shares(_of_shares(shares, first, second, classes), classes) if shares else []
        sentences += [*said[:before], *of_shares, *said[before:]]
    sentences += said_once(pair.no_p_because for test in tests for pair in test.pairs)
    if not pairs:
        return [*sentences, "There are no two conditions to compare."]
    if uncertain_share:
        sentences.append(
            f"{SHARE.value(uncertain_share)} % of the spines are of uncertain class and count in no class's share."
        )
    if shares or maturity:
        sentences.append(OF_CLASSES)
    return [*sentences, *([INDEX_CAVEAT] if maturity else []), OF_PICTURES, OF_ALL]


def said_once(reasons: Iterable[str]) -> list[str]:
    """Why there is no p-value, each reason once, and what too few animals mean once for all of them.

    >>> said_once([f"No p-value: {who}. {TOO_FEW}" for who in ("1 animal of KO", "1 animal of WT", "1 animal of KO")])
    ['No p-value: 1 animal of KO.', 'No p-value: 1 animal of WT. With fewer than 3 animals ...']
    """
    there = [reason for reason in dict.fromkeys(reasons) if reason]
    few = [reason for reason in there if reason.endswith(TOO_FEW)]
    said = [reason.removesuffix(TOO_FEW).rstrip() for reason in few]
    return [*said[:-1], *few[-1:], *(reason for reason in there if reason not in few)]


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """One measure between two conditions."""

    test: MeasureTest
    pair: PairTest
    name: str
    unit: Unit

    @classmethod
    def of(cls, test: MeasureTest, first: str, second: str, name: str, unit: Unit) -> _Reading:
        """The pair of these conditions, which the test must have."""
        pair = next(pair for pair in test.pairs if (pair.first, pair.second) == (first, second))
        return cls(test=test, pair=pair, name=name, unit=unit)

    @property
    def differs(self) -> bool:
        """Beyond what chance and the number of comparisons explain."""
        return self.pair.p_holm is not None and self.pair.p_holm < LEVEL

    def sentence(self) -> str:
        """What was found, with its numbers; where nothing was shown, that this is no proof of nothing."""
        first, second = (self._of(name) for name in (self.pair.first, self.pair.second))
        if self.pair.p_holm is None:
            if self.pair.permutation_p_holm is None:
                return f"{self.name} was {second}, {first}."
            by_permutation = p_in_words(self.pair.permutation_p_holm)
            return f"{self.name} was {second}, {first} (by permutation of animals {by_permutation})."
        numbers = f"{self._animals()}{self._size()}, {p_in_words(self.pair.p_holm)}{self._correction()}"
        if self.differs:
            way = "higher" if (self.pair.difference or 0) > 0 else "lower"
            return (
                f"{self.name} was {way} in {self.pair.second} than in {self.pair.first}: {second}, {first} ({numbers})."
            )
        return (
            f"{self.name} was not shown to differ: {second}, {first} ({numbers}). That does not show that it is the "
            "same: any difference within the interval remains possible."
        )

    def _of(self, condition: str) -> str:
        group = self.test.group(condition)
        if group.mean is None:
            return f"not measured in {condition}"
        return f"{self.unit.said(group.mean)} in {condition} (mean of {in_words(group.animals, 'animal')})"

    def _animals(self) -> str:
        if not self.pair.is_paired:
            return ""
        return f"within {in_words(self.pair.animals[0], 'animal')} that had both, "

    def _correction(self) -> str:
        if self.test.is_primary:
            more = _for_comparisons(self.pair)
            return f", the measure named beforehand,{more}" if more else ", the measure named beforehand"
        return _for_comparisons(self.pair)

    def _size(self) -> str:
        """The interval has the confidence of the p-value beside it, so the two never contradict."""
        pair, unit = self.pair, self.unit
        assert pair.corrected_level is not None, "there is a corrected p-value"
        level = confidence(pair.corrected_level)
        if unit in (PER_UM, INDEX) and pair.ratio is not None and pair.ratio_interval_corrected is not None:
            between = INDEX.between(*pair.ratio_interval_corrected)
            return f"ratio {INDEX.mean(pair.ratio)}, {level} interval {between}"
        difference = f"{unit.mean(pair.difference)} {unit.difference_symbol}".rstrip()
        if pair.difference_interval_corrected is None:
            return f"difference {difference}"
        interval = f"{unit.between(*pair.difference_interval_corrected)} {unit.difference_symbol}".rstrip()
        return f"difference {difference}, {level} interval {interval}"


def _of_shares(
    shares: Mapping[str, MeasureTest], first: str, second: str, classes: ClassSet
) -> list[tuple[str, _Reading]]:
    """Each class with its reading, the one that moved most first."""
    readings = [
        (name, _Reading.of(test, first, second, f"The share of {classes.styles[name].spines}", SHARE))
        for name, test in shares.items()
        if name in classes.keys
    ]
    return sorted(readings, key=lambda item: -abs(item[1].pair.difference or 0))


def _shares(ordered: list[tuple[str, _Reading]], classes: ClassSet) -> list[str]:
    """The classes that moved, the one that moved most first; else the one that came nearest to."""
    ordered = [(name, reading) for name, reading in ordered if not reading.test.is_primary]
    moved = [(name, reading) for name, reading in ordered if reading.differs]
    if moved:
        return [f"{reading.sentence()} {classes.styles[name].held_to_mean}".rstrip() for name, reading in moved]
    if not ordered:
        return []
    name, reading = ordered[0]
    if reading.pair.p_holm is None:
        return [reading.sentence()]
    spines = classes.styles[name].spines
    together = reading.pair.composition_p
    said = f" (all shares together: {p_in_words(together)})" if together is not None else ""
    return [f"No class's share was shown to differ{said}. The largest difference is in {spines}: {_tail(reading)}"]


def _for_comparisons(pair: PairTest) -> str:
    if pair.hypotheses is None or pair.hypotheses < 2:
        return ""
    return f" corrected, as the interval is, for {count(pair.hypotheses)} comparisons of its family"


def _tail(reading: _Reading) -> str:
    return reading.sentence().partition(": ")[2]
