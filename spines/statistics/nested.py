"""The restricted likelihood of cells nested in animals nested in conditions, in closed sums."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

MOST_VARIANCE_RATIO = 1e6
"""Of a component to the residual: at it, the residual counts as zero."""


@dataclass(frozen=True, kw_only=True)
class Nesting:
    """Rows' values, weights and where they nest: codes from 0 of conditions, animals and cells.

    An animal has one condition, a cell one animal. `cells` is None where some are not known.
    """

    values: Floats
    weights: Floats
    conditions: Codes
    animals: Codes
    cells: Codes | None

    @property
    def animal_conditions(self) -> Codes:
        """Each animal's condition."""
        return _of(self.animals, self.conditions)

    def animal_means(self) -> Floats:
        """Each animal's mean, over all that its observations are means of."""
        weights = np.bincount(self.animals, self.weights)
        means: Floats = np.bincount(self.animals, self.weights * self.values) / weights
        return means


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Generalised least squares at given variance ratios, by condition: means, and their variances over σ²."""

    means: Floats
    variance_ratios: Floats
    residual_variance: float
    deviance: float
    """−2 log restricted likelihood, but for a constant."""


class Nested:
    """Rows summed by what does not change with the variances.

    Parameters
    ----------
    rows : at least one more than conditions.
    cells : rows.cells, or None for a model without cells.
    """

    def __init__(self, rows: Nesting, cells: Codes | None) -> None:
        weights = rows.weights / rows.weights.mean()
        inner = np.arange(len(weights)) if cells is None else cells
        self.has_cells = cells is not None
        self._cell_weights = np.bincount(inner, weights)
        self._cell_means = np.bincount(inner, weights * rows.values) / self._cell_weights
        self._cell_animals = _of(inner, rows.animals)
        self._animal_conditions = rows.animal_conditions
        self._within = float((weights * (rows.values - self._cell_means[inner]) ** 2).sum())
        self._df = len(weights) - int(rows.conditions.max()) - 1

    def at(self, animal_ratio: float, cell_ratio: float) -> Estimates:
        """Estimates where the animals' and the cells' variance are these multiples of the residual one, σ².

        A cell whose observations weigh s together informs about its animal with s / (1 + ρ_cell s); an animal whose
        cells so inform with t together informs about its condition with t / (1 + ρ_animal t). That is XᵀV⁻¹X of nested
        groups.
        """
        informs = self._cell_weights / (1 + cell_ratio * self._cell_weights)
        of_animal = np.bincount(self._cell_animals, informs)
        animal_means = np.bincount(self._cell_animals, informs * self._cell_means) / of_animal
        squares = self._within + float((informs * (self._cell_means - animal_means[self._cell_animals]) ** 2).sum())
        log_determinant = np.log1p(cell_ratio * self._cell_weights).sum() + np.log1p(animal_ratio * of_animal).sum()

        informs = of_animal / (1 + animal_ratio * of_animal)
        of_condition = np.bincount(self._animal_conditions, informs)
        means = np.bincount(self._animal_conditions, informs * animal_means) / of_condition
        squares += float((informs * (animal_means - means[self._animal_conditions]) ** 2).sum())
        return Estimates(
            means=means,
            variance_ratios=1 / of_condition,
            residual_variance=squares / self._df,
            deviance=float(self._df * np.log(max(squares, np.finfo(float).tiny)) + log_determinant)
            + float(np.log(of_condition).sum()),
        )

    def likeliest(self) -> tuple[float, float]:
        """Variance ratios at the least deviance, up to the most: of animals, and of cells (0 without them)."""

        def deviance(roots: Floats) -> float:
            return self.at(float(roots[0]) ** 2, float(roots[1]) ** 2 if self.has_cells else 0.0).deviance

        tried = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
        starts = [np.array(start) for start in np.ndindex(*(len(tried),) * (1 + self.has_cells))]
        start = min((np.take(tried, indices) for indices in starts), key=deviance)
        # A simplex needs no slope: by the root of a variance the slope is zero at zero, and searches that follow slopes
        # stop there.
        found = minimize(
            deviance,
            start,
            method="Nelder-Mead",
            bounds=[(0, math.sqrt(MOST_VARIANCE_RATIO))] * len(start),
            options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 2000},
        )
        return float(found.x[0]) ** 2, float(found.x[1]) ** 2 if self.has_cells else 0.0


def _of(codes: Codes, what: Codes) -> Codes:
    """What is the same for all rows of a code, by code."""
    found = np.zeros(int(codes.max()) + 1, np.intp)
    found[codes] = what
    return found
