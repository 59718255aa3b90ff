"""Published examples beside R itself, where R is there: estimates, standard errors, degrees of freedom and p-values.

`test_designed.py` and `test_counts_in_groups.py` hold the same figures where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from spines.statistics.contrasts import Estimate
from spines.statistics.design import AnimalFacts, Design, Factor, Spread, plain_design
from spines.statistics.designed import DesignTest, analyse, analyse_counts
from spines.statistics.glmm import Counts, fit_counts
from spines.statistics.textbook import textbook_estimates
from tests.domain import published_designs as published
from tests.r import need_r, run_r

SCRIPT = Path(__file__).with_name("published.R")
Figures = tuple[float, float, float, float]
"""Estimate, standard error, degrees of freedom, p."""


@cache
def in_r() -> dict[str, Figures]:
    """What R prints, by the example's name."""
    lines = [line.split("\t") for line in run_r(SCRIPT, folder=SCRIPT.parent).splitlines()]
    return {name: (float(value), float(error), float(df), float(p)) for name, value, error, df, p, _ in lines}


def here() -> Iterator[tuple[str, Figures]]:
    """The same examples by this program."""
    mean = {(each.example, each.figure): each.fitted for each in textbook_estimates()}
    for name, df in (("Dyestuff", 5), ("Pastes", 9)):
        fitted = Estimate(value=mean[name, "mean"], error=mean[name, "standard error"], df=df)
        yield name, _figures(fitted)
    nitrogen = tuple(f"{amount}" for amount in published.NITROGEN)
    yield "Oats", _effect(analyse("yield", published.oats(), _within(nitrogen)), "condition: 0.2 − 0.0")
    split = split_plot()
    yield "Oats split-plot, nitrogen", _effect(split, "nitro: 0.2 − 0.0")
    yield "Oats split-plot, variety", _effect(split, "variety: Marvellous − Victory")
    days = replace(_within([f"{day}" for day in range(10)], tuple(map(float, range(10)))), spread=Spread.EACH)
    yield "sleepstudy", _effect(analyse("reaction", published.sleepstudy(), days), "trend over condition")
    by_sex = _crossed(("sex", "M", "F"), ("age", "8", "10", "12", "14"), amounts=(8, 10, 12, 14), within=True)
    children = analyse("distance", published.orthodont(), by_sex)
    yield "Orthodont, sex", _effect(children, "sex: F − M")
    yield "Orthodont, trends", _effect(children, "trend over age: F − M")
    yield "Machines", _effect(analyse("score", published.machines(), _within("ABC")), "condition: B − A")
    stools = analyse("effort", published.ergo_stool(), _within(("T1", "T2", "T3", "T4")))
    yield "ergoStool", _effect(stools, "condition: T3 − T1")
    drugs = plain_design("12", within_animals=True)
    yield "sleep", _effect(analyse("hours", published.sleep(), drugs), "condition: 2 − 1")
    yield from _counts()


def _counts() -> Iterator[tuple[str, Figures]]:
    herd, cases, size, period = published.cbpp()
    x = (period[:, None] == np.arange(1, 5)).astype(float)
    herds = fit_counts(Counts(counts=cases, size=size), x, [herd.tolist()])
    assert herds
    yield "cbpp", _figures(herds.estimate([-1, 1, 0, 0]))
    sprays = replace(plain_design("ABCDEF"), spread=Spread.COMMON)
    yield "InsectSprays", _effect(analyse_counts("insects", published.insect_sprays(), sprays), "condition: D − A")
    looms = analyse_counts("breaks", published.warp_breaks(), _crossed(("wool", "A", "B"), ("tension", "L", "M", "H")))
    yield "warpbreaks, wool × tension", _effect(looms, "wool × tension: B − A at M − L")
    trial = _crossed(("drug", "placebo", "progabide"), ("period", "1", "2", "3", "4"), within=True)
    seizures = analyse_counts("seizures", published.epil(), trial)
    yield "epil, drug × period", _effect(seizures, "drug × period: progabide − placebo at 2 − 1")
    yield "epil, drug", _effect(seizures, "drug: progabide − placebo")


def split_plot() -> DesignTest:
    factors = (
        Factor(name="variety", levels=published.VARIETIES),
        Factor(name="nitro", levels=tuple(f"{n}" for n in published.NITROGEN), within_animals=True),
    )
    cells = {f"{v} {n}": (v, f"{n}") for v in published.VARIETIES for n in published.NITROGEN}
    design = Design(factors=factors, conditions=cells, has_litters=True, spread=Spread.COMMON)
    rows = published.oats_by_variety()
    facts = {row.animal: AnimalFacts(name=row.animal, litter=row.animal.split()[0]) for row in rows}
    return analyse("yield", rows, design, facts=facts)


def _crossed(
    between: tuple[str, ...], other: tuple[str, ...], *, amounts: tuple[float, ...] = (), within: bool = False
) -> Design:
    """Two factors, a name and its levels each, and one variance."""
    first = Factor(name=between[0], levels=between[1:])
    second = Factor(name=other[0], levels=other[1:], within_animals=within, amounts=amounts)
    cells = {f"{a} {b}": (a, b) for a in first.levels for b in second.levels}
    return Design(factors=(first, second), conditions=cells, spread=Spread.COMMON)


def _within(names: tuple[str, ...] | list[str] | str, amounts: tuple[float, ...] = ()) -> Design:
    plain = plain_design(tuple(names), within_animals=True)
    return replace(plain, factors=(replace(plain.factors[0], amounts=amounts),), spread=Spread.COMMON)


def _effect(test: DesignTest, label: str) -> Figures:
    found = test.effect(label)
    assert found.value is not None
    assert found.error is not None
    assert found.df is not None
    assert found.p_value is not None
    return found.value, found.error, found.df, found.p_value


def _figures(found: Estimate) -> Figures:
    return found.value, found.error, found.df, found.p_value


@pytest.mark.long
def test_published_examples_are_as_r_has_them() -> None:
    need_r("lme4", "pbkrtest", "nlme", "MASS")
    examples = dict(here())
    assert examples.keys() == in_r().keys()
    for name, (value, error, df, p) in in_r().items():
        found = examples[name]
        assert found[:2] == pytest.approx((value, error), rel=5e-4), name
        if np.isfinite(df):
            assert found[2] == pytest.approx(df, rel=1e-3), name
        if np.isfinite(df) or found[2] > 1000:
            assert found[3] == pytest.approx(p, rel=0.1), name
        else:
            # glmer's z takes for known what a few animals vary by; here Satterthwaite's degrees of freedom tell.
            assert found[3] > p, name
