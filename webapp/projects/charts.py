"""The charts of a project: its experiments side by side, as Plotly figures and as CSV. The animal is the unit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import plotly.graph_objects as go
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import experiments_for, get_project
from spines.errors import InvalidInput, NotFound
from spines.export.csv_lines import csv_lines
from spines.models import Experiment
from spines.selectors.results.across_experiments import (
    AnimalValue,
    animal_tallies,
    classes_of,
    density_values,
    measure_values,
    share_values,
)
from spines.selectors.results.counts import UNPLACED
from spines.selectors.results.mean_interval import spread_of
from spines.selectors.results.measures import measure_named
from spines.vocabulary.classes import NETWORK_CLASSES, ClassSet
from spines.vocabulary.measures import HEAD_WIDTH, MEASURES
from spines.vocabulary.numbers import PER_UM, SHARE, Unit, count, in_words
from webapp.downloads import csv_response, safe_stem
from webapp.plots import for_the_page, plain_text
from webapp.requests import UserRequest
from webapp.results.figures.common import GAP, animal_marks, empty_figure, interval_bars, side_by_side


@dataclass(frozen=True, kw_only=True)
class ProjectChoice:
    """What the address chooses: the class whose share is shown (`class`), the measure (`measure`)."""

    spine_class: str = NETWORK_CLASSES[0].key
    class_name: str = NETWORK_CLASSES[0].name
    measure: str = HEAD_WIDTH.key


def asked_choice(query: QueryDict, classes: ClassSet) -> ProjectChoice:
    """The choice of an address; `InvalidInput` for a class or a measure that there is not."""
    spine_class = query.get("class") or ProjectChoice.spine_class
    if spine_class not in classes.counted:
        raise InvalidInput(f"Spines have no class named {spine_class}. Choose one from the list.")
    return ProjectChoice(
        spine_class=spine_class,
        class_name=classes.styles[spine_class].name,
        measure=measure_named(query.get("measure") or ProjectChoice.measure),
    )


@dataclass(frozen=True, kw_only=True)
class ProjectChart:
    """A chart under its address: each animal's value, how the axis is headed, and why it may be empty."""

    title: str
    column: str
    values: Callable[[Sequence[Experiment], ProjectChoice], list[AnimalValue]]
    axis: Callable[[ProjectChoice], str]
    unit: Callable[[ProjectChoice], Unit]
    empty: str
    is_share: bool = False
    chosen_by: str = ""
    """The part of the address that chooses what is shown."""


CHARTS = {
    "density": ProjectChart(
        title="Density by condition",
        column="spines_per_um",
        values=lambda experiments, _: density_values(animal_tallies(experiments)),
        axis=lambda _: "spines per µm",
        unit=lambda _: PER_UM,
        empty="There is no density to draw: no image of an animal has both a pixel size and a dendrite.",
    ),
    "class-share": ProjectChart(
        title="Class share by condition",
        column="share",
        values=lambda experiments, choice: share_values(animal_tallies(experiments), choice.spine_class),
        axis=lambda choice: f"share of {choice.class_name.lower()}",
        unit=lambda _: SHARE,
        empty="There is no share to draw: no spine was found in an image of an animal.",
        is_share=True,
        chosen_by="class",
    ),
    "measure": ProjectChart(
        title="Measure by condition",
        column="mean",
        values=lambda experiments, choice: measure_values(experiments, choice.measure),
        axis=lambda choice: MEASURES[choice.measure].axis,
        unit=lambda choice: MEASURES[choice.measure].unit,
        empty="There is nothing to draw: no spine of an animal carries this measure, which needs a pixel size.",
        chosen_by="measure",
    ),
}


Group = tuple[str, str, list[AnimalValue]]
"""Condition, experiment, animals."""


def _grouped(values: Sequence[AnimalValue], experiments: Sequence[Experiment]) -> list[Group]:
    """Conditions of one name side by side, the experiments in their order within."""
    order = {experiment.pk: at for at, experiment in enumerate(experiments)}
    positions: dict[str, int] = {}
    for value in values:
        name = value.condition or UNPLACED
        positions[name] = min(value.position, positions.get(name, value.position))

    def place(value: AnimalValue) -> tuple[Any, ...]:
        name = value.condition or UNPLACED
        return value.condition is None, positions[name], name, order[value.experiment.pk]

    return [
        (key[2], experiments[key[3]].name, list(animals))
        for key, animals in groupby(sorted(values, key=lambda value: (*place(value), value.animal)), key=place)
    ]


def project_figure(chart: ProjectChart, experiments: Sequence[Experiment], choice: ProjectChoice) -> go.Figure:
    """Points: one an animal. Lines: the mean of a condition's animals in one experiment, with its 95 % interval."""
    groups = _grouped(chart.values(experiments, choice), experiments)
    if not groups:
        return empty_figure(chart.empty)
    marks = animal_marks((experiment.name, "") for experiment in experiments)
    figure = go.Figure()
    xs = _columns(groups)
    unit = chart.unit(choice)
    figure.add_trace(_means(xs, groups, unit))
    for x, (condition, name, animals) in zip(xs, groups, strict=True):
        mark = marks[name, ""]
        figure.add_trace(
            go.Scatter(
                x=[x + shift for shift in side_by_side(len(animals))],
                y=[animal.value for animal in animals],
                customdata=[
                    [plain_text(animal.animal), f"{count(animal.n)} {animal.of}", unit.said(animal.value)]
                    for animal in animals
                ],
                mode="markers",
                name=plain_text(name),
                marker={"color": mark.colour, "symbol": mark.symbol, "size": 8},
                hovertemplate="%{customdata[0]}: %{customdata[2]}"
                f"<br>%{{customdata[1]}}<extra>{plain_text(name)}, {plain_text(condition)}</extra>",
            )
        )
    for condition in dict.fromkeys(group[0] for group in groups):
        columns = [x for x, group in zip(xs, groups, strict=True) if group[0] == condition]
        middle = (columns[0] + columns[-1]) / 2
        words = plain_text(condition)
        figure.add_annotation(x=middle, y=1, yref="paper", yanchor="bottom", showarrow=False, text=words)
    figure.update_layout(
        showlegend=False,
        xaxis={
            "tickmode": "array",
            "tickvals": xs,
            "ticktext": [plain_text(name) for _, name, _ in groups],
            "range": [-0.6, xs[-1] + 0.6],
            "showgrid": False,
        },
        yaxis={"title": {"text": chart.axis(choice)}, "rangemode": "tozero"},
    )
    if chart.is_share:
        figure.update_yaxes(tickformat=".0%")
    return figure


def _columns(groups: Sequence[Group]) -> list[float]:
    """Where each group stands: a gap between conditions."""
    xs: list[float] = []
    for at, (condition, *_) in enumerate(groups):
        is_new = at > 0 and condition != groups[at - 1][0]
        xs.append(xs[-1] + 1 + (GAP if is_new else 0) if xs else 0.0)
    return xs


def _means(xs: Sequence[float], groups: Sequence[Group], unit: Unit) -> go.Scatter:
    most = 1.0 if unit is SHARE else None
    spreads = [spread_of((animal.value for animal in animals), most=most) for *_, animals in groups]
    return go.Scatter(
        x=list(xs),
        y=[spread.mean for spread in spreads],
        error_y=interval_bars(spreads, width=6),
        customdata=[
            [
                in_words(spread.n, "animal"),
                f"{unit.between(spread.low, spread.high)} {unit.symbol}"
                if spread.low is not None
                else "none below three animals",
                unit.said(spread.mean),
            ]
            for spread in spreads
        ],
        mode="markers",
        name="Mean of the animals, 95 % interval",
        marker={"symbol": "line-ew-open", "size": 34, "line": {"width": 2.5}},
        meta={"ink": "ink"},
        hovertemplate="mean of %{customdata[0]} %{customdata[2]}<br>95 % interval %{customdata[1]}<extra></extra>",
    )


def project_rows(
    chart: ProjectChart, experiments: Sequence[Experiment], choice: ProjectChoice
) -> Iterator[tuple[Any, ...]]:
    """One row an animal; header first."""
    column = choice.measure if chart.chosen_by == "measure" else chart.column
    column = f"{choice.spine_class}_share" if chart.is_share else column
    yield ("condition", "experiment_id", "experiment", "animal", column, "of", "counted")
    for condition, name, animals in _grouped(chart.values(experiments, choice), experiments):
        for animal in animals:
            yield (condition, animal.experiment.pk, name, animal.animal, animal.value, animal.n, animal.of)


def _asked(request: UserRequest, project_id: int, name: str) -> tuple[ProjectChart, list[Experiment], str]:
    project = get_project(request.user, project_id)
    if name not in CHARTS:
        raise NotFound(f"There is no chart named {name}. The project's page shows those there are.")
    experiments = experiments_for(request.user).filter(project=project).order_by("name", "pk")
    return CHARTS[name], list(experiments), project.name


@require_safe
@cache_control(private=True, no_cache=True)
def figure(request: UserRequest, project_id: int, name: str) -> HttpResponse:
    """A chart for Plotly.react: {"data": […], "layout": {…}}."""
    chart, experiments, _ = _asked(request, project_id, name)
    drawn = project_figure(chart, experiments, asked_choice(request.GET, classes_of(experiments)))
    return HttpResponse(json.dumps(for_the_page(drawn)), content_type="application/json")


@require_safe
def table(request: UserRequest, project_id: int, name: str) -> HttpResponseBase:
    """The chart's numbers, a row an animal."""
    chart, experiments, project = _asked(request, project_id, name)
    rows = project_rows(chart, experiments, asked_choice(request.GET, classes_of(experiments)))
    return csv_response(csv_lines(rows), name=f"{safe_stem(project)}_{name}.csv")
