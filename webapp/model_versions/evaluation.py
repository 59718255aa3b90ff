"""A candidate's comparison as the page shows it: figures of both networks on the same images, side by side.

The comparison is JSON that the training writes into `ModelVersion.evaluation`; figures that are not in it stay out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spines.models import ModelKind, ModelVersion
from spines.vocabulary.classes import NETWORK_KEYS
from spines.vocabulary.network_figures import FIGURES
from spines.vocabulary.verdicts import LEAST_GROUPS, Verdict
from webapp.model_versions.matrices import Calibration, Confusion, Figures, calibration_of, confusion_of
from webapp.model_versions.printed import figure, percent, signed

PARTS = {"test": "the test part, which no training sees", "val": "the validation part, since there is no test part"}
SHARES = {"called_share"}
LOWER_IS_BETTER = {"calibration_error"}

EARLIER = (
    "This comparison was made by an earlier release, on frames in place of independent groups and without old domains."
)


@dataclass(frozen=True, kw_only=True)
class Value:
    """A figure as text, with its 95 % interval where one was drawn."""

    text: str
    interval: str = ""


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """One figure of the candidate beside the active network's."""

    label: str
    decides: bool
    candidate: Value
    active: Value | None
    lower_is_better: bool


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """Precision, recall and F1 of a class; the active network's beside."""

    name: str
    spines: int
    candidate: tuple[str, ...]
    active: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A spine that the candidate got wrong; its picture is served under its place in the list."""

    place: int
    file_name: str
    true: str
    predicted: str
    probability: str

    @property
    def has_classes(self) -> bool:
        """Whether both are classes of spines, rather than found or missed."""
        return {self.true, self.predicted} <= set(NETWORK_KEYS)


@dataclass(frozen=True, kw_only=True)
class DomainRow:
    """An old domain: the deciding figure of both networks there, and what the difference says."""

    name: str
    groups: int
    spines: int
    candidate: str
    active: str
    difference: str
    interval: str
    says: str


@dataclass(frozen=True, kw_only=True)
class ShownEvaluation:
    """Everything that the page tells of a comparison."""

    part: str
    images: int
    spines: int
    compared_with: str
    groups: int
    verdict: Verdict
    reasons: list[str]
    domains: list[DomainRow]
    margin: str
    thresholds: str
    difference: str
    difference_interval: str
    deciding: str
    figures: list[FigureRow]
    classes: list[ClassRow]
    confusions: list[Confusion]
    calibrations: list[Calibration]
    wrong: list[Wrong]

    @property
    def decider(self) -> FigureRow | None:
        """The figure that says which network is better."""
        return next((row for row in self.figures if row.decides), None)


def shown_evaluation(version: ModelVersion) -> ShownEvaluation | None:
    """Take a version's comparison apart; None where none was made."""
    evaluation: dict[str, Any] = version.evaluation
    candidate = evaluation.get("candidate")
    if not candidate:
        return None
    active = evaluation.get("active") or None
    difference = evaluation.get("difference") or {}
    decides = evaluation.get("figure", "macro_f1" if version.kind == ModelKind.CLASSIFIER else "f1")
    titled = [("Candidate", candidate), *([("Active", active)] if active else [])]
    return ShownEvaluation(
        part=PARTS.get(evaluation.get("part", ""), evaluation.get("part", "")),
        images=evaluation.get("images", 0),
        spines=evaluation.get("spines", 0),
        compared_with=(evaluation.get("compared_with") or {}).get("name", ""),
        groups=evaluation.get("groups", 0),
        verdict=Verdict(evaluation.get("verdict", Verdict.NONE)),
        reasons=evaluation.get("reasons", [EARLIER]),
        domains=[_domain(entry) for entry in evaluation.get("panel", [])],
        margin=figure(evaluation.get("margin")),
        thresholds=_thresholds(evaluation.get("thresholds") or {}),
        difference=signed(difference.get("value")),
        difference_interval=_range(difference.get("low"), difference.get("high"), signed),
        deciding=FIGURES.get(decides, decides),
        figures=[_row(name, candidate, active, decides) for name in FIGURES if candidate.get(name) is not None],
        classes=_class_rows(candidate, active),
        confusions=[confusion_of(title, f["confusion"]) for title, f in titled if f.get("confusion")],
        calibrations=[calibration_of(title, f["calibration"]) for title, f in titled if f.get("calibration")],
        wrong=[_wrong(place, entry) for place, entry in enumerate(evaluation.get("wrong", []))],
    )


def _range(low: float | None, high: float | None, text: Any) -> str:
    return "" if low is None or high is None else f"{text(low)} to {text(high)}"


def _value(name: str, figures: Figures) -> Value:
    text = percent if name in SHARES else figure
    low, high = figures.get(f"{name}_95") or (None, None)
    return Value(text=text(figures.get(name)), interval=_range(low, high, text))


def _row(name: str, candidate: Figures, active: Figures | None, decides: str) -> FigureRow:
    return FigureRow(
        label=FIGURES[name],
        decides=name == decides,
        candidate=_value(name, candidate),
        active=_value(name, active) if active else None,
        lower_is_better=name in LOWER_IS_BETTER,
    )


def _thresholds(stated: Mapping[str, float]) -> str:
    """From which score on a box is a spine, and that it changes.

    >>> _thresholds({"candidate": 0.24, "active": 0.34})
    'From a score of 0.24 on a box is a spine; it was 0.34.'
    """
    own, before = stated.get("candidate"), stated.get("active")
    if own is None:
        return ""
    changes = before is not None and before != own
    return f"From a score of {own:.2f} on a box is a spine; it {f'was {before:.2f}' if changes else 'stays so'}."


def _domain(entry: Figures) -> DomainRow:
    difference = entry.get("difference") or {}
    verdict = Verdict(entry["verdict"])
    few = f"fewer than {LEAST_GROUPS} groups" if entry["groups"] < LEAST_GROUPS else "nothing to compare with"
    return DomainRow(
        name=entry["name"],
        groups=entry["groups"],
        spines=entry["spines"],
        candidate=figure(entry["candidate"]),
        active=figure(entry["active"]),
        difference=signed(difference.get("value")),
        interval=_range(difference.get("low"), difference.get("high"), signed),
        says=verdict.of_old or few,
    )


def _class_rows(candidate: Figures, active: Figures | None) -> list[ClassRow]:
    by_class = candidate.get("by_class") or {}
    of_active = (active or {}).get("by_class") or {}

    def three(figures: Figures) -> tuple[str, ...]:
        return tuple(figure(figures.get(name)) for name in ("precision", "recall", "f1"))

    return [
        ClassRow(
            name=name,
            spines=by_class[name].get("spines", 0),
            candidate=three(by_class[name]),
            active=three(of_active[name]) if name in of_active else None,
        )
        for name in NETWORK_KEYS
        if name in by_class
    ]


def _wrong(place: int, entry: Figures) -> Wrong:
    return Wrong(
        place=place,
        file_name=str(entry.get("file_name", "")),
        true=str(entry.get("true", "")),
        predicted=str(entry.get("predicted", "")),
        probability=figure(entry.get("probability")),
    )
