"""Cumulative curves by animal, of measures and of spacing, and how sure the networks were."""

from __future__ import annotations

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.distributions import (
    CONFIDENCE_BINS,
    Distribution,
    confidence_bins,
    mean_curve,
    measure_distribution,
    spacing_distribution,
)
from spines.selectors.results.filters import ResultFilters
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import PLAIN, UM, Unit
from webapp.plots import plain_text
from webapp.results.figures.common import NO_CHOICE, ChartChoice, Rows, condition_looks, empty_figure, legend_beneath
from webapp.results.figures.superplots import no_measure

NO_SPACING = (
    "There is no spacing to draw: no dendrite under these filters has both a length in µm and two spines on it."
)
NO_CONFIDENCE = "There is no confidence to draw: no spine under these filters was found by a network."
FOR_LOOKING = "For looking: no test is made on pooled spines."


def cumulative_figure(found: Distribution, *, axis: str, unit: Unit) -> go.Figure:
    """A fine line an animal, a thick line the mean of a condition's animals."""
    figure = go.Figure()
    conditions = found.conditions()
    for (name, curves), look in zip(conditions.items(), condition_looks(len(conditions)), strict=True):
        condition = plain_text(name)
        for curve in curves:
            figure.add_trace(
                go.Scatter(
                    x=found.at,
                    y=curve.below,
                    mode="lines",
                    name=plain_text(curve.animal),
                    legendgroup=condition,
                    showlegend=False,
                    opacity=0.4,
                    line={"width": 1, "color": look.colour, "dash": look.dash},
                    hovertemplate=f"%{{y:.0%}} below {unit.mean_at_pointer('x')}"
                    f"<extra>{plain_text(curve.animal)}, {condition}: {curve.spines:,} spines</extra>",
                )
            )
        placed = [curve for curve in curves if curve.is_placed] or curves
        figure.add_trace(
            go.Scatter(
                x=found.at,
                y=mean_curve(placed),
                mode="lines",
                name=condition,
                legendgroup=condition,
                line={"width": 3, "color": look.colour, "dash": look.dash},
                hovertemplate=f"mean of {len(placed)} animals: %{{y:.0%}} below {unit.mean_at_pointer('x')}"
                f"<extra>{condition}</extra>",
            )
        )
    figure.update_layout(
        showlegend=True,
        legend=legend_beneath(),
        xaxis={"title": {"text": axis}},
        yaxis={"title": {"text": "share of an animal's spines"}, "tickformat": ".0%", "range": [0, 1.02]},
        meta={"note": FOR_LOOKING},
    )
    return figure


def cumulative_rows(found: Distribution, column: str) -> Rows:
    """One row an animal and step; header first."""
    yield ("condition", "animal", "spines", column, "share_below")
    for curve in found.animals:
        for at, below in zip(found.at, curve.below, strict=True):
            yield (curve.condition, curve.animal, curve.spines, at, below)


def measure_cumulative_figure(
    experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE
) -> go.Figure:
    """Of the chosen measure."""
    found = measure_distribution(experiment, filters, choice.measure)
    if not found.animals:
        return empty_figure(no_measure(choice.measure))
    named = MEASURES[choice.measure]
    return cumulative_figure(found, axis=named.axis, unit=named.unit)


def measure_cumulative_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """Of the chosen measure."""
    return cumulative_rows(measure_distribution(experiment, filters, choice.measure), choice.measure)


def spacing_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """Of the distance to the nearest neighbour along the dendrite."""
    found = spacing_distribution(experiment, filters)
    if not found.animals:
        return empty_figure(NO_SPACING)
    return cumulative_figure(found, axis="nearest neighbour along the dendrite, µm", unit=UM)


def spacing_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """Of the distance to the nearest neighbour along the dendrite."""
    return cumulative_rows(spacing_distribution(experiment, filters), "spacing_um")


_CONFIDENCES = (
    ("score", "Detector: that it is a spine", "accent", ""),
    ("probability", "Classifier: its likeliest class", "muted", "/"),
)


def confidence_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """Bars: spines by the detector's score and by the probability of their likeliest class."""
    figure = go.Figure()
    for of, name, ink, pattern in _CONFIDENCES:
        bins = confidence_bins(experiment, filters, of=of)
        figure.add_trace(
            go.Bar(
                x=[b.low + 0.5 / CONFIDENCE_BINS for b in bins],
                y=[sum(b.by_class.values()) for b in bins],
                customdata=[[f"{PLAIN.value(b.low)} to {PLAIN.value(b.low + 1 / CONFIDENCE_BINS)}"] for b in bins],
                name=name,
                marker={"pattern": {"shape": pattern, "size": 6}},
                meta={"ink": ink},
                hovertemplate="%{customdata[0]}: %{y:,} spines<extra>" + name + "</extra>",
            )
        )
    if not any(any(trace.y) for trace in figure.data):
        return empty_figure(NO_CONFIDENCE)
    figure.update_layout(
        barmode="group",
        bargap=0.1,
        showlegend=True,
        legend=legend_beneath(),
        xaxis={"title": {"text": "confidence"}, "range": [0, 1]},
        yaxis={"title": {"text": "spines"}, "rangemode": "tozero"},
    )
    return figure


def confidence_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row a bin and class; header first."""
    yield ("confidence_of", "from", "to", "spine_class", "spines")
    for of, *_ in _CONFIDENCES:
        for b in confidence_bins(experiment, filters, of=of):
            for name, n in b.by_class.items():
                yield (of, b.low, b.low + 1 / CONFIDENCE_BINS, name, n)
