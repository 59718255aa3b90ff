"""How well people agree on nominal answers: Cohen's and Fleiss' κ, Krippendorff's α; a consensus by Dawid and Skene.

An answer is a text; None is no answer. Intervals are of a bootstrap over groups (animals): spines of one animal are
judged alike, so that single spines would make them too narrow.

References
----------
Cohen 1960, Educ Psychol Meas 20:37; Fleiss 1971, Psychol Bull 76:378; Krippendorff 2011, Computing Krippendorff's
alpha-reliability; Dawid & Skene 1979, Appl Stat 28:20.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Row = TypeVar("Row")
Answers = Sequence[Sequence[str | None]]
"""One row an item, one answer a rater."""
_ROUNDS = 200
_SETTLED = 1e-8
_ENTRIES_FROM = 0.01
"""Added to each cell of a rater's table in `dawid_skene`, so that what was not seen is not impossible."""


def cohen_kappa(first: Sequence[str | None], second: Sequence[str | None]) -> float | None:
    """Agreement of two beyond chance, over the items that both answered; None where chance explains all.

    >>> round(cohen_kappa(["y"] * 25 + ["n"] * 25, ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15), 3)
    0.4
    """
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if not pairs:
        return None
    n = len(pairs)
    agreed = sum(a == b for a, b in pairs) / n
    of_first, of_second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(of_first[name] * of_second[name] for name in of_first) / n**2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def kappa_of_table(table: NDArray[np.float64]) -> float | None:
    """Cohen's κ of a square table of counts, (k, k), one's answers down and the other's across; None as `cohen_kappa`.

    >>> round(kappa_of_table(np.array([[20.0, 5], [10, 15]])), 3)
    0.4
    """
    n = float(table.sum())
    if not n:
        return None
    agreed, by_chance = float(np.trace(table)) / n, float(table.sum(axis=1) @ table.sum(axis=0)) / n**2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def fleiss_kappa(answers: Answers) -> float | None:
    """Agreement of several beyond chance, over items that the same number answered: those with the most answers."""
    rows = [Counter(a for a in row if a is not None) for row in answers]
    most = max((row.total() for row in rows), default=0)
    rows = [row for row in rows if row.total() == most]
    if most < 2:
        return None
    agreed = float(np.mean([(sum(n * n for n in row.values()) - most) / (most * (most - 1)) for row in rows]))
    shares = sum(rows, Counter[str]())
    by_chance = sum((n / (most * len(rows))) ** 2 for n in shares.values())
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def krippendorff_alpha(answers: Answers) -> float | None:
    """Agreement of any number of raters, each item answered by any number of them; None where all say one thing."""
    units = [[a for a in row if a is not None] for row in answers]
    units = [unit for unit in units if len(unit) > 1]
    values = Counter(a for unit in units for a in unit)
    n = values.total()
    if len(values) < 2:
        return None
    differing = sum(
        (len(unit) ** 2 - sum(count**2 for count in Counter(unit).values())) / (len(unit) - 1) for unit in units
    )
    by_chance = (n**2 - sum(count**2 for count in values.values())) / (n - 1)
    return 1 - differing / by_chance


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure with its 95 % interval; `low` and `high` None below three groups."""

    value: float | None
    low: float | None = None
    high: float | None = None


def with_interval(
    figure: Callable[[Sequence[Row]], float | None],
    answers: Sequence[Row],
    groups: Sequence[Hashable],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Interval:
    """A figure of rows with a percentile interval over redrawn groups; the same seed gives the same interval."""
    by_group: dict[Hashable, list[int]] = {}
    for at, group in enumerate(groups):
        by_group.setdefault(group, []).append(at)
    value = figure(answers)
    if value is None or len(by_group) < 3:
        return Interval(value=value)
    members, chance = list(by_group.values()), np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        rows = [at for group in chance.integers(0, len(members), len(members)) for at in members[group]]
        if (again := figure([answers[at] for at in rows])) is not None:
            drawn.append(again)
    if len(drawn) < draws / 2:
        return Interval(value=value)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value=value, low=float(low), high=float(high))


@dataclass(frozen=True, kw_only=True)
class Consensus:
    """For each item the probability of each answer; `accuracy` of each rater is their mean chance to be right."""

    probabilities: list[dict[str, float]]
    accuracy: list[float]

    def answers(self) -> list[str | None]:
        """The likeliest answer of each item, None where nobody answered."""
        return [max(sorted(row), key=row.__getitem__) if row else None for row in self.probabilities]


def majority(answers: Answers) -> list[str | None]:
    """What most said; None where nobody answered, or where several answers have as many."""
    said: list[str | None] = []
    for row in answers:
        counts = Counter(a for a in row if a is not None).most_common(2)
        tied = len(counts) == 2 and counts[0][1] == counts[1][1]
        said.append(None if tied or not counts else counts[0][0])
    return said


def dawid_skene(answers: Answers) -> Consensus:
    """What the raters together most likely saw, each weighed by how they err (expectation maximisation).

    Begins with the shares of the answers; every rater has a table of what they say of what is there.
    """
    names = sorted({a for row in answers for a in row if a is not None})
    raters = max((len(row) for row in answers), default=0)
    if not names:
        return Consensus(probabilities=[{} for _ in answers], accuracy=[0.0] * raters)
    place: Mapping[str, int] = {name: at for at, name in enumerate(names)}
    said = np.zeros((len(answers), raters, len(names)))
    for item, row in enumerate(answers):
        for rater, answer in enumerate(row):
            if answer is not None:
                said[item, rater, place[answer]] = 1
    answered: NDArray[np.bool_] = said.sum(axis=(1, 2)) > 0
    there: NDArray[np.float64] = said.sum(axis=1)
    there[answered] /= there[answered].sum(axis=1, keepdims=True)
    tables = np.zeros((raters, len(names), len(names)))
    shares = np.ones(len(names))
    for _ in range(_ROUNDS):
        shares = there[answered].mean(axis=0)
        tables = np.einsum("ij,irk->rjk", there, said) + _ENTRIES_FROM
        tables /= tables.sum(axis=2, keepdims=True)
        with np.errstate(divide="ignore"):
            likely = np.log(shares)[None] + np.einsum("irk,rjk->ij", said, np.log(tables))
        likely = np.exp(likely - likely.max(axis=1, keepdims=True))
        after = np.where(answered[:, None], likely / likely.sum(axis=1, keepdims=True), 0)
        moved = float(np.abs(after - there).max())
        there = after
        if moved < _SETTLED:
            break
    return Consensus(
        probabilities=[
            dict(zip(names, map(float, row), strict=True)) if ok else {}
            for row, ok in zip(there, answered, strict=True)
        ],
        accuracy=[float(shares @ np.diag(table)) for table in tables],
    )
