"""The results page, the page of all spines, and the CSV of both."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.export.spine_table import spine_table_csv
from spines.models import Experiment
from spines.selectors.filters import all_classes, shown_classes
from spines.selectors.findings import findings_of, made_by
from spines.selectors.results import (
    CLASSES,
    counts_by_animal,
    counts_by_condition,
    counts_by_image,
    spines_of,
)
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest
from webapp.results.charts import CHARTS
from webapp.results.forms import AskedFilters, asked_filters
from webapp.results.listing import GALLERY, listing_of

IMAGES_A_PAGE = 50


def _context(experiment: Experiment, asked: AskedFilters, *, part: str) -> dict[str, object]:
    return {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": part,
        "asked": asked,
        "findings": findings_of(experiment, asked.filters),
    }


@require_safe
@cache_control(private=True, no_cache=True)
def results(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The answer: a sentence, charts, tables."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    whole = all_classes(asked.filters)
    images = Paginator(counts_by_image(experiment, whole), IMAGES_A_PAGE)
    context = _context(experiment, asked, part="results") | {
        "classes": shown_classes(asked.filters),
        "all_classes": CLASSES,
        "by_condition": counts_by_condition(experiment, whole),
        "by_animal": counts_by_animal(experiment, whole),
        "by_image": images.get_page(request.GET.get("page")),
        "made_by": made_by(experiment, asked.filters),
        "charts": CHARTS,
    }
    return render(request, "results/results.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def spines(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Every spine, as a table or as crops by class."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    listing = listing_of(spines_of(experiment, asked.filters), request.GET)
    context = _context(experiment, asked, part="spines") | {"listing": listing, "gallery": GALLERY}
    return render(request, "results/spines.html", context)


@require_safe
def spines_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The spines that pass the filters, one row each."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    name = f"{safe_stem(experiment.name)}_spines.csv"
    return csv_response(spine_table_csv(spines_of(experiment, asked.filters)), name=name)
