"""Which measures can be an experiment's primary one."""

from __future__ import annotations

from django.utils import timezone

from spines.models import Experiment, StatedDesign
from spines.selectors.results.comparison import DENSITY, MATURITY, share_name
from spines.vocabulary.measures import MEASURES


def primary_measures(experiment: Experiment) -> dict[str, str]:
    """By key what a page calls it: density, maturity, the share of each class, each size."""
    classes = experiment.classes
    shares = {share_name(key): f"Share of {classes.styles[key].spines}" for key in classes.keys}
    sizes = {key: measure.label for key, measure in MEASURES.items()}
    return {DENSITY: "Spine density", MATURITY: "Maturity index"} | shares | sizes


def test_of(measure: str) -> str:
    """What the comparison calls the test of a primary measure."""
    return MEASURES[measure].axis if measure in MEASURES else measure


def primary_in_words(stated: StatedDesign) -> str:
    """`density is lower, named on 3 November 2026 before any image was analysed`; empty where none is named."""
    if stated.primary_at is None:
        return ""
    label = primary_measures(stated.experiment).get(stated.primary_measure, stated.primary_measure)
    day = timezone.localdate(stated.primary_at)
    seen = "after images were analysed" if stated.primary_after_results else "before any image was analysed"
    return f"{label} {stated.primary_direction}, named on {day.day} {day:%B %Y} {seen}"
