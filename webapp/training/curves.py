"""The curves of a training as Plotly figures. Colours of ground and ink come from the page's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

Epochs = Sequence[Mapping[str, Any]]

NAMES = {
    "loss": "Loss",
    "val_loss": "Loss",
    "accuracy": "Accuracy",
    "val_accuracy": "Accuracy",
    "f1": "F1",
    "val_f1": "F1",
    "val_macro_f1": "Macro-F1",
    "val_precision": "Precision",
    "val_recall": "Recall",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure over the epochs; validation figures begin with "val_"."""

    key: str
    dash: str = "solid"

    @property
    def is_validation(self) -> bool:
        """Whether it is measured on images that are not trained on."""
        return self.key.startswith("val_")

    @property
    def what(self) -> str:
        """The figure, whichever part it is measured on."""
        return NAMES[self.key]

    @property
    def part(self) -> str:
        """What it is measured on."""
        return "Validation" if self.is_validation else "Training"


def loss_figure(epochs: Epochs) -> go.Figure:
    """Loss by epoch, training and validation."""
    return _figure(epochs, [Line(key="loss"), Line(key="val_loss")], title="loss")


def quality_figure(epochs: Epochs) -> go.Figure:
    """Accuracy by epoch; of a detector its precision, recall and F1."""
    keys = quality_keys(epochs)
    dashes = ("solid", "dash", "dot", "dashdot")
    validated = [key for key in keys if key.startswith("val_")]
    lines = [Line(key=key, dash=dashes[validated.index(key) % 4] if key in validated else "solid") for key in keys]
    figure = _figure(epochs, lines, title="share right" if "val_accuracy" in keys else "share")
    figure.update_yaxes(range=[0, 1.02], rangemode=None)
    return figure


def quality_keys(epochs: Epochs) -> list[str]:
    """Which figures of the epochs are shares that training wants high, training's before validation's."""
    seen = {key for row in epochs for key, value in row.items() if value is not None}
    return [key for key in NAMES if key in seen and not key.endswith("loss")]


def _figure(epochs: Epochs, lines: list[Line], *, title: str) -> go.Figure:
    figure = go.Figure()
    of_one_kind = len({line.what for line in lines}) == 1
    for line in lines:
        name = line.part if of_one_kind else f"{line.what}, {line.part.lower()}"
        points = [(row["epoch"], row[line.key]) for row in epochs if row.get(line.key) is not None]
        figure.add_trace(
            go.Scatter(
                x=[epoch for epoch, _ in points],
                y=[value for _, value in points],
                mode="lines+markers",
                name=name,
                line={"width": 2, "dash": line.dash},
                marker={"size": 6, "symbol": "circle" if line.is_validation else "circle-open"},
                meta={"ink": "accent" if line.is_validation else "muted"},
                hovertemplate=f"epoch %{{x}}: %{{y:.4f}}<extra>{line.part}</extra>",
            )
        )
    whole = {"tickformat": "d", "dtick": 1} if len(epochs) < 12 else {"tickformat": "d"}
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0},
        xaxis={"title": {"text": "epoch"}, **whole},
        yaxis={"title": {"text": title}, "rangemode": "tozero"},
    )
    return figure
