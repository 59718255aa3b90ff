"""Which measures can be an experiment's primary one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from spines.models import Experiment, StatedDesign
from spines.selectors.designs.stated import current_design, design_in_words, design_of
from spines.vocabulary.compared import DENSITY, MATURITY, share_name
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import listed


def primary_measures(experiment: Experiment) -> dict[str, str]:
    """By key what a page calls it: density, maturity, the share of each class, each size."""
    classes = experiment.classes
    shares = {share_name(key): f"Share of {classes.styles[key].spines}" for key in classes.keys}
    sizes = {key: measure.label for key, measure in MEASURES.items()}
    return {DENSITY: "Spine density", MATURITY: "Maturity index"} | shares | sizes


def primary_in_words(stated: StatedDesign) -> str:
    """`density is lower, named on 3 November 2026 before any image was analysed`; empty where none is named."""
    if stated.primary_at is None:
        return ""
    label = primary_measures(stated.experiment).get(stated.primary_measure, stated.primary_measure)
    day = timezone.localdate(stated.primary_at)
    seen = "after images were analysed" if stated.primary_after_results else "before any image was analysed"
    return f"{label} {stated.primary_direction}, named on {day.day} {day:%B %Y} {seen}"


@dataclass(frozen=True, kw_only=True)
class ToldDesign:
    """A stated design as results and report say it. `notes` name conditions that it leaves out."""

    words: str
    primary: str
    stated: str
    notes: tuple[str, ...]


def told_design(experiment: Experiment) -> ToldDesign | None:
    """The stated design in words; None where none is stated."""
    stated = current_design(experiment)
    if stated is None:
        return None
    design, day = design_of(stated), timezone.localdate(stated.stated_at)
    seen = "after images were analysed" if stated.after_results else "before any image was analysed"
    left_out = [c.name for c in experiment.conditions.all() if c.name not in design.conditions]
    notes = (f"In no cell of it, so compared with nothing: {listed(left_out)}.",) if left_out else ()
    return ToldDesign(
        words=design_in_words(design),
        primary=primary_in_words(stated),
        stated=f"{day.day} {day:%B %Y}, {seen}",
        notes=notes,
    )
