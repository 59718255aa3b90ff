"""The page of a piece of work: its progress, cancelling it, its file."""

from __future__ import annotations

import mimetypes
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from spines.access import get_work
from spines.errors import Conflict
from spines.models import AnalysisStatus, Work
from spines.services.work import asking
from spines.storage.files import told_if_gone
from webapp.downloads import as_attachment
from webapp.requests import UserRequest
from webapp.work.shown import shown_work


@require_safe
@never_cache
def work(request: UserRequest, work_id: int) -> HttpResponse:
    """How far it is, and what came of it."""
    return render(request, "work/work.html", _context(request, work_id) | {"polled": False})


@require_safe
@never_cache
def progress(request: UserRequest, work_id: int) -> HttpResponse:
    """The same line again, polled by its page, which goes on to what came of it."""
    context = _context(request, work_id)
    if address := context["shown"].leads_to:
        return HttpResponseClientRedirect(address)
    return render(request, "work/progress.html", context | {"polled": True, "named": "named" in request.GET})


def _context(request: UserRequest, work_id: int) -> dict[str, Any]:
    row = get_work(request.user, work_id)
    experiment = row.experiment
    return {
        "shown": shown_work(row, user=request.user),
        "work": row,
        "lab": row.lab,
        "experiment": experiment,
        "project": experiment.project if experiment else None,
    }


@require_POST
def cancel(request: UserRequest, work_id: int) -> HttpResponse:
    """Stop it; nothing comes of it."""
    asking.cancel(user=request.user, work_id=work_id)
    messages.success(request, "Cancelled. Nothing came of it.")
    return redirect("work:work", work_id)


@require_safe
@never_cache
def file(request: UserRequest, work_id: int) -> HttpResponseBase:
    """The file that came of it."""
    return file_of(get_work(request.user, work_id))


def file_of(work: Work) -> HttpResponseBase:
    """The file of finished work as a download. Raises Conflict where there is none (yet)."""
    if work.status != AnalysisStatus.DONE or not work.file:
        raise Conflict(work.message or "There is no file of this: it has not ended, was cancelled or makes none.")
    with told_if_gone("The file is gone from storage. Ask for it again."):
        opened = work.file.open("rb")
    media_type = mimetypes.guess_type(work.file_name)[0] or "application/octet-stream"
    response = FileResponse(opened, content_type=media_type)
    response["Cache-Control"] = "private, no-store"
    as_attachment(response, work.file_name)
    return response
