"""The charts of an experiment under their addresses: JSON that static/js/plots.js draws, and CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.errors import NotFound
from spines.export.csv_lines import csv_lines
from spines.models import Experiment
from spines.selectors.designs.stated import stated_design
from spines.selectors.results.filters import ResultFilters
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.measures import MEASURES
from webapp.downloads import csv_response, safe_stem
from webapp.filters import asked_filters
from webapp.plots import for_the_page
from webapp.requests import UserRequest
from webapp.results.choice import asked_choice
from webapp.results.figures import agreement, by_design, counts, distributions, people, positions, shapes, superplots
from webapp.results.figures.common import ChartChoice, Rows


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart under its address: how to draw it, and its numbers."""

    title: str
    caption: str
    figure: Callable[[Experiment, ResultFilters, ChartChoice], go.Figure]
    rows: Callable[[Experiment, ResultFilters, ChartChoice], Rows]
    by_measure: bool = False
    """Whether it shows the measure that the address chooses."""


CHARTS = {
    "density": Chart(
        title="Density by condition",
        caption="A faint point is one dendrite: its spines over its length. A large mark is an animal: the spines on "
        "its dendrites over their length. The line is the mean of the animals with its 95 % interval.",
        figure=superplots.density_figure,
        rows=superplots.density_rows,
    ),
    "by-design": Chart(
        title="By the factors of the design",
        caption="A thick line joins means of animals, with their 95 % interval; lines that are not parallel are an "
        "interaction. Faint marks are animals, joined where each goes through several levels.",
        figure=by_design.by_design_figure,
        rows=by_design.by_design_rows,
    ),
    "class-shares": Chart(
        title="Class shares by condition",
        caption="A point is one animal: the share of a class among its spines of certain class (of uncertain "
        "ones: among all). A bar is the mean of the animals, "
        "each counting once.",
        figure=counts.class_shares_figure,
        rows=counts.class_shares_rows,
    ),
    "superplot": Chart(
        title="By condition and animal",
        caption="A faint point is one spine, coloured and shaped by its animal; a large mark is an animal's mean. The "
        "line is the mean of the animals with its 95 % interval.",
        figure=superplots.measure_figure,
        rows=superplots.measure_rows,
        by_measure=True,
    ),
    "cumulative": Chart(
        title="Cumulative distribution",
        caption="A fine line is one animal, a thick line the mean of a condition's animals. The last step holds what "
        "lies above the 99.5th percentile.",
        figure=distributions.measure_cumulative_figure,
        rows=distributions.measure_cumulative_rows,
        by_measure=True,
    ),
    "head-length": Chart(
        title="Head width against length",
        caption="A point is one spine; click it to open its image. Colour, symbol and letter say its class.",
        figure=shapes.head_length_figure,
        rows=shapes.head_length_rows,
    ),
    "spacing": Chart(
        title="Spacing along the dendrite",
        caption="How far along its dendrite a spine's nearest neighbour sits, whichever side. A fine line is one "
        "animal, a thick line the mean of a condition's animals.",
        figure=distributions.spacing_figure,
        rows=distributions.spacing_rows,
    ),
    "positions": Chart(
        title="Spines along dendrites",
        caption="A line is one dendrite from its first point on; a mark is a spine, above the line where it sits on "
        "the left, beneath it on the right.",
        figure=positions.positions_figure,
        rows=positions.positions_rows,
    ),
    "agreement": Chart(
        title="Second opinion: classes by rule",
        caption="Each spine by the network's class and by the class that a published rule derives from its measures. "
        "Shade is the share of a row.",
        figure=agreement.agreement_figure,
        rows=agreement.agreement_rows,
    ),
    "people": Chart(
        title="People and network",
        caption="Spines that a person looked at, by what they said and by the network's class. Shade is the share of a "
        "row. Uncertain and “cannot say” are no opinion: they enter neither agreement nor κ.",
        figure=people.people_figure,
        rows=people.people_rows,
    ),
    "confidence": Chart(
        title="Confidence of the networks",
        caption="How sure the detector was that it found a spine, and the classifier of the likeliest class.",
        figure=distributions.confidence_figure,
        rows=distributions.confidence_rows,
    ),
    "spines-per-image": Chart(
        title="Spines per image, by animal",
        caption="A point is one image; click it to open it. A line is the mean of an animal's images. Counts "
        "compare only where images show as much dendrite.",
        figure=counts.spines_per_image_figure,
        rows=counts.spines_per_image_rows,
    ),
}
"""In the order of the results page."""


def first_chart_of(experiment: Experiment) -> tuple[str, str]:
    """The chart that answers what the experiment asks, by its primary measure, and the measure that charts show."""
    design = stated_design(experiment)
    primary = design.primary.measure if design and design.primary else DENSITY
    if primary in MEASURES:
        return "superplot", primary
    return ("density" if primary == DENSITY else "class-shares"), ChartChoice.measure


def _chart(name: str) -> Chart:
    if name not in CHARTS:
        raise NotFound(f"There is no chart named {name}. The results page lists those there are.")
    return CHARTS[name]


@require_safe
@cache_control(private=True, no_cache=True)
def figure(request: UserRequest, experiment_id: int, name: str) -> HttpResponse:
    """A chart for Plotly.react: {"data": […], "layout": {…}}."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    drawn = _chart(name).figure(experiment, filters, asked_choice(request.GET))
    return HttpResponse(json.dumps(for_the_page(drawn)), content_type="application/json")


@require_safe
def table(request: UserRequest, experiment_id: int, name: str) -> HttpResponseBase:
    """The chart's numbers."""
    experiment = get_experiment(request.user, experiment_id)
    filters, choice = asked_filters(request.GET, experiment).filters, asked_choice(request.GET)
    chart = _chart(name)
    stem = f"{safe_stem(experiment.name)}_{name}" + (f"_{choice.measure}" if chart.by_measure else "")
    return csv_response(csv_lines(chart.rows(experiment, filters, choice)), name=f"{stem}.csv")
