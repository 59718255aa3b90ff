"""The network's class against the rule preset's."""

from __future__ import annotations

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


def agreement_figure(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> go.Figure:
    """A matrix: rows are the network's classes, columns the rule's; shade is the share of a row."""
    found = agreement(experiment, filters)
    if not any(sum(row.values()) for row in found.counts.values()):
        return empty_figure(NO_RULE)
    counts = [[found.counts[row][column] for column in RULE_CLASSES] for row in DEFAULT.counted]
    shares = [[n / (sum(row) or 1) for n in row] for row in counts]
    figure = go.Figure(
        go.Heatmap(
            x=[DEFAULT.styles[name].name for name in RULE_CLASSES],
            y=[DEFAULT.styles[name].name for name in DEFAULT.counted],
            z=shares,
            text=counts,
            customdata=counts,
            texttemplate="%{text:,}",
            colorscale=SCALE,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="network %{y}, rule %{x}<br>%{customdata:,} spines, %{z:.0%} of the row<extra></extra>",
        )
    )
    figure.update_layout(
        showlegend=False,
        xaxis={"title": {"text": "class by the rule"}, "showgrid": False},
        yaxis={"title": {"text": "class by the network"}, "showgrid": False, "autorange": "reversed"},
        meta={"note": agreement_note(found)},
    )
    return figure


def agreement_rows(experiment: Experiment, filters: ResultFilters, choice: ChartChoice = NO_CHOICE) -> Rows:
    """One row a pair of classes; header first."""
    found = agreement(experiment, filters)
    yield ("rule_preset", "network_class", "rule_derived_class", "spines")
    for row in DEFAULT.counted:
        for column in RULE_CLASSES:
            yield (found.preset.name, row, column, found.counts[row][column])
