"""Choosing what to train and on what, with the counts before anything starts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views import View

from spines.access import require_admin
from spines.errors import Conflict, InvalidInput
from spines.models import ModelKind, WorkKind
from spines.selectors.training.pace import Bought, bought
from spines.selectors.training.runs import training_workers
from spines.services.datasets.freezing import DatasetPreview, seconds_to_freeze
from spines.services.training.starting import beginning_missing, checked_training, freeze_and_start
from spines.services.work.asking import ask, takes_long
from spines.training.overrides import checked_overrides
from webapp.requests import UserRequest
from webapp.training.counting import Counting, counted_for
from webapp.training.forms import CHOSEN, RunForm
from webapp.training.recipes import recipes_of

PARTS = (("train", "Training"), ("val", "Validation"), ("test", "Test"))


class New(View):
    """GET shows the form with its counts, or for htmx only the counts or the recipe's numbers; POST starts the run."""

    def get(self, request: UserRequest) -> HttpResponse:
        """The form."""
        require_admin(request.user)
        form = _form(request.GET)
        if not request.headers.get("HX-Request"):
            is_first = CHOSEN not in request.GET  # large sets take a while to count: the page is there before
            return render(request, "training/new.html", _context(request, form, counts=not is_first))
        if request.GET.get("part") == "recipe":
            return render(request, "training/recipe_fields.html", {"form": form})
        return render(request, "training/preview.html", _context(request, form))

    def post(self, request: UserRequest) -> HttpResponse:
        """Freeze the data and put the run in line, or have that done; what cannot be is told above the form.

        The button that only counts posts too: a GET would write the form's token into its address.
        """
        require_admin(request.user)
        form = _form(request.POST)
        if request.POST.get("only") == "count":
            return render(request, "training/new.html", _context(request, form))
        sentence = ""
        if form.is_valid():
            try:
                return _start(request, form)
            except (Conflict, InvalidInput) as error:
                sentence = error.sentence
        context = _context(request, form) | {"sentence": sentence}
        return render(request, "training/new.html", context, status=422)


def _form(data: QueryDict) -> RunForm:
    kind = data.get("kind", ModelKind.CLASSIFIER.value)
    if kind not in ModelKind.values:
        raise InvalidInput("Choose the classifier or the detector.")
    return RunForm(data, kind=ModelKind(kind))


def _start(request: UserRequest, form: RunForm) -> HttpResponse:
    """To the run, or to the work that freezes its data first. Raises Conflict and InvalidInput where it cannot be."""
    wanted = form.cleaned_data
    training: dict[str, Any] = {
        "recipe": wanted["recipe"],
        "overrides": form.overrides,
        "seed": wanted["seed"] or 0,
        "start_from_id": form.start_from_id,
    }
    checked_training(kind=form.kind, **training)
    if takes_long(seconds_to_freeze(form.selection)):
        asked = {"kind": form.kind.value, "selection": asdict(form.selection), **training}
        return redirect("work:work", ask(user=request.user, kind=WorkKind.TRAINING, arguments=asked).pk)
    run = freeze_and_start(user=request.user, kind=form.kind, selection=form.selection, **training)
    return redirect("training:run", run.pk)


def _context(request: UserRequest, form: RunForm, *, counts: bool = True) -> dict[str, Any]:
    counting = counted_for(request, form) if counts else Counting()
    counted = counting.counted
    return {
        "form": form,
        "kinds": [(kind, kind == form.kind) for kind in (ModelKind.CLASSIFIER, ModelKind.DETECTOR)],
        "counted": counted,
        "parts": [(label, counted.counts.get(key, {})) for key, label in PARTS] if counted else [],
        "bought": _bought(form, counted),
        "not_counted": counting.sentence,
        "counting": counting.work,
        "beginning_missing": _beginning_missing(form),
        "number_wrong": _number_wrong(form),
        "workers": training_workers(),
        "sentence": "",
    }


def _number_wrong(form: RunForm) -> str:
    """What is wrong with a number of the recipe; "" where all can be."""
    if not form.is_valid():
        return ""
    try:
        checked_overrides(recipes_of(form.kind)[form.cleaned_data["recipe"]], form.overrides)
    except InvalidInput as error:
        return error.sentence
    return ""


def _bought(form: RunForm, counted: DatasetPreview | None) -> Bought | None:
    """What the budget buys on the counted data; None where a number of the recipe is none."""
    if counted is None or not form.is_valid() or _number_wrong(form):
        return None
    recipe = recipes_of(form.kind)[form.cleaned_data["recipe"]]
    overrides = checked_overrides(recipe, form.overrides)
    return bought(form.kind, recipe=recipe, overrides=overrides, train_counts=counted.counts["train"])


def _beginning_missing(form: RunForm) -> str:
    if not form.is_valid():
        return ""
    return beginning_missing(
        kind=form.kind,
        recipe=form.cleaned_data["recipe"],
        base=str(form.overrides.get("base", "")),
        start_from_id=form.start_from_id,
    )
