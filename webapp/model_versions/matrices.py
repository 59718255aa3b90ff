"""Confusion matrices and calibrations of networks as pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spines.vocabulary.classes import NETWORK_KEYS
from webapp.model_versions.printed import figure

Figures = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a confusion matrix. `level` is its share of the row in tenths."""

    count: int
    level: int
    is_right: bool


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """True classes in rows, called classes in columns."""

    title: str
    rows: list[tuple[str, list[Cell], int]]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How often spines of a stated confidence are right, by network."""

    title: str
    rows: list[tuple[str, int, str, str]]


def confusion_of(title: str, counts: list[list[int]]) -> Confusion:
    """A matrix of counts, classes in their order, under a title."""
    rows = []
    for at, (name, row) in enumerate(zip(NETWORK_KEYS, counts, strict=False)):
        total = sum(row)
        cells = [
            Cell(count=n, level=round(10 * n / total) if total else 0, is_right=at == to) for to, n in enumerate(row)
        ]
        rows.append((name, cells, total))
    return Confusion(title=title, rows=rows)


def calibration_of(title: str, bins: list[Figures]) -> Calibration:
    """Bins of confidence that hold a spine, under a title."""
    rows = [
        (f"{b['low']:.2f} to {b['high']:.2f}", b["spines"], figure(b.get("confidence")), figure(b.get("accuracy")))
        for b in bins
        if b.get("spines")
    ]
    return Calibration(title=title, rows=rows)
