"""Annotated sets brought in, with the report of what was dropped and why."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from spines.access import require_admin
from spines.errors import InvalidInput, NotFound
from spines.models import ImportedSet
from spines.services.datasets.imports import import_set
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
        """Read the zip, then to its report."""
        require_admin(request.user)
        file = received_file(request)
        if not (file.name or "").lower().endswith(".zip"):
            raise InvalidInput("Choose a .zip: annotations and pictures of the set in one file.")
        given = cleaned(SetForm(request.POST, request.FILES))
        imported = import_set(
            user=request.user,
            path=Path(file.temporary_file_path()),
            set_format=given["set_format"],
            name=given["name"],
            licence=given["licence"],
            source=given["source"],
            box_factor=given["box_factor"] or 1.0,
            reference_side_px=given["reference_side_px"],
            is_fully_marked=not given["partly_marked"],
            class_names=given["class_names"] or None,
        )
        if imported.name != given["name"]:
            messages.info(request, f"This set is there already, under the name {imported.name}.")
        address = reverse("training:set", args=[imported.pk])
        return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


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
