"""A share from samples of each group: values worked by hand, and how often its interval holds the truth."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from spines.statistics import stratified
from spines.statistics.stratified import Stratum, share_of


def test_values_worked_by_hand() -> None:
    assert doctest.testmod(stratified).failed == 0


def test_nothing_looked_at_tells_nothing() -> None:
    assert share_of([]).share is None
    assert share_of([Stratum(there=10, seen=0, hits=0)]).still_needed(0.05) == 0


@pytest.mark.parametrize(
    ("sizes", "truths", "each"),
    [
        ((300, 80, 150), (0.95, 0.7, 0.9), 20),
        ((40, 40, 40, 40), (0.98, 0.98, 0.9, 0.95), 15),
        ((900, 30), (0.5, 0.9), 25),
    ],
)
def test_the_interval_holds_the_truth_in_nineteen_of_twenty(
    sizes: tuple[int, ...], truths: tuple[float, ...], each: int
) -> None:
    draws = np.random.default_rng(8)
    hits = [round(n * truth) for n, truth in zip(sizes, truths, strict=True)]
    truth = sum(hits) / sum(sizes)
    held = 0
    for _ in range(1000):
        drawn = [int(draws.hypergeometric(h, n - h, each)) for h, n in zip(hits, sizes, strict=True)]
        share = share_of(Stratum(there=n, seen=each, hits=h) for n, h in zip(sizes, drawn, strict=True))
        assert share.low is not None
        assert share.high is not None
        held += share.low <= truth <= share.high
    assert held >= 935
