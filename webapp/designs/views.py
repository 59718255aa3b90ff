"""The Design page of an experiment: looking at a design, stating it, renaming and merging its conditions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from spines.access import get_experiment, has_role, require_role
from spines.errors import InvalidInput
from spines.models import Experiment, Role
from spines.services.designs.conditions import merge_conditions, rename_condition
from spines.services.designs.stating import state_design
from spines.vocabulary.numbers import in_words
from webapp.designs.drafts import Draft, draft_of_form, draft_of_words
from webapp.designs.shown import page_of, said_of
from webapp.requests import UserRequest, is_number


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def design(request: UserRequest, experiment_id: int) -> HttpResponse:
    """GET shows the stated or proposed design, or one of written factors; POST looks at the form's, or states it."""
    experiment = get_experiment(request.user, experiment_id)
    if request.method == "POST":
        require_role(request.user, experiment.lab, Role.ANNOTATOR)
        written = draft_of_form(experiment, request.POST)
        return _state(request, experiment, written) if "state" in request.POST else _page(request, experiment, written)
    words = request.GET.get("factors", "").strip()
    try:
        draft = draft_of_words(experiment, words) if words else None
    except InvalidInput as error:
        return _page(request, experiment, fault=error.sentence, status=422)
    return _page(request, experiment, draft)


def _state(request: UserRequest, experiment: Experiment, draft: Draft) -> HttpResponse:
    seen = request.POST.get("seen", "")
    try:
        stated = state_design(
            user=request.user,
            experiment_id=experiment.pk,
            statement=draft.statement(),
            seen_design_id=int(seen) if is_number(seen) else None,
        )
    except InvalidInput as error:
        return _page(request, experiment, draft, fault=error.sentence, status=422)
    messages.success(request, said_of(stated))
    return redirect("designs:design", experiment.pk)


def _page(
    request: UserRequest, experiment: Experiment, draft: Draft | None = None, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "design",
        "may_edit": has_role(request.user, experiment.lab, Role.ANNOTATOR),
        "words": request.GET.get("factors", ""),
    } | page_of(experiment, draft, fault=fault)
    return render(request, "designs/design.html", context, status=status)


@require_POST
def rename(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Give a condition another name."""
    condition = rename_condition(
        user=request.user,
        experiment_id=experiment_id,
        condition_id=_chosen(request, "condition"),
        name=request.POST.get("name", ""),
    )
    messages.success(request, f"The condition is called {condition.name} now, everywhere.")
    return redirect("designs:design", experiment_id)


@require_POST
def merge(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Put the animals of one condition into another."""
    into, merged = _chosen(request, "into"), _chosen(request, "merged")
    done = merge_conditions(user=request.user, experiment_id=experiment_id, into_id=into, merged_id=merged)
    messages.success(request, f"{in_words(done.animals, 'animal')} moved, and the emptied condition is gone.")
    if done.design_withdrawn:
        messages.warning(request, "The design cannot stand with one condition less. State it anew.")
    return redirect("designs:design", experiment_id)


def _chosen(request: UserRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not is_number(text):
        raise InvalidInput("No condition is chosen. Choose one from the list.")
    return int(text)
