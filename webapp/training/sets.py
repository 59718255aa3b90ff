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
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from spines.access import require_admin
from spines.errors import InvalidInput, NotFound
from spines.models import ImportedSet, WorkKind
from spines.services.datasets.imports import import_set, seconds_to_read
from spines.services.work.asking import ask, takes_long
from spines.vocabulary.classes import NETWORK_KEYS
from webapp.experiments.forms import cleaned
from webapp.experiments.uploads import received_file
from webapp.requests import UserRequest
from webapp.training.forms import SetForm


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
        stated = {name: given[name] for name in ("set_format", "name", "licence", "source", "reference_side_px")}
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
    """One set: what it holds, and what of it was dropped."""
    require_admin(request.user)
    found = ImportedSet.objects.select_related("imported_by").filter(pk=set_id).first()
    if found is None:
        raise NotFound(f"There is no imported set {set_id}.")
    parts = found.counts.get("parts", {})
    context = {
        "set": found,
        "parts": [(name, parts[name]) for name in ("train", "val", "test") if name in parts],
        "classes": [(name, found.counts.get(name, 0)) for name in NETWORK_KEYS],
    }
    return render(request, "training/set.html", context)
