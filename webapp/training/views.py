"""The Training page and the page of one run."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from spines.access import require_admin
from spines.models import ModelKind, TrainingRun, TrainingStatus
from spines.models.training import UNFINISHED_RUN
from spines.selectors.datasets.contents import dataset_sources, withdrawn_labs
from spines.selectors.training.learning import learned_by
from spines.selectors.training.runs import get_run, runs_for, training_workers
from spines.vocabulary.network_figures import FIGURES
from webapp.plots import for_the_page
from webapp.requests import UserRequest
from webapp.training.curves import loss_figure, quality_figure, quality_keys
from webapp.training.recipes import recipe_rows, recipes_of
from webapp.training.shown import shown_run, with_candidates_figures

ROWS = 30


@require_safe
@never_cache
def index(request: UserRequest) -> HttpResponse:
    """Runs and candidates, newest first, and whether a worker is there."""
    require_admin(request.user)
    runs = with_candidates_figures(runs_for(request.user))
    page = Paginator(runs, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "shown": [shown_run(run) for run in page.object_list],
        "workers": training_workers(),
        "unfinished": any(run.status in UNFINISHED_RUN for run in page.object_list),
    }
    return render(request, "training/index.html", context)


def _context(run: TrainingRun) -> dict[str, object]:
    return {"shown": shown_run(run), "run": run, "has_quality": bool(quality_keys(run.epochs))}


@require_safe
@never_cache
def run(request: UserRequest, run_id: int) -> HttpResponse:
    """One run: its state, curves, log, data and recipe."""
    require_admin(request.user)
    run = get_run(request.user, run_id)
    learned = learned_by(run)
    context = _context(run) | {
        "recipe_rows": recipe_rows(recipes_of(ModelKind(run.kind)).get(run.recipe), run.overrides),
        "sources": dataset_sources(run.dataset),
        "learned": learned,
        "deciding": FIGURES.get(learned.key, learned.key) if learned else "",
        "withdrawn": withdrawn_labs(run.dataset) if run.status != TrainingStatus.DONE else [],
    }
    return render(request, "training/run.html", context)


@require_safe
@never_cache
def state(request: UserRequest, run_id: int) -> HttpResponse:
    """What moves while a run goes on, polled by its page."""
    require_admin(request.user)
    return render(request, "training/state.html", _context(get_run(request.user, run_id)) | {"polled": True})


@require_safe
@never_cache
def curves(request: UserRequest, run_id: int) -> JsonResponse:
    """The curves so far, for Plotly.react; `quality` is null while no epoch states any."""
    require_admin(request.user)
    epochs = get_run(request.user, run_id).epochs
    quality = for_the_page(quality_figure(epochs)) if quality_keys(epochs) else None
    return JsonResponse({"epochs": len(epochs), "loss": for_the_page(loss_figure(epochs)), "quality": quality})
