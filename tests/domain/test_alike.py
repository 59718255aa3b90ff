"""What else could make a difference between conditions: said where it differs, and only there."""

from __future__ import annotations

from spines.statistics.alike import check_kinds, check_values
from spines.vocabulary.numbers import SHARE

PAIRS = [("WT", "KO")]


def _check(first: list[float], second: list[float]) -> str:
    values = {
        condition: {f"{condition} {at}": value for at, value in enumerate(of)}
        for condition, of in (("WT", first), ("KO", second))
    }
    return check_values("Reviewed", values, PAIRS, unit=SHARE, apart=0.2).sentence


def test_means_that_are_far_apart_are_said_however_few_animals_there_are() -> None:
    assert _check([1.0], [0.0]) == "Reviewed differs: 0.0 % in KO and 100.0 % in WT."
    assert not _check([0.5, 0.4], [0.45, 0.5])
    assert not _check([], [1.0])


def test_half_of_that_is_said_where_a_test_finds_it() -> None:
    assert _check([0.5, 0.51, 0.49, 0.5], [0.62, 0.61, 0.63, 0.62])
    assert not _check([0.5, 0.9, 0.1, 0.5], [0.62, 0.3, 0.95, 0.62])
    assert _check([0.5, 0.5, 0.5], [0.62, 0.62, 0.62])


def test_kinds_are_said_from_a_fifth_of_the_images_on() -> None:
    kinds = {"WT": {"max": 10}, "KO": {"max": 7, "plane": 3}}
    assert check_kinds("Projection", kinds, PAIRS).sentence == (
        "Projection differs: KO has max (7) and plane (3), WT max."
    )
    assert not check_kinds("Projection", {"WT": {"max": 10}, "KO": {"max": 9, "plane": 1}}, PAIRS).sentence
    assert not check_kinds("Projection", {"WT": {"max": 10}, "KO": {}}, PAIRS).sentence
