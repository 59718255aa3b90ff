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
from spines.selectors.analyses.changes import Changes, changes_between, finished_analyses, pair_to_compare
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest

IMAGES_SHOWN = 50
CROPS_SHOWN = 24


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
    every = [(image, each) for image in changes.images for each in image.reclassed]
    return {
        "changes": changes,
        "changed_images": [image for image in changes.images if image.changes][:IMAGES_SHOWN],
        "n_changed_images": sum(bool(image.changes) for image in changes.images),
        "reclassed": [(image.image, *pair) for image, pair in every][:CROPS_SHOWN],
        "lost": [(image.image, spine) for image in changes.images for spine in image.lost][:CROPS_SHOWN],
        "added": [(image.image, spine) for image in changes.images for spine in image.added][:CROPS_SHOWN],
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
    lines = changed_spines_csv(changes_between(*pair))
    return csv_response(lines, name=f"{safe_stem(experiment.name)}_changes.csv")
