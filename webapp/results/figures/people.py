"""What people said of spines against the network's class."""

from __future__ import annotations

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.people_agreement import COLUMNS, PeopleAgreement, people_agreement
from spines.vocabulary.numbers import PLAIN, share
from webapp.results.figures.common import NO_CHOICE, ChartChoice, Rows, empty_figure
from webapp.results.figures.opinions import SCALE

NOBODY = (
    "No person has said a class of a spine under these filters yet: review images, or set the consensus of readers."
)


def people_note(found: PeopleAgreement) -> str:
    """The agreement in words, with what it must not be taken for."""
    seen = (
        "Who reviews sees the network's class, which makes them agree more than they would by themselves: a reader "
        "study tells how much people agree with it blind."
    )
    if not found.compared:
        return f"No spine has a class of both. {seen}"
    kappa = "" if found.kappa.value is None else f", κ {PLAIN.value(found.kappa.value)}"
    if found.kappa.low is not None and found.kappa.high is not None:
        kappa += f" (95 % {PLAIN.value(found.kappa.low)} to {PLAIN.value(found.kappa.high)}, over animals)"
    return (
        f"People and network agree on {found.agree:,} of {found.compared:,} spines "
        f"({share(found.agree, found.compared)}{kappa}). {seen}"
    )


def people_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """A matrix: rows are what people said, columns the network's classes; shade is the share of a row."""
    found = people_agreement(experiment, filters)
    if not any(sum(row.values()) for row in found.counts.values()):
        return empty_figure(NOBODY)
    style = experiment.classes.style
    counts = [[row[column] for column in COLUMNS] for row in found.counts.values()]
    figure = go.Figure(
        go.Heatmap(
            x=[style(name).name for name in COLUMNS],
            y=[style(name).name for name in found.counts],
            z=[[n / (sum(row) or 1) for n in row] for row in counts],
            text=counts,
            customdata=counts,
            texttemplate="%{text:,}",
            colorscale=SCALE,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="people %{y}, network %{x}<br>%{customdata:,} spines, %{z:.0%} of the row<extra></extra>",
        )
    )
    figure.update_layout(
        showlegend=False,
        xaxis={"title": {"text": "class by the network"}, "showgrid": False},
        yaxis={"title": {"text": "said by people"}, "showgrid": False, "autorange": "reversed"},
        meta={"note": people_note(found)},
    )
    return figure


def people_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row a pair of answers; header first."""
    yield ("said_by_people", "network_class", "spines")
    for said, row in people_agreement(experiment, filters).counts.items():
        for column, n in row.items():
            yield (said, column, n)
