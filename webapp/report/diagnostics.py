"""What a statistician asks of the primary measure's model: estimates, variance components, residuals and leverage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from spines.selectors.results.comparison import Comparison
from spines.selectors.results.fitted_model import FittedModel, TooLarge
from spines.statistics.contrasts import Estimate
from spines.statistics.residuals import residuals, residuals_in_words
from spines.statistics.types import MeasureTest
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.numbers import NONE, number
from webapp.report.content import Block, Paragraph, Table

MOST_RESIDUALS = 60
_NOTE = (
    "A sample is a condition, or the differences within animals of two conditions. From the others: how far the animal "
    "lies from the mean of the others, in standard errors of one more value. Leverage: its part of the sample's mean."
)
_VARIES = {
    "litter": "litters",
    "animal": "animals",
    "animal:condition": "an animal's conditions",
    "animal:cell": "cells of an animal",
    "residual": "residual: a row of mean weight",
}


def diagnostics(comparison: Comparison, model: FittedModel | TooLarge | None) -> Iterator[Block]:
    """Of the primary measure, of density where none is named; nothing where it has no values."""
    if isinstance(model, TooLarge):
        yield Paragraph(text=f"{model}")
    elif model is not None:
        yield _fixed_effects(model)
        yield _components(model)
    test = asked_measure(comparison)
    found = residuals(test) if test else []
    if test is not None and found:
        yield Paragraph(text=f"Diagnostics, {test.measure}: {residuals_in_words(found)}")
        shown = found[:MOST_RESIDUALS]
        yield Table(
            caption=f"Residuals and leverage of animals, {test.measure}",
            head=("Sample", "Animal", "Value", "Residual", "From the others, SE", "Leverage"),
            rows=tuple(
                (
                    each.sample,
                    each.animal,
                    number(each.value),
                    number(each.residual),
                    NONE if each.distance is None else number(each.distance),
                    number(each.leverage),
                )
                for each in shown
            ),
            texts=2,
            note=_NOTE
            + (f" The first {MOST_RESIDUALS} of {len(found)}." if len(found) > MOST_RESIDUALS else "")
            + (" Values are logarithms." if test.kind and "logarithm" in test.kind else ""),
        )


def asked_measure(comparison: Comparison) -> MeasureTest | None:
    """The primary measure's test, that of density where none is named."""
    return next((test for test in comparison.tests.values() if test.is_primary), comparison.tests.get(DENSITY))


def _fixed_effects(model: FittedModel) -> Table:
    use = "Effects of the design are told by this model."
    if not model.is_tested:
        use = "It shows what varies by how much; tests are made with a variance for each group and do not rest on it."
    scale = "" if not model.is_of_logarithms else " Estimates are back from logarithms, standard errors are of these."
    return Table(
        caption=f"Fixed effects of one mixed model, {model.measure}",
        head=("Fixed effect", "Estimate", "Standard error", "df", "95 % interval"),
        rows=tuple(_rows({f"mean of {name}": each for name, each in model.means.items()}, model))
        + tuple(_rows(model.covariates, model)),
        note=f"{model.formula}, in R's notation.{scale} {use}",
    )


def _rows(estimates: Mapping[str, Estimate], model: FittedModel) -> Iterator[tuple[str, ...]]:
    for name, each in estimates.items():
        ends = [each.value, *each.interval()]
        value, low, high = (number(math.exp(min(end, 700)) if model.is_of_logarithms else end) for end in ends)
        df = number(each.df) if math.isfinite(each.df) and each.df < 1e4 else "no limit"
        yield name, value, number(each.error), df, f"{low} to {high}"


def _components(model: FittedModel) -> Table:
    total = sum(sd**2 for sd in model.components.values())
    note = (
        "Standard deviations of logarithms" if model.is_of_logarithms else "Standard deviations in the measure's unit"
    )
    if model.is_of_logarithms and "residual" not in model.components:
        note += ", beyond what counting itself varies by"
    return Table(
        caption=f"Variance components, {model.measure}",
        head=("What varies", "Standard deviation", "Part of these variances, %"),
        rows=tuple(
            (_VARIES.get(name, name), number(sd), number(100 * sd**2 / total, 2) if total else NONE)
            for name, sd in model.components.items()
        ),
        note=f"{note}. One that is estimated at 0 is not larger than what varies below it explains.",
    )
