"""The measure that the experiment asks of, by its factors: an interaction plot, or a course over doses or times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.designs.stated import stated_design
from spines.selectors.results.comparison import comparison_of
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.mean_interval import Spread, spread_of
from spines.statistics.design import Design, Factor
from spines.statistics.types import MeasureTest
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.numbers import SHARE, Unit, in_words
from webapp.plots import plain_text
from webapp.results.figures.common import (
    NO_CHOICE,
    ChartChoice,
    ConditionLook,
    Rows,
    condition_looks,
    empty_figure,
    interval_bars,
    scattered,
)
from webapp.results.shown_tests import unit_of

NOTHING = "No design of several factors, doses or times is stated, so there is no course to draw. State it on Design."
_SPREAD = 0.12
"""How far animals stand from their level at most, of the distance of two levels."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A condition in the chart: where it stands, and each animal's value."""

    condition: str
    series: str
    at: float
    values: dict[str, float]


def is_drawn_by_design(design: Design | None) -> bool:
    """Whether a design has more than its conditions side by side to show."""
    return design is not None and (len(design.factors) > 1 or bool(_along(design).amounts))


def by_design_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """Lines: means of animals with their 95 % interval, one a level of the other factors; faint: animals."""
    design, test = _asked(experiment, filters)
    if design is None or test is None:
        return empty_figure(NOTHING)
    factor, unit = _along(design), unit_of(test.measure)
    points = list(_points(design, test, factor))
    figure = go.Figure()
    series = list(dict.fromkeys(point.series for point in points))
    step = _step(factor)
    for at, (name, look) in enumerate(zip(series, condition_looks(len(series)), strict=True)):
        of_series = [point for point in points if point.series == name and point.values]
        aside = step * 0.06 * (at - (len(series) - 1) / 2)
        for trace in _animals(of_series, look, aside, step, is_within=factor.within_animals):
            figure.add_trace(trace)
        figure.add_trace(_means(of_series, look, aside, unit, name))
    axis = f"{factor.name}, {factor.unit}" if factor.unit else factor.name
    shown = test.measure.removesuffix(f", {unit.symbol}")
    figure.update_layout(
        showlegend=len(series) > 1,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        xaxis={
            "title": {"text": plain_text(axis)},
            "tickmode": "array",
            "tickvals": [_place(factor, level) for level in factor.levels],
            "ticktext": [plain_text(level) for level in factor.levels],
            "showgrid": False,
        },
        yaxis={"title": {"text": f"{shown}, {unit.symbol}".rstrip(", ")}, "rangemode": "tozero"},
    )
    return figure


def by_design_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row an animal and condition; header first."""
    yield ("measure", "condition", "series", "level", "animal", "value")
    design, test = _asked(experiment, filters)
    if design is None or test is None:
        return
    factor = _along(design)
    for point in _points(design, test, factor):
        level = design.level(point.condition, factor)
        for animal, value in point.values.items():
            yield (test.measure, point.condition, point.series, level, animal, value)


def _asked(experiment: Experiment, filters: ResultFilters) -> tuple[Design | None, MeasureTest | None]:
    """The design, and the test of its primary measure, of density where none is named."""
    design = stated_design(experiment)
    if design is None or not is_drawn_by_design(design):
        return None, None
    tests = comparison_of(experiment, filters).tests
    return design, next((test for test in tests.values() if test.is_primary), tests.get(DENSITY))


def _along(design: Design) -> Factor:
    """The factor that the axis is of: doses or times, else what animals go through, else the last."""
    with_amounts = [factor for factor in design.factors if factor.amounts]
    return [*with_amounts, *design.within, design.factors[-1]][0]


def _place(factor: Factor, level: str) -> float:
    at = factor.levels.index(level)
    return factor.amounts[at] if factor.amounts else float(at)


def _step(factor: Factor) -> float:
    places = sorted(_place(factor, level) for level in factor.levels)
    return (places[-1] - places[0]) / (len(places) - 1)


def _points(design: Design, test: MeasureTest, factor: Factor) -> Iterator[Point]:
    for group in test.groups:
        if group.condition in design.conditions:
            others = [design.level(group.condition, other) for other in design.factors if other is not factor]
            yield Point(
                condition=group.condition,
                series=" · ".join(others),
                at=_place(factor, design.level(group.condition, factor)),
                values=group.animal_means,
            )


def _animals(
    points: Sequence[Point], look: ConditionLook, aside: float, step: float, *, is_within: bool
) -> Iterator[go.Scatter]:
    """Of what animals go through a line each, else a point each."""
    common = {"showlegend": False, "hovertemplate": "%{customdata}: %{y:.3g}<extra></extra>"}
    if is_within:
        for animal in dict.fromkeys(name for point in points for name in point.values):
            there = [point for point in points if animal in point.values]
            yield go.Scatter(
                x=[point.at + aside for point in there],
                y=[point.values[animal] for point in there],
                customdata=[plain_text(animal)] * len(there),
                mode="lines+markers",
                line={"color": look.colour, "width": 1},
                marker={"color": look.colour, "size": 4},
                opacity=0.35,
                **common,
            )
        return
    for point in points:
        yield go.Scatter(
            x=[point.at + aside + _SPREAD * step * shift for shift in scattered(len(point.values))],
            y=list(point.values.values()),
            customdata=[plain_text(animal) for animal in point.values],
            mode="markers",
            marker={"color": look.colour, "size": 6, "opacity": 0.45},
            **common,
        )


def _means(points: Sequence[Point], look: ConditionLook, aside: float, unit: Unit, name: str) -> go.Scatter:
    points = sorted(points, key=lambda point: point.at)
    spreads = [spread_of(point.values.values(), most=1.0 if unit is SHARE else None) for point in points]
    return go.Scatter(
        x=[point.at + aside for point in points],
        y=[spread.mean for spread in spreads],
        error_y=interval_bars(spreads, width=6),
        customdata=[[plain_text(p.condition), _said(s, unit)] for p, s in zip(points, spreads, strict=True)],
        mode="lines+markers",
        name=plain_text(name),
        line={"color": look.colour, "width": 2.5, "dash": look.dash},
        marker={"color": look.colour, "size": 9},
        hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
    )


def _said(spread: Spread, unit: Unit) -> str:
    return f"{unit.said(spread.mean)}, mean of {in_words(spread.n, 'animal')}"
