"""How much of an earlier network stays, and how a run is cut to its budget."""

from __future__ import annotations

import pytest

from worker.training.data.made_images import affordable
from worker.training.run.keeping import FEW_SPINES, LEAST_SHARE_OF_FEW, SHARES, choose_share
from worker.training.run.pace import Stopwatch, epoch_seconds, warm_up


@pytest.mark.parametrize(("best", "kept"), [(0.0, 0.0), (0.3, 0.3), (0.6, 0.7), (0.95, 0.9)])
def test_the_share_that_does_best_stays_the_larger_of_two_as_good(best: float, kept: float) -> None:
    assert choose_share(lambda share: 1 - abs(share - best), spines=FEW_SPINES).share == kept


def test_where_nothing_differs_or_little_tells_more_stays() -> None:
    assert choose_share(dict.fromkeys(SHARES, 0.5).__getitem__, spines=500).share == 0.9
    few = choose_share(lambda share: 1 - share, spines=22)
    assert few.share == LEAST_SHARE_OF_FEW == min(few.figures)
    assert "keeping 50%" in few.sentence


def test_a_short_run_warms_up_in_a_tenth_of_it_and_ends_epochs_early() -> None:
    rates = [warm_up(step=step, done=step / 40, steps=200) for step in range(40)]
    assert rates[4] == 1.0
    assert rates == sorted(rates)
    assert warm_up(step=99, done=0.001, steps=200) == 0.5, "a long one warms up over its steps"
    assert epoch_seconds(5, has_steps=False) == 10
    assert epoch_seconds(5, has_steps=True) == float("inf")
    assert affordable(600, minutes=5) * 0.4 <= 30


def test_a_kill_of_a_run_with_steps_of_four_seconds_loses_less_than_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("worker.training.run.pace.time.monotonic", lambda: clock[0])
    stopwatch, kept, longest = Stopwatch(), 0.0, 0.0
    for _ in range(200):
        clock[0] += 4  # a step; a kill in its last moment loses it, too
        longest = max(longest, clock[0] - kept)
        if stopwatch.is_due():
            stopwatch.restart()
            kept = clock[0]
    assert longest <= 20
    assert kept > 0


@pytest.mark.parametrize("minutes", [1, 5, 10])
def test_a_short_run_tells_its_first_figure_within_twenty_seconds_of_training(minutes: float) -> None:
    assert epoch_seconds(minutes, has_steps=False) <= 20
