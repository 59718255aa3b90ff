"""Rating blind and unblinding, and the page of an experiment that is sealed for its reader."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from spines.access import has_role
from spines.models import Experiment, Role
from spines.selectors.images.rating import rated_images, reviewed_count
from spines.services.labs.blinding import rate_blind, unblind
from webapp.requests import UserRequest

TILES = 120


def sealed_page(request: UserRequest, experiment: Experiment) -> HttpResponse:
    """Codes in the rater's own order, and nothing else."""
    images = rated_images(experiment, request.user)
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "page": Paginator(images, TILES).get_page(request.GET.get("page")),
        "n_reviewed": reviewed_count(experiment),
        "may_rate": has_role(request.user, experiment.lab, Role.ANNOTATOR),
        "may_rule": has_role(request.user, experiment.lab, Role.MANAGER),
    }
    return render(request, "experiments/blind.html", context)


@require_POST
def rate(request: UserRequest, experiment_id: int) -> HttpResponse:
    """A manager becomes blind, too."""
    rate_blind(user=request.user, experiment_id=experiment_id)
    messages.success(request, "Names, conditions and results of this experiment are hidden from you from now on.")
    return redirect("experiments:images", experiment_id)


@require_POST
def end(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Unblind, with the reason."""
    experiment = unblind(user=request.user, experiment_id=experiment_id, reason=request.POST.get("reason", ""))
    messages.success(request, f"{experiment.name} is unblinded: names, conditions and results are open to the lab.")
    return redirect("experiments:images", experiment_id)
