"""The table of tests and the result in words: computed when asked for, since models take a moment to fit."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.export.columns import Table
from spines.export.comparison_dictionary import EFFECTS, TESTS, VALUES
from spines.export.comparison_tables import effect_rows, test_rows, value_rows
from spines.export.csv_lines import csv_lines
from spines.models import Experiment
from spines.selectors.results.circumstances import circumstances
from spines.selectors.results.comparison import Comparison, comparison_of
from spines.selectors.results.detection import detection_by_condition
from spines.selectors.results.effects import effects_of_design
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.whose_classes import by_opinion, rests_on_both
from spines.statistics.alike import Check
from spines.statistics.sensitivity import sensitivity
from spines.vocabulary.compared import DENSITY, DENSITY_WITHOUT
from webapp.downloads import csv_response, safe_stem
from webapp.filters import asked_filters
from webapp.requests import UserRequest
from webapp.results.shown_effects import effects_in_words, shown_effects
from webapp.results.shown_influence import shown_influence
from webapp.results.shown_tests import notes_of, reasons_of, shown_pairs


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
        "density_without": DENSITY_WITHOUT,
        "pairs": pairs,
        "notes": notes_of(found),
        "reasons": reasons_of(found.tests.values()),
        "checks": checks_of(experiment, asked.filters, found),
        "influence": shown_influence(found),
        "sensitivity": sensitivity_of(experiment, asked.filters, found),
        "asks_opinions": bool(pairs) and rests_on_both(experiment, asked.filters),
        "reading": found.reading() if pairs else None,
    } | _effects(experiment, asked.filters)
    return render(
        request, "results/tests.html" if request.headers.get("HX-Request") else "results/tests_page.html", context
    )


@require_safe
@cache_control(private=True, no_cache=True)
def opinions(request: UserRequest, experiment_id: int) -> HttpResponse:
    """A fragment below the tests: the result of people's and of networks' spines; a page of its own without script."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "results",
        "asked": asked,
        "by_opinion": by_opinion(experiment, asked.filters),
    }
    is_fragment = "HX-Request" in request.headers
    return render(request, "results/opinions.html" if is_fragment else "results/opinions_page.html", context)


def checks_of(experiment: Experiment, filters: ResultFilters, found: Comparison) -> list[Check]:
    """What else could make a difference between the conditions that are compared."""
    pairs = ((pair.first, pair.second) for test in found.tests.values() for pair in test.pairs)
    return circumstances(experiment, filters, found.conditions, pairs) if len(found.conditions) > 1 else []


def sensitivity_of(experiment: Experiment, filters: ResultFilters, found: Comparison) -> list[str]:
    """What the detector's errors could do to the densities that are compared."""
    test = found.tests.get(DENSITY)
    return sensitivity(test, detection_by_condition(experiment, filters)) if test else []


def _effects(experiment: Experiment, filters: ResultFilters) -> dict[str, object]:
    """The effects that a stated design asks."""
    effects = effects_of_design(experiment, filters)
    first, others = shown_effects(effects) if effects else ([], [])
    in_words = effects_in_words(effects)
    return {"effects": effects, "effects_in_words": in_words, "first_effects": first, "other_effects": others}


@require_safe
def comparison_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The same numbers unrounded."""
    experiment, filters = _asked(request, experiment_id)
    return _csv(experiment, TESTS, test_rows(comparison_of(experiment, filters)))


@require_safe
def effects_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The effects of the stated design, unrounded."""
    experiment, filters = _asked(request, experiment_id)
    return _csv(experiment, EFFECTS, effect_rows(effects_of_design(experiment, filters)))


@require_safe
def values_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The animals' values that both are made from."""
    experiment, filters = _asked(request, experiment_id)
    return _csv(experiment, VALUES, value_rows(comparison_of(experiment, filters)))


def _asked(request: UserRequest, experiment_id: int) -> tuple[Experiment, ResultFilters]:
    experiment = get_experiment(request.user, experiment_id)
    return experiment, asked_filters(request.GET, experiment).filters


def _csv(experiment: Experiment, table: Table, rows: Iterable[tuple[Any, ...]]) -> HttpResponseBase:
    lines = csv_lines(chain([table.header], rows))
    return csv_response(lines, name=f"{safe_stem(experiment.name)}_{table.name}.csv")
