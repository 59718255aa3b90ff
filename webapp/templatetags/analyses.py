"""What a row of the analysis table says, from the counts of `spines.selectors.analyses.progress.with_counts`."""

from __future__ import annotations

from typing import Any

from django import template

from spines.models import AnalysisStatus

register = template.Library()


@register.filter
def images_in_all(analysis: Any) -> int:
    """Images of the analysis, whatever their state."""
    return sum(getattr(analysis, f"n_{status}") for status in AnalysisStatus.values)


@register.filter
def took_s(analysis: Any) -> float | None:
    """Seconds from asking to the last image; None while unfinished."""
    if analysis.finished_at is None:
        return None
    return float((analysis.finished_at - analysis.created_at).total_seconds())


@register.simple_tag
def analysis_state(analysis: Any) -> tuple[str, str]:
    """Badge and word for the analysis as a whole."""
    if analysis.n_running:
        return "running", "Running"
    if analysis.n_queued:
        return "queued", "Waiting"
    if analysis.n_failed:
        return "failed", "With failures"
    return ("cancelled", "Cancelled") if analysis.n_cancelled else ("done", "Finished")
