"""Deleting labs and bringing them back, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from spines.access import require_admin
from spines.errors import NotFound
from spines.selectors.people import labs_with_what_is_in_them
from spines.services.labs.trash import KEPT_FOR, restore_lab, trash_lab
from webapp.requests import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
def delete_lab(request: UserRequest, lab_id: int) -> HttpResponse:
    """What would go, and the way into the trash."""
    if request.method == "POST":
        lab = trash_lab(user=request.user, lab_id=lab_id)
        messages.success(request, f"{lab} is in the trash. It can be restored for {KEPT_FOR.days} days.")
        return redirect("people:people")
    require_admin(request.user)
    found = labs_with_what_is_in_them().filter(pk=lab_id).first()
    if found is None:
        raise NotFound("There is no such lab, or it is in the trash already.")
    return render(request, "people/delete_lab.html", {"lab": found, "days": KEPT_FOR.days})


@require_POST
def bring_back(request: UserRequest, lab_id: int) -> HttpResponse:
    """Take a lab out of the trash."""
    lab = restore_lab(user=request.user, lab_id=lab_id)
    messages.success(request, f"{lab} is restored{' and archived, as it was' if lab.archived_at else ' as it was'}.")
    return redirect("people:people")
