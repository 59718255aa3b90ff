"""The learning curve as a Plotly figure."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from spines.selectors.training.learning import MORE, Learned


def learning_figure(learned: Learned | None) -> go.Figure:
    """A point a training with its interval, the fitted curve, and what `MORE` groups are expected to bring."""
    figure = go.Figure()
    if learned is None:
        return figure
    points = learned.points
    bounds = [point.interval or (point.figure, point.figure) for point in points]
    figure.add_trace(
        go.Scatter(
            x=[point.groups for point in points],
            y=[point.figure for point in points],
            error_y={
                "array": [high - point.figure for point, (_, high) in zip(points, bounds, strict=True)],
                "arrayminus": [point.figure - low for point, (low, _) in zip(points, bounds, strict=True)],
            },
            mode="markers",
            name="Trainings",
            marker={"size": 8},
            meta={"ink": "accent"},
            hovertemplate="%{x} groups: %{y:.3f}<extra></extra>",
        )
    )
    if learned.curve and learned.gain:
        sizes = np.linspace(min(point.groups for point in points), learned.curve.largest + MORE, 40)
        figure.add_trace(
            go.Scatter(
                x=sizes.tolist(),
                y=[learned.curve.figure(size) for size in sizes],
                mode="lines",
                name="Expected",
                line={"width": 2, "dash": "dot"},
                meta={"ink": "muted"},
                hoverinfo="skip",
            )
        )
        now = learned.curve.figure(learned.curve.largest)
        figure.add_trace(
            go.Scatter(
                x=[learned.curve.largest + MORE],
                y=[learned.gain.figure],
                error_y={
                    "array": [max(min(now + learned.gain.high, 1) - learned.gain.figure, 0)],
                    "arrayminus": [max(learned.gain.figure - max(now + learned.gain.low, 0), 0)],
                },
                mode="markers",
                name=f"With {MORE} more",
                marker={"size": 8, "symbol": "circle-open"},
                meta={"ink": "muted"},
                hovertemplate="%{x} groups: %{y:.3f} expected<extra></extra>",
            )
        )
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0},
        xaxis={"title": {"text": "independent groups learnt from"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "figure on the test part"}},
    )
    return figure
