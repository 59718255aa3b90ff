"""Candidates in a table: the figure that decides."""

from __future__ import annotations

from django import template

from spines.models import ModelVersion
from webapp.model_versions.evaluation import ShownEvaluation, shown_evaluation

register = template.Library()


@register.simple_tag
def comparison_of(version: ModelVersion) -> ShownEvaluation | None:
    """The candidate's comparison with the active network; None where none was made."""
    return shown_evaluation(version)
