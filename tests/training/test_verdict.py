"""The verdict on a candidate: how often it misleads, and what it takes to be called better."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spines.vocabulary.verdicts import LEAST_GROUPS, Verdict
from worker.bootstrap import by_group
from worker.evaluation import f1_difference, macro_f1_difference
from worker.training.judging.verdict import verdict_of

Floats = NDArray[np.float64]
MARGIN_F1 = 0.03


def detections(
    random: np.random.Generator, *, groups: int, off: float = 0.0, false: float = 0.2
) -> tuple[Floats, Floats]:
    """Counts (groups, 3) of two networks on the same groups of frames; the second finds `off` less of the spines.

    Spines of a group are alike hard to both, frames of it show the same spines again, and each network errs for itself.
    """
    spines = random.integers(4, 40, groups)
    frames = random.integers(1, 9, groups)
    hard = random.beta(8, 2, groups)
    both = []
    for lost in (0.0, off):
        found = random.binomial(spines, np.clip(hard - lost, 0, 1))
        wrong = random.poisson(false * spines)
        both.append(np.stack([found, found + wrong, spines], axis=1) * frames[:, None])
    return both[0].astype(float), both[1].astype(float)


def entry(name: str, candidate: Floats, active: Floats) -> dict[str, Any]:
    return {"name": name, "groups": len(active), "difference": asdict(f1_difference(candidate, active))}


def judged(new: tuple[Floats, Floats], *old: tuple[Floats, Floats]) -> Verdict:
    """The verdict where the second of each pair is the candidate's."""
    domains = [entry(f"domain {number}", candidate, active) for number, (active, candidate) in enumerate(old)]
    return verdict_of(entry("", new[1], new[0]), domains, figure="f1")[0]


@pytest.mark.parametrize("groups", [LEAST_GROUPS, 12, 30])
def test_of_200_candidates_that_are_no_better_few_are_called_so(groups: int) -> None:
    random = np.random.default_rng(groups)
    same = (detections(random, groups=40)[0],) * 2
    said = [judged(detections(random, groups=groups), same) for _ in range(200)]
    # The old domain holds for certain here: what is counted is the new part's own error.
    assert said.count(Verdict.BETTER) <= 10
    assert Verdict.NONE not in said


def test_drawing_frames_in_place_of_groups_would_mislead() -> None:
    random = np.random.default_rng(1)
    wrong = 0
    for _ in range(200):
        active, candidate = detections(random, groups=LEAST_GROUPS)
        frames = np.repeat([active, candidate], 6, axis=1) / 6
        wrong += f1_difference(frames[1], frames[0]).low > 0
    assert wrong > 20


def test_a_gain_that_is_there_is_seen() -> None:
    random = np.random.default_rng(2)
    said = []
    for _ in range(50):
        active, candidate = detections(random, groups=20, off=-0.15)
        old = detections(random, groups=40)[0]
        said.append(judged((active, candidate), (old, old)))
    assert said.count(Verdict.BETTER) > 40


@pytest.mark.parametrize("made_worse", ["forgotten", "threshold too low", "threshold too high"])
def test_a_candidate_made_worse_is_never_better(made_worse: str) -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        new = detections(random, groups=20, off=-0.15)
        active, candidate = detections(random, groups=24)
        if made_worse == "forgotten":
            candidate[:, :2] = np.floor(candidate[:, :2] * 0.8)
        elif made_worse == "threshold too low":
            candidate[:, 1] += np.ceil(candidate[:, 2] * 0.6)
        else:
            candidate[:, :2] = np.floor(candidate[:, 0] * 0.6)[:, None]
        assert judged(new, (active, candidate)) is Verdict.WORSE


def test_a_class_lost_is_worse() -> None:
    confusions = np.stack([np.eye(4) * 4] * 12)
    lost = confusions.copy()
    lost[:, 3] = np.roll(lost[:, 3], 1, axis=-1)
    entries = [
        {"name": name, "groups": 12, "difference": asdict(macro_f1_difference(candidate, confusions))}
        for name, candidate in (("", confusions), ("Made images", lost))
    ]
    assert verdict_of(entries[0], entries[1:], figure="macro_f1")[0] is Verdict.WORSE
    assert verdict_of(entries[1], entries[:1], figure="macro_f1")[0] is Verdict.WORSE


def test_fewer_than_eight_groups_give_no_verdict_and_say_what_is_needed() -> None:
    random = np.random.default_rng(4)
    active, candidate = detections(random, groups=3, off=-0.3)
    old = detections(random, groups=24)[0]
    verdict, reasons = verdict_of(entry("", candidate, active), [entry("Made images", old, old)], figure="f1")
    assert verdict is Verdict.NONE
    assert "3 independent groups" in reasons[0]
    assert "8 are needed to tell" in reasons[0]
    assert "with 24 new" in reasons[0]
    few = detections(random, groups=3)[0]
    active, candidate = detections(random, groups=20, off=-0.3)
    verdict, reasons = verdict_of(entry("", candidate, active), [entry("Old", few, few)], figure="f1")
    assert verdict is Verdict.NOT_SHOWN
    assert "not known what it forgot" in reasons[-1]


def test_images_of_a_group_are_summed_and_one_without_a_group_stands_alone() -> None:
    counts = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])
    assert sorted(by_group(counts, ["a", "", "a", ""]).tolist()) == [[3, 4], [6, 8], [7, 8]]


def test_one_group_says_nothing() -> None:
    difference = f1_difference(np.array([[9.0, 10, 10]]), np.array([[5.0, 10, 10]]))
    assert (difference.low, difference.high) == (-1, 1)
