"""The page of classes from examples, and its acts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_experiment, has_role
from spines.models import ExampleClassifier, Role
from spines.selectors.results.likeness import without_likeness
from spines.selectors.review.orders import open_studies_of
from spines.services.review import from_examples
from spines.statistics.from_examples import LEAST_A_CLASS, LEAST_EXAMPLES, LEAST_GROUPS, PROPOSED_FROM
from spines.vocabulary.numbers import in_words
from webapp.examples.shown import shown_examples
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_cache=True)
def examples(request: UserRequest, experiment_id: int) -> HttpResponse:
    """What people named, and the versions that learnt from it; hidden from who rates in an open study."""
    experiment = get_experiment(request.user, experiment_id)
    rated = open_studies_of(request.user, experiment).first()
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "review",
        "rated": rated,
        "shown": None if rated else shown_examples(experiment),
        "may_apply": has_role(request.user, experiment.lab, Role.ANNOTATOR) and not experiment.is_sealed,
        "not_compared": without_likeness(experiment).count(),
        "least": {"examples": LEAST_EXAMPLES, "of_class": LEAST_A_CLASS, "groups": LEAST_GROUPS},
        "proposed_from": PROPOSED_FROM,
    }
    return render(request, "examples/examples.html", context)


@require_POST
def learn(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Have a worker learn."""
    work = from_examples.ask_to_learn(user=request.user, experiment_id=experiment_id)
    return redirect("work:work", work.pk)


@require_POST
def apply(request: UserRequest, version_id: int) -> HttpResponse:
    """Let a version count."""
    changed = from_examples.apply(user=request.user, version_id=version_id)
    messages.success(request, f"Applied: {in_words(changed, 'spine')} count under the class of this version now.")
    return _back(version_id)


@require_POST
def undo(request: UserRequest, version_id: int) -> HttpResponse:
    """Let the network count again."""
    changed = from_examples.undo_applied(user=request.user, version_id=version_id)
    messages.success(request, f"Undone: {in_words(changed, 'spine')} count under the network's class again.")
    return _back(version_id)


def _back(version_id: int) -> HttpResponse:
    version = ExampleClassifier.objects.only("experiment_id").get(pk=version_id)
    return redirect("examples:examples", version.experiment_id)
