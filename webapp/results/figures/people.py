"""What people said of spines against the network's class."""

from __future__ import annotations

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.people_agreement import COLUMNS, PeopleAgreement, people_agreement
from spines.vocabulary.numbers import PLAIN, share
from webapp.results.figures.agreement import class_matrix
from webapp.results.figures.common import NO_CHOICE, ChartChoice, Rows, empty_figure

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
    return class_matrix(
        found.counts,
        names=lambda key: style(key).name,
        rows=tuple(found.counts),
        columns=COLUMNS,
        by=("people", "network"),
        titles=("said by people", "class by the network"),
        note=people_note(found),
    )


def people_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row a pair of answers; header first."""
    yield ("said_by_people", "network_class", "spines")
    for said, row in people_agreement(experiment, filters).counts.items():
        for column, n in row.items():
            yield (said, column, n)
