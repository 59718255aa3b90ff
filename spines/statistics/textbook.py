"""Published examples that the mixed model is held against.

Both are Davies & Goldsmith's (Statistical Methods in Research and Production, 1972), with the restricted-maximum-
likelihood estimates that lme4 gives (Bates et al. 2015, doi:10.18637/jss.v067.i01; its data sets Dyestuff and Pastes;
the first also in Pinheiro & Bates 2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spines.statistics.mixed_model import fit_model
from spines.statistics.nested import Nesting

_YIELDS_G = (
    "1545 1440 1440 1520 1580 1540 1555 1490 1560 1495 1595 1550 1605 1510 1560 "
    "1445 1440 1595 1465 1545 1595 1630 1515 1635 1625 1520 1455 1450 1480 1445"
)
"""Dyestuff: five from each of six batches."""
_STRENGTHS = (
    "62.8 62.6 60.1 62.3 62.7 63.1 60.0 61.4 57.5 56.9 61.1 58.9 58.7 57.5 63.9 63.1 65.4 63.7 57.1 56.4 "
    "56.9 58.6 64.7 64.5 55.1 55.1 54.7 54.2 58.8 57.5 63.4 64.9 59.3 58.1 60.5 60.0 62.5 62.6 61.0 58.7 "
    "56.9 57.7 59.2 59.4 65.2 66.0 64.8 64.1 54.8 54.8 64.0 64.0 57.7 56.8 58.3 59.3 59.2 59.2 58.9 56.6"
)
"""Pastes: two assays of each of three casks of each of ten batches."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One figure of one example, as published and as fitted here."""

    example: str
    figure: str
    published: float
    fitted: float


def textbook_estimates() -> Iterator[Estimate]:
    """Fit both examples: batches stand for animals, casks for cells."""
    yields = np.array([float(text) for text in _YIELDS_G.split()])
    batches = np.repeat(np.arange(6), 5)
    published = {"mean": 1527.5, "standard error": 19.38, "batch SD": 42.00, "residual SD": 49.51}
    yield from _fitted("Dyestuff", _rows(yields, batches, np.arange(len(yields))), published)

    strengths = np.array([float(text) for text in _STRENGTHS.split()])
    batches, casks = np.repeat(np.arange(10), 6), np.repeat(np.arange(30), 2)
    published = {
        "mean": 60.0533,
        "standard error": 0.6769,
        "batch SD": 1.287,
        "cask in batch SD": 2.904,
        "residual SD": 0.8234,
    }
    yield from _fitted("Pastes", _rows(strengths, batches, casks), published)


def _rows(values: np.ndarray, batches: np.ndarray, casks: np.ndarray) -> Nesting:
    return Nesting(
        values=values,
        weights=np.ones(len(values)),
        conditions=np.zeros(len(values), np.intp),
        animals=batches,
        cells=casks,
    )


def _fitted(example: str, rows: Nesting, published: dict[str, float]) -> Iterator[Estimate]:
    model = fit_model(rows, [example])
    assert model is not None, "batches vary"
    fitted = {
        "mean": model.means[example],
        "standard error": model.standard_errors[example],
        "batch SD": model.animal_sd,
        "cask in batch SD": model.cell_sd,
        "residual SD": model.residual_sd,
    }
    for figure, value in published.items():
        yield Estimate(example=example, figure=figure, published=value, fitted=fitted[figure] or float("nan"))
