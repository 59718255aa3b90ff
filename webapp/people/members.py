"""A lab's members: who is in it, inviting, roles, removal."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_lab, has_role
from spines.models import Lab, Role
from spines.services.accounts.invitations import invite, open_invitations, take_back
from spines.services.labs.members import remove_member, set_role
from webapp.accounts.invitations import invitation_link
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_store=True)
def members(request: UserRequest, lab_id: int) -> HttpResponse:
    """Who is in the lab. Managers see open invitations and act."""
    return members_page(request, get_lab(request.user, lab_id))


def members_page(request: UserRequest, lab: Lab, **more: Any) -> HttpResponse:
    """The page; `more` has a link that was just made."""
    rows = lab.memberships.select_related("user").order_by("user__username")
    may_rule = has_role(request.user, lab, Role.MANAGER)
    context = {
        "lab": lab,
        "members": sorted(rows, key=lambda member: -Role(member.role).rank),
        "may_rule": may_rule,
        "invitations": open_invitations(lab) if may_rule else (),
        "roles": Role.choices,
        "link": "",
    }
    return render(request, "people/members.html", context | more)


@require_POST
@never_cache
@sensitive_variables("secret")
def invite_member(request: UserRequest, lab_id: int) -> HttpResponse:
    """Make a link and show it, this once."""
    made, secret = invite(
        user=request.user,
        lab_id=lab_id,
        role=request.POST.get("role", ""),
        for_whom=request.POST.get("for_whom", ""),
        life=settings.SPINULA_INVITATION_LIFE,
    )
    link = invitation_link(request, secret)
    return members_page(request, get_lab(request.user, lab_id), link=link, invitation=made)


@require_POST
def withdraw(request: UserRequest, invitation_id: int) -> HttpResponse:
    """Make an invitation worthless."""
    row = take_back(user=request.user, invitation_id=invitation_id)
    messages.success(request, "The invitation is taken back. Its link lets nobody in.")
    return (
        redirect("people:members", row.lab.pk) if row.lab and not request.user.is_staff else redirect("people:people")
    )


@require_POST
def change_role(request: UserRequest, lab_id: int, person_id: int) -> HttpResponse:
    """Give a member another role."""
    row = set_role(user=request.user, lab_id=lab_id, member_id=person_id, role=request.POST.get("role", ""))
    messages.success(request, f"{row.user} is {row.get_role_display().lower()} of {row.lab} now.")
    return redirect("people:members" if person_id != request.user.pk else "home:lab", lab_id)


@require_POST
def remove(request: UserRequest, lab_id: int, person_id: int) -> HttpResponse:
    """Take somebody out of the lab."""
    person = remove_member(user=request.user, lab_id=lab_id, member_id=person_id)
    messages.success(request, f"{person} is no member any more. What they did stays, with their name.")
    return redirect("home:home") if person.pk == request.user.pk else redirect("people:members", lab_id)
