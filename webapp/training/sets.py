"""Annotated sets brought in, with the report of what was dropped and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from spines.access import require_admin
from spines.errors import InvalidInput, NotFound
from spines.models import ImportedSet, WorkKind
from spines.selectors.datasets.sets import classes_of, facts_or_none
from spines.services.datasets.imports import import_set, seconds_to_read
from spines.services.datasets.sets import delete_set, state_scale
from spines.services.work.asking import ask, takes_long
from webapp.experiments.uploads import received_file
from webapp.forms import cleaned
from webapp.requests import UserRequest
from webapp.training.forms import ScaleForm, SetForm

STATED = ("set_format", "name", "licence", "source", "reference_side_px", "pixel_size_um", "spine_side_px")


class Sets(View):
    """GET lists the sets beside the form, POST brings one in."""

    def get(self, request: UserRequest) -> HttpResponse:
        """The list and the form."""
        require_admin(request.user)
        context = {"sets": ImportedSet.objects.select_related("imported_by"), "form": SetForm()}
        return render(request, "training/sets.html", context)

    def post(self, request: UserRequest) -> HttpResponse:
        """Read the zip, or have it read, then to its report."""
        require_admin(request.user)
        file = received_file(request)
        if not (file.name or "").lower().endswith(".zip"):
            raise InvalidInput("Choose a .zip: annotations and pictures of the set in one file.")
        given = cleaned(SetForm(request.POST, request.FILES))
        stated = {name: given[name] for name in STATED}
        stated |= {
            "box_factor": given["box_factor"] or 1.0,
            "is_fully_marked": not given["partly_marked"],
            "class_names": given["class_names"] or None,
        }
        address = _brought_in(request, file, stated)
        return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _brought_in(request: UserRequest, file: TemporaryUploadedFile, stated: dict[str, Any]) -> str:
    """The address of the set, or of the work that reads it."""
    path = Path(file.temporary_file_path())
    stated = stated | {"file_name": file.name or "set.zip"}
    if takes_long(seconds_to_read(path)):
        work = ask(user=request.user, kind=WorkKind.IMPORT, arguments=stated, given=path)
        return reverse("work:work", args=[work.pk])
    imported = import_set(user=request.user, path=path, **stated)
    if imported.name != stated["name"]:
        messages.info(request, f"This set is there already, under the name {imported.name}.")
    return reverse("training:set", args=[imported.pk])


@require_safe
def imported(request: UserRequest, set_id: int) -> HttpResponse:
    """One set: what it holds, how large its spines are to the networks, and what of it was dropped."""
    require_admin(request.user)
    found = _found(set_id)
    facts = facts_or_none(found)
    parts = found.counts.get("parts", {})
    groups = facts.groups if facts else {}
    context = {
        "set": found,
        "facts": facts,
        "parts": [(name, parts[name], groups.get(name)) for name in ("train", "val", "test") if name in parts],
        "classes": classes_of(found),
    }
    return render(request, "training/set.html", context)


@require_POST
def scale(request: UserRequest, set_id: int) -> HttpResponse:
    """Say how large a pixel or a spine is in its pictures."""
    given = cleaned(ScaleForm(request.POST))
    row = state_scale(user=request.user, set_id=set_id, **given)
    messages.success(request, f"The scale of {row.name} is noted. Trainings that start from now on go by it.")
    return redirect("training:set", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: UserRequest, set_id: int) -> HttpResponse:
    """GET asks, POST takes the set away."""
    require_admin(request.user)
    if request.method != "POST":
        return render(request, "training/delete_set.html", {"set": _found(set_id)})
    name = delete_set(user=request.user, set_id=set_id)
    messages.success(request, f"{name} is deleted. What networks were trained on of it stays with their datasets.")
    return redirect("training:sets")


def _found(set_id: int) -> ImportedSet:
    found = ImportedSet.objects.select_related("imported_by").filter(pk=set_id).first()
    if found is None:
        raise NotFound(f"There is no imported set {set_id}.")
    return found
