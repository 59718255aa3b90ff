"""The settings of a lab."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_lab, has_role
from spines.errors import InvalidInput
from spines.models import Role
from spines.services.labs import set_lets_train
from webapp.requests import UserRequest


@require_safe
def settings(request: UserRequest, lab_id: int) -> HttpResponse:
    """Members with their roles, and the consent to training."""
    lab = get_lab(request.user, lab_id)
    members = lab.memberships.select_related("user").order_by("user__username")
    context = {
        "lab": lab,
        "members": sorted(members, key=lambda member: -Role(member.role).rank),
        "may_rule": has_role(request.user, lab, Role.MANAGER),
    }
    return render(request, "labs/settings.html", context)


@require_POST
def lets_train(request: UserRequest, lab_id: int) -> HttpResponse:
    """Give the consent, or take it back."""
    answer = request.POST.get("lets_train")
    if answer not in ("yes", "no"):
        raise InvalidInput("Choose whether networks may be trained on the lab's reviewed spines.")
    lab = set_lets_train(user=request.user, lab_id=lab_id, lets_train=answer == "yes")
    may = "may be trained" if lab.lets_train else "are not trained from now on"
    messages.success(request, f"Networks of this site {may} on the reviewed spines of {lab.name}.")
    return redirect("labs:settings", lab.pk)
