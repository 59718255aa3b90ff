"""What a classifier from examples learns from in an experiment, and for which spines it proposes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from spines.errors import Conflict
from spines.models import ExampleClassifier, Experiment, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.likeness import classifier_of
from spines.selectors.results.rows import spines_of
from spines.statistics.likeness import DIMENSIONS, as_numbers
from spines.vocabulary.classes import CANNOT_SAY, NETWORK_KEYS
from spines.vocabulary.measures import MEASURES

FEATURES = (
    f"{DIMENSIONS} numbers of likeness, the network's log probabilities of its {len(NETWORK_KEYS)} classes, and "
    f"{len(MEASURES)} measures with whether there are any"
)
ANIMAL = "analysis_image__image__cell__subject"


@dataclass(frozen=True, kw_only=True)
class Described:
    """Spines with their features (n, d); `said` is what a person said, empty where nobody did. `groups`: of whom."""

    ids: list[int]
    said: list[str]
    groups: list[str]
    grouped_by: str
    features: NDArray[np.float64]
    classifier: int
    without: int


def named_spines(experiment: Experiment) -> QuerySet[Spine]:
    """The spines that count whose class a person named."""
    return spines_of(experiment, ResultFilters()).exclude(reviewed_class__in=("", CANNOT_SAY.key))


def described(experiment: Experiment) -> Described:
    """All spines that count and can be compared. Raises `Conflict` where there are none."""
    networks = classifier_of(experiment)
    spines = spines_of(experiment, ResultFilters()).order_by()
    columns = ("pk", "reviewed_class", ANIMAL, "analysis_image__image", "probabilities", "likeness__numbers")
    rows: list[tuple[Any, ...]] = []
    if networks:
        rows = list(
            spines.filter(likeness__classifier=networks[1]).order_by("pk").values_list(*columns, *MEASURES.keys())
        )
    if not rows or networks is None:
        raise Conflict("No spine of this experiment can be compared yet. Choose Find likeness in its gallery first.")
    by_animal = all(row[2] is not None for row in rows)
    measures = np.array([[np.nan if v is None else v for v in row[6:]] for row in rows], float)
    return Described(
        ids=[row[0] for row in rows],
        said=["" if row[1] == CANNOT_SAY.key else row[1] for row in rows],
        groups=[str(row[2] if by_animal else row[3]) for row in rows],
        grouped_by="animal" if by_animal else "image",
        features=np.hstack([as_numbers([bytes(row[5]) for row in rows]), _opinions(rows), _filled(measures)]),
        classifier=networks[1],
        without=max(spines.count() - len(rows), 0),
    )


def _opinions(rows: list[tuple[Any, ...]]) -> NDArray[np.float64]:
    even = [1 / len(NETWORK_KEYS)] * len(NETWORK_KEYS)
    return np.log(np.array([row[4] or even for row in rows], float) + 1e-3)


def _filled(measures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Missing ones as the mean of the others, and a column that says so."""
    missing = np.isnan(measures)
    there = np.maximum((~missing).sum(axis=0), 1)
    means = np.where(missing, 0, measures).sum(axis=0) / there
    return np.hstack([np.where(missing, means, measures), missing.any(axis=1, keepdims=True).astype(float)])


def versions_of(experiment: Experiment) -> QuerySet[ExampleClassifier]:
    """The latest first; what they propose is not read."""
    return experiment.example_classifiers.select_related("made_by", "applied_by", "classifier").defer("proposals")


def applied_in(experiment: Experiment) -> ExampleClassifier | None:
    """The version that counts; None where none does."""
    return versions_of(experiment).filter(applied_at__isnull=False).first()
