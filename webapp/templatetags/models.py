"""Candidates in a table: the figure that decides. Networks in use, in a line."""

from __future__ import annotations

from typing import Any

from django import template

from spines.models import Experiment, ModelVersion
from spines.vocabulary.numbers import SHARE
from webapp.model_versions.evaluation import ShownEvaluation, shown_evaluation
from webapp.model_versions.printed import signed
from webapp.model_versions.promoting import networks_of

register = template.Library()


@register.simple_tag
def comparison_of(version: ModelVersion) -> ShownEvaluation | None:
    """The candidate's comparison with the active network; None where none was made."""
    return shown_evaluation(version)


@register.filter
def in_percent(share: float | None) -> str:
    """0.314 as 31 %; a dash for none."""
    return SHARE.value(share) + (f" {SHARE.symbol}" if share is not None else "")


@register.filter
def signed_figure(value: float) -> str:
    """With its sign and three decimals."""
    return signed(value)


@register.inclusion_tag("model_versions/networks_line.html")
def networks_line(experiment: Experiment) -> dict[str, Any]:
    """With which networks the experiment would be analysed now, and by whose choice."""
    return {"networks": networks_of(experiment=experiment)}
