"""The Threshold page of an experiment, its progress, its curve, and setting it."""

from __future__ import annotations

import json
import math
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_experiment, has_role
from spines.errors import InvalidInput
from spines.export.csv_lines import csv_lines
from spines.models import AnalysisStatus, Experiment, Role
from spines.selectors.analyses.thresholds import THRESHOLDS, is_analysed_now
from spines.services.analyses.thresholds import in_words, set_threshold
from spines.vocabulary.operating_points import DIGITS, HIGHEST_THRESHOLD, LOWEST_THRESHOLD
from webapp.downloads import csv_response, safe_stem
from webapp.plots import for_the_page
from webapp.requests import UserRequest, is_number
from webapp.thresholds import shown
from webapp.thresholds.figure import csv_rows, curve_chart, rows_of_table

CHANGES_SHOWN = 20
USUAL = 0.3  # looked at where detectors of the experiment differ in their own


@require_safe
@cache_control(private=True, no_cache=True)
def threshold(request: UserRequest, experiment_id: int) -> HttpResponse:
    """What each threshold gives, over the picture of one image."""
    experiment = get_experiment(request.user, experiment_id)
    images = shown.images_to_show(experiment)
    return render(request, "thresholds/threshold.html", _context(request, experiment, images))


def _context(request: UserRequest, experiment: Experiment, images: list[shown.ShownImage]) -> dict[str, Any]:
    state, (curve, why_not) = shown.state_of(experiment), shown.curve_of(experiment)
    looked_at = _asked(request.GET, otherwise=state.now)
    chosen = request.GET.get("image", "")
    result = shown.result_to_show(experiment, int(chosen)) if is_number(chosen) else None
    if result is None and images:
        result = shown.result_to_show(experiment, images[0].image_id)
    marks, reviewed = shown.picture_of(result), bool(result and result.reviewed_at)
    slider = shown.for_the_slider(experiment, curve, shown.marks_in_words(marks, reviewed=reviewed))
    step = THRESHOLDS.index(looked_at)
    return _head(request, experiment) | {
        "state": state,
        "images": images,
        "result": result,
        "image": result.image if result else None,
        "reviewed": reviewed,
        "marks": [(mark, mark.is_shown(looked_at)) for mark in marks],
        "legend": shown.legend(experiment, reviewed=reviewed),
        "looked_at": looked_at,
        "holds": experiment.score_threshold == looked_at and not state.left,
        "said": {name: slider[name][step] for name in ("picture", "curve", "experiment")},
        "slider": slider,
        "curve": curve,
        "rows": rows_of_table(curve) if curve else [],
        "why_not": why_not,
        "busy": is_analysed_now(experiment),
        "changes": experiment.threshold_changes.select_related("created_by")[:CHANGES_SHOWN],
        "lowest": LOWEST_THRESHOLD,
        "highest": HIGHEST_THRESHOLD,
    }


def _head(request: UserRequest, experiment: Experiment) -> dict[str, Any]:
    return {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "threshold",
        "may_edit": has_role(request.user, experiment.lab, Role.ANNOTATOR),
    }


def _asked(query: QueryDict, *, otherwise: float | None) -> float:
    """The threshold that an address asks to look at, or else the one that holds."""
    try:
        value = float(query.get("threshold", ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        value = USUAL if otherwise is None else otherwise
    return min(max(round(value, DIGITS), LOWEST_THRESHOLD), HIGHEST_THRESHOLD)


@require_POST
def give(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Give the experiment the threshold of the form, or the network's own."""
    text = request.POST.get("threshold", "")
    try:
        value = None if text == "own" else float(text)
    except ValueError:
        raise InvalidInput("Give a threshold as a number, such as 0.3.") from None
    change = set_threshold(user=request.user, experiment_id=experiment_id, threshold=value)
    said = f"The threshold is {in_words(change.threshold)} now."
    if change.status != AnalysisStatus.DONE:
        said += f" {change.images} image{'s' * (change.images != 1)} {'follow' if change.images != 1 else 'follows'}."
    messages.success(request, said)
    return redirect("thresholds:threshold", experiment_id)


@require_safe
@never_cache
def state(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Which threshold holds and how far results follow, polled by the page, which is made anew at the end."""
    experiment = get_experiment(request.user, experiment_id)
    now = shown.state_of(experiment)
    answer = render(request, "thresholds/state.html", _head(request, experiment) | {"state": now})
    if not now.is_unfinished:
        answer["HX-Refresh"] = "true"
    return answer


@require_safe
@cache_control(private=True, no_cache=True)
def curve_figure(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The curve for Plotly.react."""
    experiment = get_experiment(request.user, experiment_id)
    curve, why_not = shown.curve_of(experiment)
    now = _asked(request.GET, otherwise=shown.state_of(experiment).now)
    figure = curve_chart(curve, why_not, threshold=now)
    return HttpResponse(json.dumps(for_the_page(figure)), content_type="application/json")


@require_safe
def curve_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The curve's numbers."""
    experiment = get_experiment(request.user, experiment_id)
    curve, _ = shown.curve_of(experiment)
    return csv_response(csv_lines(csv_rows(curve)), name=f"{safe_stem(experiment.name)}_threshold.csv")
