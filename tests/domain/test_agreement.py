"""Agreement between people, against published examples and statsmodels; Dawid–Skene against a second implementation."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as of_statsmodels

from spines.statistics.agreement import (
    Answers,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorff_alpha,
    majority,
    with_interval,
)

FLEISS = (
    *("0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1"),
    *("7 7 0 0 0", "3 2 6 3 0", "2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7"),
)
"""Ten subjects, fourteen raters, five categories: κ is 0.210."""


def test_fleiss_is_that_of_the_worked_example() -> None:
    answers = [
        [name for name, n in zip("abcde", map(int, row.split()), strict=True) for _ in range(n)] for row in FLEISS
    ]
    assert fleiss_kappa(answers) == pytest.approx(0.210, abs=5e-4)


def test_krippendorff_is_that_of_his_examples() -> None:
    raters = ["12332141 2...", "12332241 25.3", ".3332342 251.", "12332441 251."]
    units = list(zip(*[row.replace(" ", "") for row in raters], strict=True))
    answers = [[None if a == "." else a for a in unit] for unit in units]
    assert krippendorff_alpha(answers) == pytest.approx(0.743, abs=5e-4)
    pairs = list(zip("0100000010", "1110010000", strict=True))
    assert krippendorff_alpha(pairs) == pytest.approx(0.095, abs=5e-4)


def drawn(seed: int, *, items: int = 60, raters: int = 4) -> list[list[str]]:
    """Answers that agree more often than not."""
    chance = np.random.default_rng(seed)
    true = chance.integers(0, 3, items)
    return [["abc"[t if chance.random() < 0.7 else chance.integers(0, 3)] for _ in range(raters)] for t in true]


@pytest.mark.parametrize("seed", range(5))
def test_kappas_are_those_of_statsmodels(seed: int) -> None:
    answers = drawn(seed)
    table, _ = aggregate_raters(np.array(answers))
    assert fleiss_kappa(answers) == pytest.approx(of_statsmodels(table), abs=1e-12)
    first, second = [row[0] for row in answers], [row[1] for row in answers]
    counts = np.array(
        [[sum(a == x and b == y for a, b in zip(first, second, strict=True)) for y in "abc"] for x in "abc"]
    )
    assert cohen_kappa(first, second) == pytest.approx(float(cohens_kappa(counts).kappa), abs=1e-12)


def test_what_is_missing_or_all_the_same_gives_no_number() -> None:
    assert cohen_kappa(["a", None], [None, "a"]) is None
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None
    assert fleiss_kappa([["a"], ["b"]]) is None
    assert krippendorff_alpha([["a", "a"], ["a", None]]) is None
    assert majority([["a", "b"], ["a", "a", "b"], [None]]) == [None, "a", None]
    assert dawid_skene([[None, None]]).answers() == [None]


def test_intervals_redraw_animals_and_are_wider_than_those_of_spines() -> None:
    chance, answers, animals = np.random.default_rng(1), [], []
    for animal in range(8):
        agrees = 0.3 + 0.6 * (animal % 2)
        for _ in range(30):
            a = "abc"[chance.integers(0, 3)]
            answers.append([a, a if chance.random() < agrees else "abc"[chance.integers(0, 3)]])
            animals.append(animal)
    by_animal = with_interval(krippendorff_alpha, answers, animals, draws=300)
    by_spine = with_interval(krippendorff_alpha, answers, range(len(answers)), draws=300)
    assert by_animal == with_interval(krippendorff_alpha, answers, animals, draws=300)
    assert by_animal.low is not None
    assert by_animal.high is not None
    assert by_spine.low is not None
    assert by_spine.high is not None
    assert by_animal.value is not None
    assert by_animal.low < by_animal.value < by_animal.high
    assert by_animal.high - by_animal.low > 1.5 * (by_spine.high - by_spine.low)
    assert with_interval(krippendorff_alpha, answers[:60], animals[:60]).low is None, "two animals give no interval"


def second_implementation(answers: Answers, rounds: int = 200) -> list[dict[str, float]]:
    """Dawid and Skene written once more, by dictionaries and item by item."""
    names = sorted({a for row in answers for a in row if a})
    belief = [{name: sum(a == name for a in row) / len(row) for name in names} for row in answers]
    for _ in range(rounds):
        share = {name: sum(row[name] for row in belief) / len(belief) for name in names}
        table: dict[tuple[int, str, str], float] = defaultdict(lambda: 0.01)
        for row, of in zip(answers, belief, strict=True):
            for rater, said in enumerate(row):
                for name in names:
                    table[rater, name, str(said)] += of[name]
        belief = []
        for row in answers:
            weight = {}
            for name in names:
                w = math.log(share[name])
                for rater, said in enumerate(row):
                    w += math.log(table[rater, name, str(said)] / sum(table[rater, name, each] for each in names))
                weight[name] = math.exp(w)
            belief.append({name: weight[name] / sum(weight.values()) for name in names})
    return belief


def test_dawid_skene_is_that_of_a_second_implementation_and_beats_the_majority() -> None:
    answers: Answers = drawn(3, items=40, raters=3)
    mine, other = dawid_skene(answers), second_implementation(answers)
    for found, expected in zip(mine.probabilities, other, strict=True):
        assert found == pytest.approx(expected, abs=1e-5)
    chance = np.random.default_rng(5)
    true = ["abc"[t] for t in chance.integers(0, 3, 300)]
    skill = (0.95, 0.4, 0.4)
    answers = [[t if chance.random() < s else "abc"[chance.integers(0, 3)] for s in skill] for t in true]
    right = [
        sum(a == t for a, t in zip(said, true, strict=True))
        for said in (dawid_skene(answers).answers(), majority(answers))
    ]
    assert right[0] > right[1]
    accuracy = dawid_skene(answers).accuracy
    assert accuracy[0] > max(accuracy[1:]) + 0.2
