"""Head width against length, by class."""

from __future__ import annotations

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters, shown_classes
from spines.selectors.results.measures import SpineSample, spine_sample
from spines.vocabulary.measures import HEAD_WIDTH, LENGTH
from webapp.plots import plain_text
from webapp.results.figures.common import (
    NO_CHOICE,
    ChartChoice,
    Rows,
    empty_figure,
    legend_beneath,
    rgba,
)
from webapp.results.figures.superplots import no_measure


def _sample(experiment: Experiment, filters: ResultFilters) -> SpineSample:
    return spine_sample(experiment, filters, LENGTH.key, HEAD_WIDTH.key, shared_by="final_class")


def head_length_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """Points are spines; colour, symbol and letter say the class."""
    sample = _sample(experiment, filters)
    if not sample.points:
        return empty_figure(no_measure(HEAD_WIDTH.key))
    figure = go.Figure()
    for name in shown_classes(experiment.classes, filters):
        each = experiment.classes.styles[name]
        points = [point for point in sample.points if point.spine_class == name]
        if points:
            figure.add_trace(
                go.Scatter(
                    x=[point.values[0] for point in points],
                    y=[point.values[1] for point in points],
                    customdata=[
                        [f"spine {p.number} of {plain_text(p.image)}", plain_text(p.animal), "", p.image_id, p.spine_id]
                        for p in points
                    ],
                    mode="markers",
                    name=f"{each.letter} {each.name}",
                    marker={"color": rgba(each, 0.6), "symbol": each.symbol, "size": 7},
                    meta={"links": "images", "edge": "none"},
                    hovertemplate=f"%{{customdata[0]}}<br>length {LENGTH.unit.at_pointer('x')}, "
                    f"head {HEAD_WIDTH.unit.at_pointer('y')}"
                    f"<extra>{each.name}, %{{customdata[1]}}</extra>",
                )
            )
    drawn, there = len(sample.points), sample.there
    note = (
        f"{drawn:,} of {there:,} measured spines are drawn: of each class a random sample that is the same each time."
    )
    figure.update_layout(
        showlegend=True,
        legend=legend_beneath(),
        xaxis={"title": {"text": LENGTH.axis}, "rangemode": "tozero"},
        yaxis={"title": {"text": HEAD_WIDTH.axis}, "rangemode": "tozero"},
        meta={"note": note if drawn < there else ""},
    )
    return figure


def head_length_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """The drawn spines; header first."""
    yield ("condition", "animal", "image_id", "spine_id", "spine_class", LENGTH.key, HEAD_WIDTH.key)
    for point in _sample(experiment, filters).points:
        yield (point.condition, point.animal, point.image_id, point.spine_id, point.spine_class, *point.values)
