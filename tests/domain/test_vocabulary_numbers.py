"""One printer: the same number reads the same wherever it stands."""

from __future__ import annotations

import pytest

from spines.vocabulary.numbers import (
    INDEX,
    PER_10_UM,
    PER_UM,
    SHARE,
    UM,
    Unit,
    change,
    in_words,
    listed,
    number,
    p_in_words,
    p_value,
    share,
)


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.0, "< 0.001"),
        (0.0004, "< 0.001"),
        (0.00099999, "< 0.001"),
        (0.001, "0.001"),
        (0.0123, "0.012"),
        (0.0494, "0.049"),
        (0.0496, "0.0496"),
        (0.049999, "0.0499"),
        (0.05, "0.050"),
        (0.0999, "0.10"),
        (0.4, "0.40"),
        (1.0, "1.00"),
        (None, "–"),
    ],
)
def test_p_values_are_never_zero_nor_rounded_over_the_level(p: float | None, printed: str) -> None:
    assert p_value(p) == printed


def test_p_in_a_sentence_is_the_one_of_the_table() -> None:
    assert [p_in_words(p) for p in (0.0004, 0.4)] == ["p < 0.001", "p = 0.40"]


@pytest.mark.parametrize(
    ("unit", "number_", "one", "of_many"),
    [
        (UM, 0.5234, "0.52", "0.523"),
        (UM, -0.0004, "0.00", "0.000"),
        (UM, -0.0126, "−0.01", "−0.013"),
        (PER_UM, 1.5, "1.50", "1.500"),
        (PER_10_UM, 1.5, "15.0", "15.00"),
        (SHARE, 0.3149, "31", "31.5"),
        (INDEX, 1.237, "1.2", "1.24"),
        (UM, 1234.5, "1,234.50", "1,234.500"),
        (UM, None, "–", "–"),
    ],
)
def test_means_have_a_decimal_more_than_one_thing(unit: Unit, number_: float | None, one: str, of_many: str) -> None:
    assert (unit.value(number_), unit.mean(number_)) == (one, of_many)


def test_spreads_intervals_and_sentences_are_of_the_same_digits() -> None:
    assert UM.mean_sd(0.5, None) == "0.500"
    assert UM.mean_sd(0.5, 0.02) == "0.500 ± 0.020"
    assert UM.mean_sd(None, None) == "–"
    assert UM.between(-0.1, 0.25) == "−0.100 to 0.250"
    assert UM.between(None, 0.25) == "–"
    assert SHARE.said(0.314) == "31.4 %"
    assert SHARE.difference_symbol == "points"
    assert PER_UM.at_pointer("y") == "%{y:,.2f} per µm"
    assert PER_UM.mean_at_pointer("y") == "%{y:,.3f} per µm"


def test_counts_and_shares() -> None:
    assert [in_words(n, "animal") for n in (0, 1, 1204)] == ["0 animals", "1 animal", "1,204 animals"]
    assert [share(*of) for of in ((2, 3), (0, 5), (0, 0))] == ["67 %", "0 %", "–"]
    assert [change(*of) for of in ((12, 9), (1, 1204), (3, 3))] == ["+3", "−1,203", "0"]
    assert [number(value) for value in (0.123456, 1234.5, None, -0.0000212, 1e-12)] == [
        *("0.123", "1,234", "–", "−0.0000212", "0")
    ]
    assert [listed(names) for names in (["A", "B", "C"], ["A"], [])] == ["A, B and C", "A", ""]
