"""The charts of an experiment as Plotly figures (JSON, drawn by static/js/plots.js) and as CSV tables.

Grounds, inks and grid lines come from the page's theme, so figures leave them out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.errors import NotFound
from spines.export.annotated_picture import STYLES
from spines.export.csv_lines import csv_lines
from spines.models import Experiment
from spines.selectors.charts import (
    ConditionShares,
    ImageCount,
    class_shares,
    spines_per_image,
)
from spines.selectors.filters import shown_classes
from spines.selectors.results import ResultFilters
from webapp.downloads import csv_response, safe_stem
from webapp.plots import for_the_page, plain_text
from webapp.requests import UserRequest
from webapp.results.forms import asked_filters

_GAP = 0.8
_JITTER = 0.5


def _rgba(name: str, alpha: float) -> str:
    red, green, blue = STYLES[name].rgb
    return f"rgba({red},{green},{blue},{alpha})"


def _spread(count: int) -> list[float]:
    """Where so many points of one column stand side by side, symmetric about 0.

    >>> _spread(3)
    [-0.25, 0.0, 0.25]
    """
    return [_JITTER * ((i + 0.5) / count - 0.5) * count / max(count - 1, 1) for i in range(count)]


def class_shares_figure(experiment: Experiment, filters: ResultFilters) -> go.Figure:
    """Bars: mean share over the animals of a condition. Points: one an animal. Grouped by class."""
    conditions = class_shares(experiment, filters)
    classes = shown_classes(filters)
    figure = go.Figure()
    ticks: dict[float, str] = {}
    for at, name in enumerate(classes):
        left = at * (len(conditions) + _GAP)
        xs = [left + i for i in range(len(conditions))]
        ticks |= {x: plain_text(c.condition) for x, c in zip(xs, conditions, strict=True)}
        figure.add_trace(_mean_bars(xs, conditions, name))
        figure.add_trace(_animal_points(xs, conditions, name))
        figure.add_annotation(
            x=left + (len(conditions) - 1) / 2,
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=f"{STYLES[name].letter}  {STYLES[name].label}",
            name=STYLES[name].letter,  # what a narrow page has room for
        )
    figure.update_layout(
        showlegend=False,
        bargap=0.2,
        xaxis={"tickmode": "array", "tickvals": list(ticks), "ticktext": list(ticks.values()), "showgrid": False},
        yaxis={"title": {"text": "share of an animal's spines"}, "tickformat": ".0%", "rangemode": "tozero"},
    )
    return figure


def _mean_bars(xs: list[float], conditions: list[ConditionShares], name: str) -> go.Bar:
    means = [c.mean_share(name) for c in conditions]
    return go.Bar(
        x=xs,
        y=means,
        name=STYLES[name].label,
        width=0.8,
        marker={"color": _rgba(name, 0.35), "line": {"color": _rgba(name, 1), "width": 1.5}},
        customdata=[
            [plain_text(c.condition), c.animals_with_spines, "animal" if c.animals_with_spines == 1 else "animals"]
            for c in conditions
        ],
        hovertemplate="%{customdata[0]}<br>mean %{y:.1%} over %{customdata[1]} %{customdata[2]}"
        f"<extra>{STYLES[name].label}</extra>",
    )


def _animal_points(xs: list[float], conditions: list[ConditionShares], name: str) -> go.Scatter:
    points = []
    for x, condition in zip(xs, conditions, strict=True):
        animals = [a for a in condition.animals if a.spines]
        for shift, animal in zip(_spread(len(animals)), animals, strict=True):
            row = [plain_text(animal.condition), plain_text(animal.animal), animal.by_class[name], animal.spines]
            points.append((x + shift, animal.share(name), row))
    return go.Scatter(
        x=[p[0] for p in points],
        y=[p[1] for p in points],
        customdata=[p[2] for p in points],
        mode="markers",
        name=f"{STYLES[name].label}, animals",
        marker={"color": _rgba(name, 1), "size": 8, "line": {"width": 1}},
        hovertemplate="%{customdata[1]}, %{customdata[0]}<br>%{y:.1%}: %{customdata[2]} of %{customdata[3]} spines"
        f"<extra>{STYLES[name].label}</extra>",
    )


def class_shares_rows(experiment: Experiment, filters: ResultFilters) -> Iterator[tuple[Any, ...]]:
    """One row an animal and class; header first."""
    yield ("condition", "animal", "images", "spine_class", "spines_of_class", "spines", "share")
    for condition in class_shares(experiment, filters):
        for animal in condition.animals:
            for name in shown_classes(filters):
                share = animal.share(name)
                counts = (animal.by_class[name], animal.spines, "" if share is None else round(share, 6))
                yield (animal.condition, animal.animal, animal.images, name, *counts)


def spines_per_image_figure(experiment: Experiment, filters: ResultFilters) -> go.Figure:
    """Points: one an image. Lines: the mean of each animal's images. Animals stand side by side by condition."""
    animals: dict[tuple[str, str], list[ImageCount]] = {}
    for row in spines_per_image(experiment, filters):
        animals.setdefault((row.condition, row.animal), []).append(row)
    figure = go.Figure()
    xs = _columns(animals)
    figure.add_trace(_image_points(xs, animals))
    figure.add_trace(_animal_means(xs, animals))
    for condition in dict.fromkeys(condition for condition, _ in animals):
        columns = [x for (of, _), x in xs.items() if of == condition]
        middle = (columns[0] + columns[-1]) / 2
        figure.add_annotation(
            x=middle, y=1, yref="paper", yanchor="bottom", showarrow=False, text=plain_text(condition)
        )
    names = [plain_text(animal) for _, animal in animals]
    figure.update_layout(
        showlegend=False,
        xaxis={"tickmode": "array", "tickvals": list(xs.values()), "ticktext": names, "showgrid": False},
        yaxis={"title": {"text": "spines per image"}, "rangemode": "tozero"},
    )
    return figure


def _columns(animals: Iterable[tuple[str, str]]) -> dict[tuple[str, str], float]:
    xs: dict[tuple[str, str], float] = {}
    last = None
    at = -1.0
    for condition, animal in animals:
        at += 1 if condition == last or last is None else 1 + _GAP
        xs[condition, animal] = at
        last = condition
    return xs


def _image_points(xs: dict[tuple[str, str], float], animals: dict[tuple[str, str], list[ImageCount]]) -> go.Scatter:
    points = [
        (xs[key] + shift, row)
        for key, rows in animals.items()
        for shift, row in zip(_spread(len(rows)), rows, strict=True)
    ]
    return go.Scatter(
        x=[x for x, _ in points],
        y=[row.spines for _, row in points],
        customdata=[
            [plain_text(row.image), plain_text(row.animal), plain_text(row.condition), row.image_id]
            for _, row in points
        ],
        mode="markers",
        name="Images",
        marker={"size": 7, "opacity": 0.6},
        meta={"ink": "muted", "links": "images"},
        hovertemplate="%{customdata[0]}<br>%{y} spines<extra>%{customdata[1]}, %{customdata[2]}</extra>",
    )


def _animal_means(xs: dict[tuple[str, str], float], animals: dict[tuple[str, str], list[ImageCount]]) -> go.Scatter:
    return go.Scatter(
        x=[xs[key] for key in animals],
        y=[sum(row.spines for row in rows) / len(rows) for rows in animals.values()],
        customdata=[
            [plain_text(animal), plain_text(condition), len(rows)] for (condition, animal), rows in animals.items()
        ],
        mode="markers",
        name="Mean of an animal",
        marker={"symbol": "line-ew-open", "size": 30, "line": {"width": 2.5}},
        meta={"ink": "accent"},
        hovertemplate="%{customdata[0]}<br>mean %{y:.1f} over %{customdata[2]} images<extra>%{customdata[1]}</extra>",
    )


def spines_per_image_rows(experiment: Experiment, filters: ResultFilters) -> Iterator[tuple[Any, ...]]:
    """One row an image; header first."""
    yield ("condition", "animal", "image_id", "image", "spines")
    for row in spines_per_image(experiment, filters):
        yield (row.condition, row.animal, row.image_id, row.image, row.spines)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart under its address: how to draw it, and its numbers."""

    title: str
    caption: str
    figure: Callable[[Experiment, ResultFilters], go.Figure]
    rows: Callable[[Experiment, ResultFilters], Iterator[tuple[Any, ...]]]


CHARTS = {
    "class-shares": Chart(
        title="Class shares by condition",
        caption="A point is one animal: the share of a class among its spines. A bar is the mean of the animals, "
        "each counting once.",
        figure=class_shares_figure,
        rows=class_shares_rows,
    ),
    "spines-per-image": Chart(
        title="Spines per image, by animal",
        caption="A point is one image; click it to open it. A line is the mean of an animal's images. Counts "
        "compare only where images show as much dendrite.",
        figure=spines_per_image_figure,
        rows=spines_per_image_rows,
    ),
}


def _chart(name: str) -> Chart:
    if name not in CHARTS:
        raise NotFound(f"There is no chart named {name}. The results page lists those there are.")
    return CHARTS[name]


@require_safe
@cache_control(private=True, no_cache=True)
def figure(request: UserRequest, experiment_id: int, name: str) -> HttpResponse:
    """A chart for Plotly.react: {"data": […], "layout": {…}}."""
    experiment = get_experiment(request.user, experiment_id)
    drawn = _chart(name).figure(experiment, asked_filters(request.GET, experiment).filters)
    return HttpResponse(json.dumps(for_the_page(drawn)), content_type="application/json")


@require_safe
def table(request: UserRequest, experiment_id: int, name: str) -> HttpResponseBase:
    """The chart's numbers."""
    experiment = get_experiment(request.user, experiment_id)
    rows = _chart(name).rows(experiment, asked_filters(request.GET, experiment).filters)
    return csv_response(csv_lines(rows), name=f"{safe_stem(experiment.name)}_{name}.csv")
