"""Starting, watching, cancelling and retrying analyses, and the page of all of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from spines.access import analyses_for, get_analysis, has_role, labs_for, works_for
from spines.models import Role
from spines.selectors.analyses.progress import unfinished_analyses, with_counts
from spines.selectors.labs.in_short import in_short
from spines.services.analyses.starting import cancel_analysis, retry_analysis, start_analysis
from spines.vocabulary.numbers import in_words
from webapp.analyses.filters import AnalysisFilter
from webapp.analyses.progress import changed_images, shown_progress
from webapp.images.choice import chosen_images
from webapp.requests import UserRequest
from webapp.work.shown import lasting, shown_work

ROWS, ROWS_OF_WORK = 50, 20
NEWEST_FIRST = ("-created_at", "-pk")


@require_GET
def index(request: UserRequest) -> HttpResponse:
    """Everything queued, running and finished in the user's labs."""
    analyses = analyses_for(request.user)
    form = AnalysisFilter(request.GET, user=request.user)
    labs = labs_for(request.user)
    page = Paginator(form.narrow(analyses).order_by(*NEWEST_FIRST), ROWS).get_page(request.GET.get("page"))
    page.object_list = with_counts(page.object_list)
    context = {
        "form": form,
        "page": page,
        "several_labs": len(labs) > 1,
        "editable_labs": {lab.pk for lab in labs if has_role(request.user, lab, Role.ANNOTATOR)},
        "running": [shown_progress(a, user=request.user) for a in unfinished_analyses(analyses)],
        "work": [shown_work(work, user=request.user) for work in lasting(works_for(request.user))[:ROWS_OF_WORK]],
    }
    return render(request, "analyses/index.html", context)


@require_POST
def start(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Analyse what the form names: all images, new ones, or the ticked."""
    image_ids = chosen_images(request, experiment_id)
    start_analysis(user=request.user, experiment_id=experiment_id, image_ids=image_ids)
    return redirect("experiments:images", experiment_id)


@require_GET
@never_cache
def progress(request: UserRequest, analysis_id: int) -> HttpResponse:
    """The progress line again, and the images whose state changed since the last one."""
    analysis = get_analysis(request.user, analysis_id)
    in_experiment = "in_experiment" in request.GET
    changed = changed_images(analysis, since=request.GET.get("since", "")) if in_experiment else ()
    context = {
        "shown": shown_progress(analysis, user=request.user),
        "in_experiment": in_experiment,
        "changed": changed,
        "in_short": in_short(analysis.experiment) if changed else None,
    }
    return render(request, "analyses/progress.html", context)


@require_POST
def cancel(request: UserRequest, analysis_id: int) -> HttpResponse:
    """Stop what has not finished."""
    stopped = cancel_analysis(user=request.user, analysis_id=analysis_id)
    messages.success(
        request,
        f"Analysis {analysis_id} is cancelled; not analysed: {in_words(stopped, 'image')}. What was done stays.",
    )
    return _back(request)


@require_POST
def retry(request: UserRequest, analysis_id: int) -> HttpResponse:
    """Queue again what failed or was cancelled."""
    again = retry_analysis(user=request.user, analysis_id=analysis_id)
    messages.success(request, f"Again in line, of analysis {analysis_id}: {in_words(again, 'image')}.")
    return _back(request)


def _back(request: UserRequest) -> HttpResponse:
    """To the page that the form was on."""
    page = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        return redirect("analyses:index")
    return redirect(page)
