"""The network's class against the rule preset's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import plotly.graph_objects as go

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rule_agreement import RULE_CLASSES, Agreement, agreement
from spines.vocabulary.classes import DEFAULT
from spines.vocabulary.numbers import PLAIN, share
from webapp.results.figures.common import NO_CHOICE, ChartChoice, Rows, empty_figure

NO_RULE = (
    "No spine under these filters has a rule-derived class: rules need a length and a head width, so a pixel size, "
    "a dendrite and an outline that can be trusted."
)
SCALE = ((0.0, "rgba(110,100,220,0)"), (1.0, "rgba(110,100,220,0.6)"))


def agreement_note(found: Agreement) -> str:
    """The agreement in words, with what it must not be taken for."""
    if not found.compared:
        return NO_RULE
    kappa = "" if found.kappa is None else f", κ {PLAIN.value(found.kappa)}"
    without = (
        f" {found.without_rule:,} spines without measures have no rule-derived class." if found.without_rule else ""
    )
    return (
        f"Network and rule agree on {found.agree:,} of {found.compared:,} spines "
        f"({share(found.agree, found.compared)}{kappa}), uncertain ones left out.{without} "
        f"Rule-derived by {found.preset.name}: a second opinion, never ground truth."
    )


def class_matrix(
    counts: Mapping[str, Mapping[str, int]],
    *,
    names: Callable[[str], str],
    rows: Sequence[str],
    columns: Sequence[str],
    by: tuple[str, str],
    titles: tuple[str, str],
    note: str,
) -> go.Figure:
    """Spines by two opinions, as shares of a row. `by` and `titles` are of rows and columns, `names` of classes."""
    numbers = [[counts[row][column] for column in columns] for row in rows]
    figure = go.Figure(
        go.Heatmap(
            x=[names(key) for key in columns],
            y=[names(key) for key in rows],
            z=[[n / (sum(row) or 1) for n in row] for row in numbers],
            text=numbers,
            customdata=numbers,
            texttemplate="%{text:,}",
            colorscale=SCALE,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate=f"{by[0]} %{{y}}, {by[1]} %{{x}}<br>"
            "%{customdata:,} spines, %{z:.0%} of the row<extra></extra>",
        )
    )
    figure.update_layout(
        showlegend=False,
        xaxis={"title": {"text": titles[1]}, "showgrid": False},
        yaxis={"title": {"text": titles[0]}, "showgrid": False, "autorange": "reversed"},
        meta={"note": note},
    )
    return figure


def agreement_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """A matrix: rows are the network's classes, columns the rule's; shade is the share of a row."""
    found = agreement(experiment, filters)
    if not any(sum(row.values()) for row in found.counts.values()):
        return empty_figure(NO_RULE)
    return class_matrix(
        found.counts,
        names=lambda key: DEFAULT.styles[key].name,
        rows=DEFAULT.counted,
        columns=RULE_CLASSES,
        by=("network", "rule"),
        titles=("class by the network", "class by the rule"),
        note=agreement_note(found),
    )


def agreement_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row a pair of classes; header first."""
    found = agreement(experiment, filters)
    yield ("rule_preset", "network_class", "rule_derived_class", "spines")
    for row in DEFAULT.counted:
        for column in RULE_CLASSES:
            yield (found.preset.name, row, column, found.counts[row][column])
