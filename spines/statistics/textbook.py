"""Published examples that the mixed model is held against.

Both are Davies & Goldsmith's (Statistical Methods in Research and Production, 1972), with the restricted-maximum-
likelihood estimates that lme4 gives (Bates et al. 2015, doi:10.18637/jss.v067.i01; its data sets Dyestuff and Pastes;
the first also in Pinheiro & Bates 2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spines.statistics.reml import fit_reml, members

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
    published = {"mean": 1527.5, "standard error": 19.38, "batch SD": 42.00, "residual SD": 49.51}
    yield from _fitted("Dyestuff", yields, [np.repeat(np.arange(6), 5)], published)

    strengths = np.array([float(text) for text in _STRENGTHS.split()])
    published = {
        "mean": 60.0533,
        "standard error": 0.6769,
        "batch SD": 1.287,
        "cask in batch SD": 2.904,
        "residual SD": 0.8234,
    }
    yield from _fitted("Pastes", strengths, [np.repeat(np.arange(10), 6), np.repeat(np.arange(30), 2)], published)


def _fitted(
    example: str, values: np.ndarray, nested: list[np.ndarray], published: dict[str, float]
) -> Iterator[Estimate]:
    rows = len(values)
    model = fit_reml(values, np.ones((rows, 1)), [*map(members, nested), np.eye(rows)])
    assert model is not None, "batches vary"
    mean = model.estimate([1.0])
    fitted = [mean.value, mean.error, *np.sqrt(model.variances).tolist()]
    for (figure, value), found in zip(published.items(), fitted, strict=True):
        yield Estimate(example=example, figure=figure, published=value, fitted=found)
