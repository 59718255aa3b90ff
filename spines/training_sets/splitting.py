"""Splitting images into train, val and test so that no animal, stack, day or near-duplicate stands on two sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spines.training_sets.types import PARTS
from spines.vocabulary.verdicts import LEAST_GROUPS

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
ENOUGH_GROUPS = 3 * LEAST_GROUPS
"""From so many on the test part gets `LEAST_GROUPS` of them, however few that leaves of its share of spines: with
fewer there is no verdict, and with fewer groups than this it would cost more than a third of what there is to learn."""
TOO_FEW_TESTED = 500.0
DRAWS = 2000
MISSING = 2.0
"""How far off a part without any spine of a class counts, beside its shortfall of 1."""
PROTECTED = ("test", "val", "train")
"""Of a group that is in several parts already, the members in the first of these stay; the others are left out."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """An image as the split sees it.

    Attributes
    ----------
    keys : what ties it to others; images that share one stay together.
    fixed : the part that it is in already, or "".
    counts : spines by class.
    """

    source: str
    keys: tuple[str, ...]
    fixed: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Split:
    """The part of each member ("" where it is left out), its group, and the groups that were in two parts already."""

    parts: tuple[str, ...]
    groups: tuple[str, ...]
    mixed_groups: tuple[str, ...]


def grouped(keys: Sequence[Iterable[str]], pairs: Iterable[tuple[int, int]] = ()) -> list[str]:
    """The group of each member, named by the first of its keys: members that share a key, or are paired, are one.

    >>> grouped([["animal:1"], ["animal:2"], ["animal:1", "file:9"], ["file:7"]], [(1, 3)])
    ['animal:1', 'animal:2', 'animal:1', 'animal:2']
    """
    parents = list(range(len(keys)))

    def root(member: int) -> int:
        while parents[member] != member:
            parents[member] = parents[parents[member]]
            member = parents[member]
        return member

    first_with: dict[str, int] = {}
    for member, own in enumerate(keys):
        for key in own:
            parents[root(member)] = root(first_with.setdefault(key, member))
    for one, other in pairs:
        parents[root(one)] = root(other)
    roots = [root(member) for member in range(len(keys))]
    names: dict[int, str] = {}
    for member, own in zip(roots, keys, strict=True):
        name = min(own, default="")
        names[member] = min(names.get(member, name), name)
    return [names[member] for member in roots]


def split(members: Sequence[Member], *, pairs: Iterable[tuple[int, int]] = (), seed: int = 0) -> Split:
    """Give every member a part, about 70 / 15 / 15 by spines of every class and source.

    From `ENOUGH_GROUPS` groups on the test part gets `LEAST_GROUPS` of them, where that many are free to go there: its
    share is larger then, at the cost of the training part (docs/decisions/0014-eight-groups-to-test-on.md).

    Groups that have a part keep it. Of the others, DRAWS random assignments are made from the seed, and the one that
    comes nearest to the shares is taken; an empty part counts as far off. The order of the members does not matter.
    """
    groups = grouped([member.keys for member in members], pairs)
    fixed, mixed = _fixed_parts(members, groups)
    names = sorted(set(groups))
    free = [name for name in names if not fixed[name]]
    columns = _counts(members, groups, names)
    given = _given(columns, names, fixed)
    tested = sum(part == "test" for part in fixed.values())
    wanted = LEAST_GROUPS if len(names) >= ENOUGH_GROUPS else 0
    drawn = _draw(columns[[names.index(name) for name in free]], given, seed, wanted=wanted - tested, of=len(names))
    parts = fixed | dict(zip(free, drawn, strict=True))
    placed = [
        "" if member.fixed and member.fixed != parts[group] else parts[group]
        for member, group in zip(members, groups, strict=True)
    ]
    return Split(tuple(placed), tuple(groups), tuple(mixed))


def _fixed_parts(members: Sequence[Member], groups: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    held: dict[str, set[str]] = {group: set() for group in groups}
    for member, group in zip(members, groups, strict=True):
        if member.fixed:
            held[group].add(member.fixed)
    fixed = {group: next((part for part in PROTECTED if part in parts), "") for group, parts in held.items()}
    return fixed, sorted(group for group, parts in held.items() if len(parts) > 1)


def _counts(members: Sequence[Member], groups: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
    """Share of each column (images, and spines of a class, of a source) that each group has: (groups, columns)."""
    columns = sorted({(m.source, c) for m in members for c in (*m.counts, "images")})
    where, row = {column: n for n, column in enumerate(columns)}, {name: n for n, name in enumerate(names)}
    counts = np.zeros((len(names), len(columns)))
    for member, group in zip(members, groups, strict=True):
        counts[row[group], where[member.source, "images"]] += 1
        for name, count in member.counts.items():
            counts[row[group], where[member.source, name]] += count
    return np.asarray(counts / np.maximum(counts.sum(axis=0), 1), np.float64)


def _given(columns: NDArray[np.float64], names: Sequence[str], fixed: Mapping[str, str]) -> NDArray[np.float64]:
    """What the parts have already: (parts, columns)."""
    has = np.array([[fixed[name] == part for name in names] for part in PARTS], float).reshape(len(PARTS), len(names))
    given: NDArray[np.float64] = has @ columns
    return given


def _shares(tested: float) -> NDArray[np.float64]:
    """Of the parts, where the test part gets this share."""
    return np.array([{"train": 1 - SHARES["val"] - tested, "val": SHARES["val"], "test": tested}[p] for p in PARTS])


def _draw(columns: NDArray[np.float64], given: NDArray[np.float64], seed: int, *, wanted: int, of: int) -> list[str]:
    """The part of each free group (groups, columns), beside what is given (parts, columns).

    `wanted` of them are to be tested on, of so many groups in all, unless that is more than half of the free ones.
    """
    if not len(columns):
        return []
    rng = np.random.default_rng(seed)
    wanted = wanted if wanted <= len(columns) / 2 else 0
    shares = _shares(max(SHARES["test"], LEAST_GROUPS / of if wanted > 0 else 0))
    drawn = rng.choice(len(PARTS), (DRAWS, len(columns)), p=_shares(max(SHARES["test"], wanted / len(columns))))
    got = np.stack([(drawn == part) @ columns for part in range(len(PARTS))], axis=1) + given
    off = (np.abs(got - shares[:, None]) / shares[:, None] + MISSING * (got <= 0)).sum(axis=(1, 2))
    off += TOO_FEW_TESTED * np.maximum(wanted - (drawn == PARTS.index("test")).sum(axis=1), 0)
    # Without a validation part nothing can be trained, without a test part val stands in for it.
    for part, cost in ((0, 4.0), (1, 2.0), (2, 1.0)):
        off += np.where(got[:, part].sum(axis=1) == 0, cost * 1000, 0)
    return [PARTS[part] for part in drawn[int(off.argmin())]]
