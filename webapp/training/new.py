"""Choosing what to train and on what, with the counts before anything starts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views import View

from spines.access import require_admin
from spines.errors import Conflict, DomainError, InvalidInput
from spines.models import ModelKind, TrainingRun
from spines.selectors.training.runs import training_workers
from spines.services.datasets.freezing import DatasetPreview, freeze, preview
from spines.services.training.starting import beginning_missing, start_run
from webapp.requests import UserRequest
from webapp.training.forms import CHOSEN, RunForm

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
        """Freeze the data and put the run in line; what cannot be is told above the form."""
        require_admin(request.user)
        form = _form(request.POST)
        sentence = ""
        if form.is_valid():
            try:
                return redirect("training:run", _start(request, form).pk)
            except (Conflict, InvalidInput) as error:
                sentence = error.sentence
        context = _context(request, form) | {"sentence": sentence}
        return render(request, "training/new.html", context, status=422)


def _form(data: QueryDict) -> RunForm:
    kind = data.get("kind", ModelKind.CLASSIFIER.value)
    if kind not in ModelKind.values:
        raise InvalidInput("Choose the classifier or the detector.")
    return RunForm(data, kind=ModelKind(kind))


def _start(request: UserRequest, form: RunForm) -> TrainingRun:
    dataset = freeze(user=request.user, kind=form.kind, selection=form.selection)
    wanted = form.cleaned_data
    return start_run(
        user=request.user,
        dataset_id=dataset.pk,
        recipe=wanted["recipe"],
        overrides=form.overrides,
        seed=wanted["seed"] or 0,
        start_from_id=form.start_from_id,
    )


def _context(request: UserRequest, form: RunForm, *, counts: bool = True) -> dict[str, Any]:
    counted, sentence = _counted(request, form) if counts else (None, "")
    return {
        "form": form,
        "kinds": [(kind, kind == form.kind) for kind in (ModelKind.CLASSIFIER, ModelKind.DETECTOR)],
        "counted": counted,
        "parts": [(label, counted.counts.get(key, {})) for key, label in PARTS] if counted else [],
        "not_counted": sentence,
        "beginning_missing": _beginning_missing(form),
        "workers": training_workers(),
        "sentence": "",
    }


def _beginning_missing(form: RunForm) -> str:
    if not form.is_valid():
        return ""
    return beginning_missing(
        kind=form.kind,
        recipe=form.cleaned_data["recipe"],
        base=str(form.overrides.get("base", "")),
        start_from_id=form.start_from_id,
    )


def _counted(request: UserRequest, form: RunForm) -> tuple[DatasetPreview | None, str]:
    if not form.is_valid():
        return None, "The counts come back when the fields above are right."
    try:
        return preview(user=request.user, kind=form.kind, selection=form.selection), ""
    except DomainError as error:
        return None, error.sentence
