"""Agreement on where spines are, on counts and on outlines: published figures, and cases counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spines.statistics.marks_agreement import bland_altman, dice, f1, spines_marked

WRIGHT = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
MINI = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
"""Peak expiratory flow, l/min, of 17 people by two meters: Bland & Altman 1986, table 1, first measurements."""


def test_limits_of_agreement_are_those_of_bland_and_altman() -> None:
    found = bland_altman(WRIGHT, MINI, range(17))
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(38.8, abs=0.05)
    assert found.bias.low is not None
    assert found.bias.high is not None
    assert found.bias.low < -2.1 < found.bias.high


def test_f1_counts_what_two_marked_both() -> None:
    first = [(0, 0, 10, 10), (50, 50, 10, 10), (90, 0, 10, 10)]
    near, far = (3, 0, 10, 10), (8, 50, 10, 10)
    assert f1([(first, first)]) == 1
    assert f1([(first, [near, far])]) == pytest.approx(2 * 1 / 5)
    assert f1([(first, [])]) == 0
    assert f1([([], [])]) is None
    assert f1([(first, [near]), ([], [far])]) == pytest.approx(2 * 1 / 5), "pictures count together"


def test_a_spine_is_joined_from_the_nearest_marks_whoever_comes_first() -> None:
    one, two, three = [(0, 0, 10, 10), (6, 0, 10, 10)], [(1, 0, 10, 10)], [(7, 0, 10, 10), (40, 40, 9, 9)]
    found = spines_marked([one, two, three])
    assert found == [{0: 0, 1: 0}, {0: 1, 2: 0}, {2: 1}]
    turned = spines_marked([three, two, one])
    assert [{2 - who: at for who, at in spine.items()} for spine in turned] == found


def test_nobody_has_two_marks_of_one_spine() -> None:
    crowd = [(float(x), 0.0, 10.0, 10.0) for x in range(0, 40, 2)]
    for spine in spines_marked([crowd, crowd[::-1], crowd]):
        assert len(spine) == 3
    assert spines_marked([[], []]) == []


def test_dice_of_outlines_that_are_known() -> None:
    turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    disc = np.column_stack([np.cos(turns), np.sin(turns)])
    assert dice(disc, disc) == 1
    assert dice(disc, disc + np.array([3, 0])) == 0
    assert dice(disc, 0.5 * disc) == pytest.approx(2 * 0.25 / 1.25, abs=0.01)
