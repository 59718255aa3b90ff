"""The table of tests and the result in words: computed when asked for, since models take a moment to fit."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.export.csv_lines import csv_lines
from spines.selectors.results.comparison import comparison_of
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest
from webapp.results.forms import asked_filters
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
    }
    return render(
        request, "results/tests.html" if request.headers.get("HX-Request") else "results/tests_page.html", context
    )


@require_safe
def comparison_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The same numbers unrounded."""
    experiment = get_experiment(request.user, experiment_id)
    found = comparison_of(experiment, asked_filters(request.GET, experiment).filters)
    return csv_response(csv_lines(table_rows(found)), name=f"{safe_stem(experiment.name)}_tests.csv")
