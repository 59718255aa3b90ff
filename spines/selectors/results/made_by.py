"""Which networks, program and formulas made the shown results, and what they mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from spines.models import AnalysisImage, Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_of
from spines.selectors.results.standing import counted_results
from spines.vocabulary.numbers import in_words, listed

VERSIONS = ("software_version", "tracing_version", "measures_version")
"""What a result keeps of the program that wrote it."""
NOT_STATED = "not stated"


@dataclass(frozen=True, kw_only=True)
class MadeBy:
    """Networks, program, tracing and formulas behind some of the shown results, and over how many images."""

    detector: str
    detector_id: int
    classifier: str
    classifier_id: int
    software_version: str
    tracing_version: int | None
    measures_version: int | None
    uncertain_below: float | None
    score_threshold: float | None
    images: int
    first_at: Any
    last_at: Any


def made_by(experiment: Experiment, filters: ResultFilters) -> list[MadeBy]:
    """What made the shown results; more than one row means that figures mix versions."""
    return _rows_of(results_of(experiment, filters))


def made_by_all(experiments: Iterable[Experiment]) -> list[MadeBy]:
    """What made the results that count of several experiments, which a project's page compares."""
    return _rows_of(counted_results([experiment.pk for experiment in experiments]))


def _rows_of(results: QuerySet[AnalysisImage]) -> list[MadeBy]:
    prefix = "analysis__"
    fields: tuple[str, ...] = ("detector", "detector__name", "detector__version")
    fields += ("classifier", "classifier__name", "classifier__version", "classifier__card__uncertain_below")
    rows = (
        results.values_list(*(f"{prefix}{name}" for name in fields), *VERSIONS, "score_threshold")
        .annotate(images=Count("pk"), first_at=Min("finished_at"), last_at=Max("finished_at"))
        .order_by("-last_at")
    )
    return [_made_by(*row) for row in rows]


def _made_by(
    detector_id: int,
    detector: str,
    detector_version: str,
    classifier_id: int,
    classifier: str,
    classifier_version: str,
    uncertain_below: float | None,
    *of_results: Any,
) -> MadeBy:
    software_version, tracing_version, measures_version, score_threshold, images, first_at, last_at = of_results
    return MadeBy(
        detector=f"{detector} {detector_version}",
        detector_id=detector_id,
        classifier=f"{classifier} {classifier_version}",
        classifier_id=classifier_id,
        uncertain_below=float(uncertain_below) if uncertain_below is not None else None,
        software_version=software_version,
        tracing_version=tracing_version,
        measures_version=measures_version,
        score_threshold=score_threshold,
        images=images,
        first_at=first_at,
        last_at=last_at,
    )


def _number(version: int | None) -> str:
    return NOT_STATED if version is None else f"version {version}"


def _threshold(score: float | None) -> str:
    return NOT_STATED if score is None else f"score ≥ {score:g}"


_MIXED: tuple[tuple[str, Callable[[MadeBy], str]], ...] = (
    ("detectors found the spines", lambda made: made.detector),
    ("thresholds told spines from none", lambda made: _threshold(made.score_threshold)),
    ("classifiers told the classes", lambda made: made.classifier),
    ("versions of the tracing drew the dendrites", lambda made: _number(made.tracing_version)),
    ("versions of the formulas measured the spines", lambda made: _number(made.measures_version)),
    ("releases of Spinula wrote the results", lambda made: made.software_version or NOT_STATED),
)


def mixed_versions(rows: Sequence[MadeBy]) -> list[str]:
    """What these results mix, a sentence each; none where all were made alike."""
    said = []
    for what, of in _MIXED:
        images: Counter[str] = Counter()
        for made in rows:
            images[of(made)] += made.images
        if len(images) > 1:
            each = listed(f"{name} ({in_words(n, 'image')})" for name, n in images.most_common())
            said.append(f"{len(images)} {what}: {each}.")
    if said:
        said.append("Analyse all images again before you compare them: a difference may be one of versions.")
    return said
