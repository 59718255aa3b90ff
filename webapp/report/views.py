"""The report of an experiment, as a page to print and as a PDF."""

from __future__ import annotations

import base64

from django.core.cache import caches
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from webapp.filters import asked_filters
from webapp.report.build import build_report
from webapp.report.content import Block, Chart
from webapp.report.drawing import draw
from webapp.requests import UserRequest
from webapp.work.files import work_for_report


@require_safe
@cache_control(private=True, no_cache=True)
def report(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The page: all of the report, its pictures in it, so that a saved page is whole."""
    experiment = get_experiment(request.user, experiment_id)
    asked = asked_filters(request.GET, experiment)
    made = build_report(experiment, asked.filters, user=request.user, address=request.build_absolute_uri())
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "report": made,
        "sections": [
            (section.heading, [(block, _picture(block)) for block in section.blocks]) for section in made.sections
        ],
        "query": asked.query,
    }
    return render(request, "report/report.html", context)


def _picture(block: Block) -> str:
    """A chart's drawing as the address of an image; empty for other blocks, and where nothing can be drawn."""
    if not isinstance(block, Chart) or block.figure is None:
        return ""
    cache, key = caches["figures"], f"drawn-{block.digest}"
    picture: bytes | None = cache.get(key)
    if picture is None:
        picture = draw(block.figure, file_format="svg")
        cache.set(key, picture)
    return "data:image/svg+xml;base64," + base64.b64encode(picture).decode()


@require_safe
def report_file(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The PDF, under the same filters as the page: the page of the work that makes it."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    address = request.build_absolute_uri().replace("report.pdf", "", 1)
    return redirect("work:work", work_for_report(request.user, experiment, filters, address=address).pk)
