"""The page of classes from examples, and its acts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_experiment, has_role
from spines.models import ExampleClassifier, Role, Work
from spines.selectors.results.likeness import not_compared
from spines.selectors.review.orders import open_studies_of
from spines.services.review import applying, from_examples
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
        "not_compared": not_compared(experiment),
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
    """Let a version count, or have a worker do so."""
    done = applying.apply_or_ask(user=request.user, version_id=version_id)
    return _after(request, version_id, done, "Applied: {} count under the class of this version now.")


@require_POST
def undo(request: UserRequest, version_id: int) -> HttpResponse:
    """Let the network count again, or have a worker do so."""
    done = applying.undo_or_ask(user=request.user, version_id=version_id)
    return _after(request, version_id, done, "Undone: {} count under the network's class again.")


def _after(request: UserRequest, version_id: int, done: int | Work, words: str) -> HttpResponse:
    if isinstance(done, Work):
        return redirect("work:work", done.pk)
    messages.success(request, words.format(in_words(done, "spine")))
    version = ExampleClassifier.objects.only("experiment_id").get(pk=version_id)
    return redirect("examples:examples", version.experiment_id)
