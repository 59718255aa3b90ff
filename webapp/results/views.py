"""The results page, the page of all spines, and the CSV of both."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment, has_role
from spines.measure.rules import RULE_PRESETS
from spines.measure.types import Quality
from spines.models import Experiment, Role
from spines.models.results import QUALITY_WORDS
from spines.selectors.designs.primary_measures import told_design
from spines.selectors.designs.stated import stated_design
from spines.selectors.results.counts import (
    by_animal,
    by_condition,
    by_image,
    tallies,
)
from spines.selectors.results.densities import densities
from spines.selectors.results.filters import all_classes, shown_classes
from spines.selectors.results.key_figures import findings_from
from spines.selectors.results.likeness import not_compared
from spines.selectors.results.made_by import made_by, mixed_versions
from spines.selectors.results.measures import animal_measures, quality_counts
from spines.selectors.results.positions import DENDRITES_A_PAGE
from spines.selectors.results.rows import results_of, spines_of
from spines.vocabulary.classes import LEFT_OUT
from spines.vocabulary.measures import MEASURES
from webapp.exports.files import spines_file
from webapp.filters import AskedFilters, asked_filters
from webapp.requests import UserRequest
from webapp.results.charts import first_chart_of
from webapp.results.choice import asked_choice, chart_query
from webapp.results.figures.by_design import is_drawn_by_design
from webapp.results.listing import GALLERY, listing_of

IMAGES_A_PAGE = 50


def _context(experiment: Experiment, asked: AskedFilters, *, part: str) -> dict[str, object]:
    return {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": part,
        "asked": asked,
    }


@require_safe
@cache_control(private=True, no_cache=True)
def results(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The answer: a sentence, charts, tables. Charts and tests come by requests of their own."""
    experiment = get_experiment(request.user, experiment_id)
    asked, choice = asked_filters(request.GET, experiment), asked_choice(request.GET)
    first_chart, measure = first_chart_of(experiment)
    if "measure" not in request.GET:
        choice = replace(choice, measure=measure)
    rows = tallies(experiment, all_classes(asked.filters))
    findings = findings_from(rows, experiment, asked.filters)
    made = made_by(experiment, asked.filters)
    pages = max(-(-findings.dendrites // DENDRITES_A_PAGE), 1)
    choice = replace(choice, page=min(max(choice.page, 1), pages))
    images = Paginator(rows, IMAGES_A_PAGE).get_page(request.GET.get("page"))
    context = _context(experiment, asked, part="results") | {
        "design": told_design(experiment),
        "findings": findings,
        "classes": shown_classes(experiment.classes, asked.filters),
        "densities": densities(rows),
        "left_out": LEFT_OUT,
        "by_condition": by_condition(rows),
        "by_animal": by_animal(rows),
        "images": images,
        "by_image": by_image(images.object_list),
        "made_by": made,
        "mixed_versions": mixed_versions(made),
        "measures": MEASURES,
        "choice": choice,
        "first_chart": first_chart,
        "is_by_design": is_drawn_by_design(stated_design(experiment)),
        "chart_query": chart_query(asked, choice),
        "dendrite_pages": pages,
    }
    return render(request, "results/results.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def animal_shapes(request: UserRequest, experiment_id: int) -> HttpResponse:
    """A fragment of the results page: each animal's mean of every measure, and why spines have none."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    qualities = quality_counts(experiment, filters)
    context = {
        "measures": MEASURES,
        "animals": animal_measures(experiment, filters),
        "unmeasured": [
            (QUALITY_WORDS[Quality(quality)] if quality else "not looked at yet", n)
            for quality, n in qualities.items()
            if quality != Quality.TRUSTED
        ],
    }
    return render(request, "results/animal_shapes.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def spines(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Every spine, as a table or as crops by class."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    listing = listing_of(
        spines_of(experiment, asked.filters),
        request.GET,
        preset=experiment.lab.rule_preset,
        classes=experiment.classes.counted,
    )
    context = _context(experiment, asked, part="spines") | {
        "listing": listing,
        "gallery": GALLERY,
        "images": results_of(experiment, asked.filters).count(),
        "preset": RULE_PRESETS[experiment.lab.rule_preset],
        "may_review": has_role(request.user, experiment.lab, Role.ANNOTATOR) and not experiment.blinded,
        "class_set": experiment.classes.for_scripts(),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "not_compared": not_compared(experiment) if listing.shown_as == GALLERY else 0,
    }
    return render(request, "results/spines.html", context)


@require_safe
def spines_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The spines that pass the filters, one row each."""
    experiment = get_experiment(request.user, experiment_id)
    return spines_file(experiment, asked_filters(request.GET, experiment).filters)
