"""What the Threshold page says, for every threshold at once: the slider picks, no request is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spines.accuracy.operating_curve import (
    LEAST_GROUPS,
    LEAST_SPINES,
    CurvePoint,
    OperatingCurve,
    is_enough,
    operating_curve,
)
from spines.models import AnalysisImage, Experiment, ThresholdChange
from spines.models.analyses import UNFINISHED
from spines.selectors.analyses.thresholds import (
    THRESHOLDS,
    Mark,
    counts_of,
    latest_change,
    marks_of,
    own_thresholds,
    reviewed_images,
    to_follow,
)
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_of
from spines.vocabulary.numbers import PLAIN, SHARE, count, in_words

MOST_IMAGES = 300
OUTCOMES = {"right": "right", "wrong": "no spine", "missed": "missed"}


def curve_of(experiment: Experiment) -> tuple[OperatingCurve | None, str]:
    """The curve, or None and what is needed for one."""
    images = reviewed_images(experiment)
    if is_enough(images):
        return operating_curve(images), ""
    spines = sum(image.spines for image in images)
    return None, (
        f"This needs {LEAST_GROUPS} reviewed images with {LEAST_SPINES} spines in all: on an image's page correct what "
        "is wrong, add what is missing, and say that all boxes are right. "
        f"So far {in_words(len(images), 'image')} with {in_words(spines, 'spine')} "
        f"{'is' if len(images) == 1 else 'are'} reviewed."
    )


@dataclass(frozen=True, kw_only=True)
class State:
    """Which threshold holds, and how far the results follow it."""

    experiment: Experiment
    own: list[float]
    change: ThresholdChange | None
    left: int

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker is at it, or is to be."""
        return self.change is not None and self.change.status in UNFINISHED

    @property
    def done(self) -> int:
        """Images that follow already."""
        return max(self.change.images - self.left, 0) if self.change else 0

    @property
    def now(self) -> float | None:
        """The threshold that holds; None where detectors differ in theirs, or nothing was analysed."""
        if self.experiment.score_threshold is not None:
            return self.experiment.score_threshold
        return self.own[0] if len(self.own) == 1 else None

    @property
    def own_in_words(self) -> str:
        """The detectors' own operating points."""
        return " and ".join(f"{own:.2f}" for own in self.own)


def state_of(experiment: Experiment) -> State:
    """As it stands now."""
    change = latest_change(experiment)
    return State(
        experiment=experiment, own=own_thresholds(experiment), change=change, left=to_follow(experiment).count()
    )


@dataclass(frozen=True, kw_only=True)
class ShownImage:
    """An image to choose for the picture."""

    image_id: int
    name: str
    reviewed: bool


def images_to_show(experiment: Experiment) -> list[ShownImage]:
    """Those that count, the reviewed ones first; at most MOST_IMAGES."""
    rows = results_of(experiment, ResultFilters()).order_by("image__original_name", "image")
    found = [
        ShownImage(image_id=image, name=name, reviewed=reviewed is not None)
        for image, name, reviewed in rows.values_list("image", "image__original_name", "reviewed_at")
    ]
    return sorted(found, key=lambda shown: not shown.reviewed)[:MOST_IMAGES]


def result_to_show(experiment: Experiment, image_id: int) -> AnalysisImage | None:
    """The result of an image of the experiment that counts."""
    rows = results_of(experiment, ResultFilters()).filter(image=image_id)
    return rows.select_related("image__experiment__project__lab").first()


def marks_in_words(marks: Sequence[Mark], *, reviewed: bool) -> list[str]:
    """For each of THRESHOLDS what the picture shows."""
    said = []
    for threshold in THRESHOLDS:
        kinds = Counter(mark.kind for mark in marks if mark.is_shown(threshold))
        if reviewed:
            said.append(", ".join(f"{count(kinds[kind])} {words}" for kind, words in OUTCOMES.items()))
        else:
            said.append(in_words(sum(kinds.values()), "spine"))
    return said


def curve_in_words(curve: OperatingCurve | None) -> list[str]:
    """For each of THRESHOLDS what the reviewed images say of it."""
    if curve is None:
        return [""] * len(THRESHOLDS)
    return [_point_in_words(curve.at(threshold)) for threshold in THRESHOLDS]


def _point_in_words(point: CurvePoint | None) -> str:
    if point is None:
        return "Not all reviewed images keep boxes with so low a score."
    recall = f"recall {_share(point.recall, point.recall_95)}"
    if point.precision is None:
        return f"No box scores so much: {recall}."
    return (
        f"Precision {_share(point.precision, point.precision_95)}, {recall}; "
        f"{PLAIN.value(point.count_ratio)} boxes for each spine that people see."
    )


def _share(value: float, interval: tuple[float, float] | None) -> str:
    low, high = interval or (value, value)
    return f"{SHARE.value(value)} % ({SHARE.value(low)} to {SHARE.value(high)})"


def counts_in_words(experiment: Experiment) -> list[str]:
    """For each of THRESHOLDS how many spines the experiment has then."""
    counts = counts_of(experiment)
    said = []
    for spines, incomplete in zip(counts.spines, counts.incomplete, strict=True):
        text = f"{in_words(spines, 'spine')} in the experiment."
        if incomplete:
            text += (
                f" {in_words(incomplete, 'image')} {'keeps' if incomplete == 1 else 'keep'} nothing with so low a "
                "score and would have more: analyse anew."
            )
        said.append(text)
    return said


def legend(experiment: Experiment, *, reviewed: bool) -> list[tuple[str, str]]:
    """Kind of a mark and what it means."""
    if reviewed:
        return [
            ("right", "found, and a spine"),
            ("wrong", "found, and no spine"),
            ("missed", "a spine that is not found"),
        ]
    classes = [(key, style.name) for key, style in experiment.classes.styles.items()]
    return [*classes, ("unclassified", "not classified yet")]


def for_the_slider(experiment: Experiment, curve: OperatingCurve | None, marks: list[str]) -> dict[str, Any]:
    """What the page's script picks from, by threshold."""
    return {
        "thresholds": THRESHOLDS,
        "picture": marks,
        "curve": curve_in_words(curve),
        "experiment": counts_in_words(experiment),
    }


def picture_of(result: AnalysisImage | None) -> list[Mark]:
    """The marks of the picture, none where there is no picture."""
    return marks_of(result) if result else []
