"""What the detector's errors could do to a ratio of densities."""

from __future__ import annotations

from spines.statistics.compare import compare_density
from spines.statistics.sensitivity import Detection, sensitivity
from spines.statistics.types import MeasureTest, SpineCount


def _test(first: tuple[int, ...], second: tuple[int, ...]) -> MeasureTest:
    counts = [
        SpineCount(condition=condition, animal=f"{condition} {at}", spines=spines, length_um=100)
        for condition, of_condition in (("WT", first), ("KO", second))
        for at, spines in enumerate(of_condition)
    ]
    return compare_density("density", counts, ("WT", "KO"))


LOWER = _test((100, 110, 90), (80, 88, 72))


def test_what_would_make_the_difference_by_itself_is_said() -> None:
    (down,) = sensitivity(LOWER, {})
    (up,) = sensitivity(_test((80, 88, 72), (100, 110, 90)), {})

    assert "(0.80), 20 % fewer of the spines would have to be found in KO than in WT." in down
    assert "(1.25), 20 % fewer of the spines would have to be found in WT than in KO." in up


def test_measured_errors_that_are_alike_leave_the_ratio_and_others_do_not() -> None:
    good = Detection(images=4, right=92, wrong=8, missed=8)
    poor = Detection(images=3, right=69, wrong=6, missed=31)

    (alike,) = sensitivity(LOWER, {"WT": good, "KO": good})
    (apart,) = sensitivity(LOWER, {"WT": good, "KO": poor})

    assert "the ratio would be 0.80." in alike
    assert "found 69 % of the spines, 92 % of its boxes right (3 images) in KO and 92 % of the spines" in apart
    assert "the ratio would be 1.07." in apart  # 0.8 · 0.92 / 0.69


def test_a_few_spines_that_were_looked_at_tell_no_recall() -> None:
    few = Detection(images=1, right=10, wrong=0, missed=2)

    (said,) = sensitivity(LOWER, {"WT": few, "KO": few})

    assert "people looked" not in said
