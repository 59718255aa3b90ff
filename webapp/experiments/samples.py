"""Animal, cell and condition: from file names with a live preview, from a sheet, from the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.export.sample_sheet import sheet_lines
from spines.models import Experiment, Role
from spines.samples import FilenamePattern, SampleSheetError
from spines.services.samples.sources import AssignmentReport, apply_pattern, apply_sample_sheet, set_conditions
from webapp.downloads import csv_response, safe_stem
from webapp.experiments.forms import SheetForm
from webapp.forms import cleaned
from webapp.requests import UserRequest, is_number

PREVIEW_ROWS = 8
MOST_FAULTS = 100
LARGEST_SHEET_MB = 5


def pattern(request: UserRequest, experiment_id: int) -> HttpResponse:
    """GET previews a pattern on the experiment's file names; POST applies it."""
    experiment = get_experiment(request.user, experiment_id)
    require_role(request.user, experiment.lab, Role.ANNOTATOR)
    if request.method == "POST":
        report = apply_pattern(user=request.user, experiment_id=experiment_id, pattern=request.POST.get("pattern", ""))
        _tell(request, report)
        return redirect("experiments:images", experiment_id)
    context = preview(experiment, request.GET.get("pattern", ""))
    return render(request, "experiments/pattern_preview.html", context)


def preview(experiment: Experiment, text: str) -> dict[str, Any]:
    """What a pattern takes from the names, row by row, or the sentence why it is none."""
    names = [
        f"{folder}/{name}" if folder else name
        for folder, name in experiment.images.order_by("original_name", "pk").values_list("folder", "original_name")
    ]
    if not text.strip():
        return {}
    try:
        compiled = FilenamePattern(text)
    except InvalidInput as error:
        return {"sentence": error.sentence}
    rows = [(name, compiled.extract(name)) for name in names]
    missed = [row for row in rows if row[1] is None]
    shown = missed[: PREVIEW_ROWS // 2]
    shown = [*shown, *[row for row in rows if row[1] is not None][: PREVIEW_ROWS - len(shown)]]
    return {"rows": shown, "matched": len(rows) - len(missed), "total": len(rows)}


@require_POST
def sheet(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Apply a sample sheet."""
    given = cleaned(SheetForm(request.POST, request.FILES))
    file, recur = given["sheet"], given["animals_recur"]
    if file.size > LARGEST_SHEET_MB << 20:
        raise InvalidInput(f"This sheet is larger than {LARGEST_SHEET_MB} MB. Give one row an image, nothing else.")
    try:
        report = apply_sample_sheet(
            user=request.user, experiment_id=experiment_id, data=file.read(), animals_recur=recur
        )
        _tell(request, report)
    except SampleSheetError as error:
        experiment = get_experiment(request.user, experiment_id)
        context: dict[str, Any] = {"lab": experiment.lab, "project": experiment.project, "experiment": experiment}
        context |= {"name": file.name, "sentences": error.sentences[:MOST_FAULTS], "n": len(error.sentences)}
        return render(request, "experiments/sheet_faults.html", context, status=422)
    return redirect("experiments:images", experiment_id)


@require_GET
def sheet_to_fill_in(request: UserRequest, experiment_id: int) -> StreamingHttpResponse:
    """A sheet of the experiment's images with what is known, to fill in and give back."""
    experiment = get_experiment(request.user, experiment_id)
    return csv_response(sheet_lines(experiment), name=f"{safe_stem(experiment.name + '.')}_samples.csv")


@require_POST
def conditions(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Set the conditions written beside animals (`animal-<id>`)."""
    named = {key.removeprefix("animal-"): value for key, value in request.POST.items() if key.startswith("animal-")}
    n = set_conditions(
        user=request.user,
        experiment_id=experiment_id,
        # No animal has the number 0: what is none is told as one that is gone.
        condition_of_animal={int(pk) if is_number(pk) else 0: str(name) for pk, name in named.items()},
    )
    messages.success(request, f"{n} animal{'s' if n != 1 else ''} placed in conditions.")
    return redirect("experiments:images", experiment_id)


def _tell(request: UserRequest, report: AssignmentReport) -> None:
    for sentence in report.animals_changed:
        messages.info(request, sentence)
    messages.success(request, f"{report.assigned} image{'s' if report.assigned != 1 else ''} placed.")
    if report.unmatched_names:
        messages.warning(request, f"{len(report.unmatched_names)} not placed: {_some(report.unmatched_names)}.")


def _some(names: Sequence[str], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
