"""What more reviewed groups are expected to bring: the interval holds, and too few points say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from spines.statistics.learning_curve import LearningCurve, Point, fit_learning_curve


def trainings(sizes: list[int], *, slope: float, noise: float, seed: int) -> list[Point]:
    """Figures whose error falls as 0.6 n^slope, but for a scatter of its logarithm."""
    rng = np.random.default_rng(seed)
    return [Point(groups=n, figure=1 - 0.6 * n**slope * float(np.exp(rng.normal(0, noise)))) for n in sizes]


def fitted(points: list[Point]) -> LearningCurve:
    curve = fit_learning_curve(points)
    assert curve is not None
    return curve


def test_without_scatter_it_is_the_law_itself() -> None:
    curve = fitted(trainings([5, 10, 20, 40], slope=-0.4, noise=0, seed=0))
    gain = curve.gain(10)
    assert curve.figure(80) == pytest.approx(1 - 0.6 * 80**-0.4)
    assert gain.figure == pytest.approx(1 - 0.6 * 50**-0.4)
    assert gain.gain == pytest.approx(0.6 * (40**-0.4 - 50**-0.4))
    assert gain.high - gain.low == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("sizes", [[4, 8, 12], [6, 12, 24, 40], [5, 10, 10, 20, 20, 40]])
@pytest.mark.parametrize("slope", [-0.35, 0.0])
def test_the_interval_of_the_gain_holds_the_true_one_in_95_of_100(sizes: list[int], slope: float) -> None:
    largest = max(sizes)
    true = 0.6 * (largest**slope - (largest + 10) ** slope)
    held = 0
    for seed in range(1000):
        gain = fitted(trainings(sizes, slope=slope, noise=0.12, seed=seed)).gain(10)
        held += gain.low <= true <= gain.high
    assert 930 <= held <= 985, held


def test_points_that_lie_on_a_line_by_chance_are_held_to_their_own_intervals() -> None:
    exact = trainings([5, 10, 20, 40], slope=-0.4, noise=0, seed=0)
    gain = fitted([Point(groups=p.groups, figure=p.figure, error=0.04) for p in exact]).gain(10)
    assert gain.high - gain.low > 0.01, "without the intervals it is 0"
    assert gain.low < gain.gain < gain.high


def test_three_points_far_from_a_line_promise_nothing() -> None:
    gain = fitted(trainings([8, 10, 12], slope=-0.3, noise=0.3, seed=1)).gain(10)
    assert gain.low < 0 < gain.high


def test_two_sizes_say_nothing() -> None:
    assert fit_learning_curve([Point(groups=8, figure=0.7), Point(groups=16, figure=0.8)]) is None
    assert fit_learning_curve([Point(groups=8, figure=0.7)] * 5 + [Point(groups=9, figure=0.8)]) is None
    assert fit_learning_curve([]) is None


def test_a_perfect_figure_does_not_break_it() -> None:
    assert fitted([Point(groups=n, figure=1.0) for n in (5, 10, 20)]).gain(10).gain == pytest.approx(0, abs=1e-6)
