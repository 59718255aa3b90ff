"""People and labs of the whole site, for administrators."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from spines.access import require_admin, trashed_labs_for
from spines.errors import Conflict, InvalidInput
from spines.models import Role, User
from spines.selectors.people import labs_of_site, people_of_site
from spines.services.accounts.invitations import invite, invite_administrator, open_invitations
from spines.services.accounts.people import note_reset_link, set_active, set_administrator
from spines.services.labs.making import create_lab, set_archived
from spines.services.labs.trash import KEPT_FOR
from webapp.accounts.houses import houses_of
from webapp.accounts.invitations import invitation_link
from webapp.accounts.views import reset_link
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_store=True)
def people(request: UserRequest) -> HttpResponse:
    """Labs, people and administrators' invitations."""
    return people_page(request)


def people_page(request: UserRequest, **more: Any) -> HttpResponse:
    """The page; `more` has a link that was just made, and what it is for."""
    require_admin(request.user)
    context = {
        "labs": labs_of_site(),
        "trashed": trashed_labs_for(request.user).annotate(until=F("trashed_at") + KEPT_FOR),
        "people": people_of_site(),
        "invitations": open_invitations(None),
        "link": "",
        "link_for": "",
    }
    return render(request, "people/people.html", context | more)


@require_POST
def make_lab(request: UserRequest) -> HttpResponse:
    """Make a lab; its maker becomes its first manager."""
    lab = create_lab(user=request.user, name=request.POST.get("name", ""))
    messages.success(request, f"{lab} is there, and you are its manager. Invite its people.")
    return redirect("people:members", lab.pk)


@require_POST
def archive_lab(request: UserRequest, lab_id: int) -> HttpResponse:
    """Put a lab aside, or bring it back."""
    answer = _yes_or_no(request, "archived")
    lab = set_archived(user=request.user, lab_id=lab_id, archived=answer)
    messages.success(request, f"{lab} is {'archived: nobody reaches it; all of it stays' if answer else 'back'}.")
    return redirect("people:people")


@require_POST
@never_cache
def invite_manager(request: UserRequest, lab_id: int) -> HttpResponse:
    """A link for a manager of any lab."""
    require_admin(request.user)
    made, secret = invite(user=request.user, lab_id=lab_id, role=Role.MANAGER, life=settings.SPINULA_INVITATION_LIFE)
    return people_page(request, link=invitation_link(request, secret), link_for=f"a manager of {made.lab}")


@require_POST
@never_cache
def invite_admin(request: UserRequest) -> HttpResponse:
    """A link for another administrator."""
    _, secret = invite_administrator(
        user=request.user, for_whom=request.POST.get("for_whom", ""), life=settings.SPINULA_INVITATION_LIFE
    )
    return people_page(request, link=invitation_link(request, secret), link_for="an administrator")


@require_POST
@never_cache
def make_reset_link(request: UserRequest, person_id: int) -> HttpResponse:
    """A link with which a person sets a new password, once."""
    require_admin(request.user)
    person = User.objects.filter(pk=person_id).first()
    through = houses_of(person) if person and not person.has_usable_password() else {}
    if through:
        raise Conflict(f"This person signs in through {', '.join(through.values())}, where their password is set anew.")
    person = note_reset_link(user=request.user, person_id=person_id)
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    link = reset_link(request, uid, default_token_generator.make_token(person))
    return people_page(request, link=link, link_for=f"{person}, to set a new password")


@require_POST
def switch(request: UserRequest, person_id: int) -> HttpResponse:
    """Switch an account off or on."""
    person = set_active(user=request.user, person_id=person_id, active=_yes_or_no(request, "active"))
    messages.success(request, f"The account {person} is switched {'on' if person.is_active else 'off'}.")
    return redirect("people:people")


@require_POST
def set_admin(request: UserRequest, person_id: int) -> HttpResponse:
    """Make somebody an administrator, or take it back."""
    person = set_administrator(
        user=request.user, person_id=person_id, administrator=_yes_or_no(request, "administrator")
    )
    messages.success(request, f"{person} is {'an' if person.is_staff else 'no'} administrator now.")
    return redirect("people:people")


def _yes_or_no(request: UserRequest, name: str) -> bool:
    answer = request.POST.get(name)
    if answer not in ("yes", "no"):
        raise InvalidInput("Choose yes or no.")
    return answer == "yes"
