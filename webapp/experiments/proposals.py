"""The images whose review would teach the networks most."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from spines.access import get_experiment, has_role
from spines.models import Role
from spines.selectors.review.proposals import proposals_of
from webapp.requests import UserRequest


@require_safe
@never_cache
def review_next(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The next ones with the reasons, and how far the experiment is reviewed."""
    experiment = get_experiment(request.user, experiment_id)
    context = {
        "experiment": experiment,
        "project": experiment.project,
        "lab": experiment.lab,
        "may_edit": has_role(request.user, experiment.lab, Role.ANNOTATOR),
        "proposals": proposals_of(experiment),
    }
    return render(request, "experiments/review_next.html", context)
