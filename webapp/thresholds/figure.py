"""Precision and recall against the threshold, as a Plotly figure and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go

from spines.accuracy.operating_curve import CurvePoint, OperatingCurve
from spines.vocabulary.numbers import in_words
from webapp.results.figures.common import empty_figure

TABLE_STEP = 5  # hundredths
_LINE = "#868f9a"


def curve_chart(curve: OperatingCurve | None, why_not: str, *, threshold: float | None) -> go.Figure:
    """Both with their intervals; a line at the threshold that is looked at."""
    if curve is None:
        return empty_figure(why_not)
    figure = go.Figure()
    known = [point for point in curve.points if point.precision is not None]
    _add(figure, known, "precision", dash="solid", ink="accent", tint="rgba(110,100,220,0.16)")
    _add(figure, curve.points, "recall", dash="dash", ink="ink", tint="rgba(130,138,148,0.18)")
    shown = threshold if threshold is not None else curve.best.threshold
    figure.update_layout(
        xaxis={"title": {"text": "threshold (detection score)"}, "range": [curve.points[0].threshold, 0.95]},
        yaxis={"title": {"text": "share"}, "range": [0, 1.02], "tickformat": ".0%"},
        legend={"orientation": "h", "y": 1.12, "x": 0},
        hovermode="x unified",
        shapes=[
            {"type": "line", "x0": shown, "x1": shown, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": _LINE}}
        ],
        meta={"note": rests_on(curve)},
    )
    return figure


def _add(figure: go.Figure, points: Sequence[CurvePoint], what: str, *, dash: str, ink: str, tint: str) -> None:
    at = [point.threshold for point in points]
    low, high = zip(*(getattr(point, f"{what}_95") for point in points), strict=True)
    figure.add_trace(
        go.Scatter(
            x=[*at, *reversed(at)],
            y=[*high, *reversed(low)],
            fill="toself",
            fillcolor=tint,
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=at,
            y=[getattr(point, what) for point in points],
            customdata=list(zip(low, high, strict=True)),
            mode="lines",
            name=what.capitalize(),
            line={"dash": dash, "width": 2},
            meta={"ink": ink},
            hovertemplate="%{y:.0%} (%{customdata[0]:.0%} to %{customdata[1]:.0%})",
        )
    )


def rests_on(curve: OperatingCurve) -> str:
    """What the curve is made of, and where it is best."""
    best = curve.best
    animals = f" of {in_words(curve.animals, 'animal')}" if curve.animals else ""
    return (
        f"From {in_words(curve.images, 'reviewed image')}{animals} with {in_words(curve.spines, 'spine')}. Bands: 95 % "
        f"intervals from drawing {curve.drawn} with replacement. F1 is highest at {best.threshold:.2f}."
    )


def rows_of_table(curve: OperatingCurve) -> list[CurvePoint]:
    """Every twentieth, and the best."""
    return [
        point
        for point in curve.points
        if round(point.threshold * 100) % TABLE_STEP == 0 or point.threshold == curve.best.threshold
    ]


def csv_rows(curve: OperatingCurve | None) -> Iterator[tuple[Any, ...]]:
    """All points, header first; the header alone without a curve."""
    yield (
        "threshold",
        "boxes",
        "boxes_on_spines",
        "precision",
        "precision_low_95",
        "precision_high_95",
        "recall",
        "recall_low_95",
        "recall_high_95",
        "f1",
        "boxes_per_spine",
        "images",
        "spines",
    )
    for point in curve.points if curve else ():
        yield (
            point.threshold,
            point.boxes,
            point.right,
            point.precision,
            *(point.precision_95 or (None, None)),
            point.recall,
            *point.recall_95,
            point.f1,
            point.count_ratio,
            curve.images,  # type: ignore[union-attr]
            curve.spines,  # type: ignore[union-attr]
        )
