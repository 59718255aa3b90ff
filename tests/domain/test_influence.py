"""What single animals do to a comparison."""

from __future__ import annotations

from spines.statistics.compare import compare
from spines.statistics.design import plain_design
from spines.statistics.influence import influences
from spines.statistics.types import MeasureTest, Observation


def _test(values: dict[str, list[float]], *, is_paired: bool = False) -> MeasureTest:
    rows = [
        Observation(condition=condition, animal=f"{'' if is_paired else condition}{at}", value=value)
        for condition, of_condition in values.items()
        for at, value in enumerate(of_condition)
    ]
    return compare("head width", rows, tuple(values), design=plain_design(tuple(values), within_animals=is_paired))


def test_a_result_that_hangs_on_one_animal_names_it() -> None:
    (found,) = influences(_test({"WT": [1.0, 1.1, 0.9, 1.05, 1.0], "KO": [1.2, 1.3, 1.15, 1.25, 0.2]}))

    assert len(found.without) == 10
    assert "hangs on one animal: without KO4" in found.sentence
    alone = next(each.pair for each in found.without if each.animal == "KO4")
    same = _test({"WT": [1.0, 1.1, 0.9, 1.05, 1.0], "KO": [1.2, 1.3, 1.15, 1.25]}).pairs[0]
    assert (alone.p_value, alone.difference) == (same.p_value, same.difference)


def test_a_result_that_does_not_says_between_what_it_moves() -> None:
    (found,) = influences(_test({"WT": [1.0, 1.1, 0.9, 1.05], "KO": [2.0, 2.1, 1.9, 2.2]}))

    assert "when one animal is left out." in found.sentence


def test_a_paired_animal_is_left_out_of_both_and_three_are_the_least() -> None:
    (found,) = influences(_test({"before": [1.0, 1.1, 0.9], "after": [1.2, 1.4, 1.15]}, is_paired=True))

    assert [each.pair.animals for each in found.without] == [(2,)] * 3
    assert found.sentence == "after against before: without any one animal too few are left to be tested."
