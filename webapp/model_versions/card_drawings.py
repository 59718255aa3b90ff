"""What a card holds to be drawn: a detector's precision and recall, a classifier's confusion matrix and calibration.

Cards name figures by the part that they were measured on, such as "val confusion, rows annotated".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from spines.models import ModelVersion
from webapp.model_versions.matrices import Calibration, Confusion, calibration_of, confusion_of
from webapp.plots import plain_text

CONFUSION, RELIABILITY = " confusion, rows annotated", " reliability"
_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKS = ("circle", "square", "diamond", "cross")


@dataclass(frozen=True, kw_only=True)
class CardDrawings:
    """What of a version's card can be drawn; empty where the card has nothing of it."""

    confusions: list[Confusion]
    calibrations: list[Calibration]
    has_curve: bool

    @property
    def any(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.confusions or self.calibrations or self.has_curve)


def drawings_of(version: ModelVersion) -> CardDrawings:
    """Read the card."""
    card = version.card
    return CardDrawings(
        confusions=[confusion_of(part, counts) for part, counts in _figures(card, CONFUSION).items()],
        calibrations=[calibration_of(part, bins) for part, bins in _figures(card, RELIABILITY).items()],
        has_curve=bool(card.get("curve")),
    )


def without_drawn(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that are no drawing."""
    return {name: value for name, value in figures.items() if not name.endswith((CONFUSION, RELIABILITY))}


def _figures(card: Mapping[str, Any], ending: str) -> dict[str, Any]:
    """Part, such as "val" → what its card holds under this ending."""
    figures = card.get("figures") or {}
    return {name.removesuffix(ending): value for name, value in sorted(figures.items()) if name.endswith(ending)}


def reliability_of(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bins of the first part that the card tells of."""
    return next(iter(_figures(card, RELIABILITY).values()), [])


def curve_figure(card: Mapping[str, Any]) -> go.Figure:
    """Precision against recall of each set, a point a threshold; the card's own threshold is marked."""
    chart = go.Figure()
    own = card.get("score_threshold")
    for n, (name, points) in enumerate(sorted((card.get("curve") or {}).items())):
        shown = [point for point in points if point.get("precision") is not None]
        line = {"dash": _DASHES[n % len(_DASHES)], "width": 2}
        at = {"meta": {"ink": "accent" if n == 0 else "ink"}, "name": plain_text(str(name))}
        chart.add_trace(
            go.Scatter(
                x=[point["recall"] for point in shown],
                y=[point["precision"] for point in shown],
                customdata=[[point["threshold"]] for point in shown],
                mode="lines",
                line=line,
                hovertemplate="threshold %{customdata[0]:.2f}<br>recall %{x:.0%}, precision %{y:.0%}",
                **at,
            )
        )
        if own is not None and shown:
            nearest = min(shown, key=lambda point: abs(point["threshold"] - own))
            chart.add_trace(
                go.Scatter(
                    x=[nearest["recall"]],
                    y=[nearest["precision"]],
                    mode="markers",
                    marker={"size": 10, "symbol": _MARKS[n % len(_MARKS)]},
                    showlegend=False,
                    hovertemplate=f"its own threshold, {own:.2f}<br>recall %{{x:.0%}}, precision %{{y:.0%}}",
                    **at,
                )
            )
    chart.update_layout(
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0},
        xaxis={"title": {"text": "recall"}, "range": [0, 1.02], "tickformat": ".0%"},
        yaxis={"title": {"text": "precision"}, "range": [0, 1.02], "tickformat": ".0%"},
    )
    return chart
