"""What changed between two analyses of an experiment."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.errors import InvalidInput
from spines.export.changed_spines import changed_spines_csv
from spines.models import Analysis
from spines.selectors.analyses.changes import (
    Changes,
    changes_between,
    finished_analyses,
    pair_to_compare,
    shown_spines,
)
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest


def _asked_pair(query: QueryDict, analyses: list[Analysis]) -> tuple[Analysis, Analysis] | None:
    """The analyses that the address names (`before`, `after`), else those that are most worth comparing."""
    if not query.get("before") and not query.get("after"):
        return pair_to_compare(analyses)
    by_number = {str(analysis.pk): analysis for analysis in analyses}
    before, after = (by_number.get(query.get(name, "")) for name in ("before", "after"))
    if before is None or after is None or before == after:
        raise InvalidInput("The address names no two finished analyses of this experiment. Choose two from the lists.")
    return before, after


def _shown(changes: Changes) -> dict[str, object]:
    spines = shown_spines(changes)
    return {
        "changes": changes,
        "reclassed": [(spines[was], spines[now]) for was, now in changes.reclassed if {was, now} <= spines.keys()],
        "lost": [spines[was] for was in changes.lost if was in spines],
        "added": [spines[now] for now in changes.added if now in spines],
        "transitions": [
            (name, [(to, n, name == to) for to, n in counts.items()], sum(counts.values()))
            for name, counts in changes.transitions.items()
        ],
        "by_class": [(name, changes.in_all.before[name], changes.in_all.after[name]) for name in changes.transitions],
    }


@require_safe
@cache_control(private=True, no_cache=True)
def changes(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Counts before and after, spines that moved between classes, spines lost and added."""
    experiment = get_experiment(request.user, experiment_id)
    analyses = finished_analyses(request.user, experiment)
    pair = _asked_pair(request.GET, analyses)
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "changes",
        "analyses": analyses,
        "pair": pair,
        "classes": experiment.classes.counted,
    }
    if pair:
        context |= _shown(changes_between(*pair))
    return render(request, "results/changes.html", context)


@require_safe
def changes_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """A row for every spine of either analysis."""
    experiment = get_experiment(request.user, experiment_id)
    pair = _asked_pair(request.GET, finished_analyses(request.user, experiment))
    if pair is None:
        raise InvalidInput("There are no two finished analyses with images in common yet.")
    lines = changed_spines_csv(*pair)
    return csv_response(lines, name=f"{safe_stem(experiment.name)}_changes.csv")
