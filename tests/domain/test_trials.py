"""Made experiments of many designs: the tests keep 5 %, hold the effect and find it, as far as few experiments tell."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from spines.statistics.made_experiments import shares
from spines.statistics.trials import TRIALS, Trial, run

SPREAD = next(trial for trial in TRIALS if trial.name.startswith("3 of threefold spread"))


def test_a_small_group_of_threefold_spread_finds_no_differences_that_are_none() -> None:
    (found,) = run(SPREAD, experiments=60, seed=3)

    # Of 60 at 5 %, more than 8 come up once in 1,000 such runs; the seed is fixed.
    assert found.false_positives <= 8 / 60
    assert found.reference_false_positives > found.false_positives
    assert found.coverage >= 52 / 60


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_every_design_can_be_tried(trial: object) -> None:
    found = run(trial, experiments=1)  # type: ignore[arg-type]

    assert found
    assert all(0 <= share <= 1 for each in found for share in (each.false_positives, each.coverage, each.power))


def test_the_command_prints_a_row_a_question() -> None:
    call_command("measure_statistics", experiments=2, only="2 × 2, 5 each", stdout=(out := StringIO()))

    rows = [line for line in out.getvalue().splitlines() if line.startswith("| 2 × 2, 5 each |")]
    assert [row.split(" | ")[1] for row in rows] == [
        "genotype: KO − WT",
        "treatment: drug − vehicle",
        "genotype × treatment",
    ]
    with pytest.raises(CommandError, match="No design's name holds nothing"):
        call_command("measure_statistics", only="nothing")


def test_an_experiment_without_a_spine_of_the_class_counts_by_its_permutation() -> None:
    rare = Trial(name="rare", reference="t", make=shares(20, 0.005), effect=0.001)

    (found,) = run(rare, experiments=25)

    assert found.coverage >= 0.9  # where nothing was found there is no interval, which excludes nothing
    assert found.false_positives <= 0.1
