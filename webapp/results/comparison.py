"""The table of tests and the result in words: computed when asked for, since models take a moment to fit."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.export.csv_lines import csv_lines
from spines.models import Experiment
from spines.selectors.results.comparison import comparison_of
from spines.selectors.results.effects import effects_of_design
from spines.selectors.results.filters import ResultFilters
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest
from webapp.results.forms import asked_filters
from webapp.results.shown_effects import shown_effects
from webapp.results.shown_tests import notes_of, shown_pairs, table_rows


@require_safe
@cache_control(private=True, no_cache=True)
def comparison(request: UserRequest, experiment_id: int) -> HttpResponse:
    """A fragment for the results page; a page of its own without script."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    found = comparison_of(experiment, asked.filters)
    pairs = shown_pairs(found.tests.values())
    is_fragment = "HX-Request" in request.headers
    context = {
        "is_fragment": is_fragment,
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "results",
        "asked": asked,
        "comparison": found,
        "pairs": pairs,
        "notes": notes_of(found),
        "reading": found.reading() if pairs else None,
    } | _effects(experiment, asked.filters)
    return render(
        request, "results/tests.html" if request.headers.get("HX-Request") else "results/tests_page.html", context
    )


def _effects(experiment: Experiment, filters: ResultFilters) -> dict[str, object]:
    """The effects that a stated design asks."""
    effects = effects_of_design(experiment, filters)
    first, others = shown_effects(effects) if effects else ([], [])
    return {"effects": effects, "first_effects": first, "other_effects": others}


@require_safe
def comparison_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The same numbers unrounded."""
    experiment = get_experiment(request.user, experiment_id)
    found = comparison_of(experiment, asked_filters(request.GET, experiment).filters)
    return csv_response(csv_lines(table_rows(found)), name=f"{safe_stem(experiment.name)}_tests.csv")
