"""A person's own page: name, password, second factors, sessions, API tokens."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from spines.access import tokens_for
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import Membership, User
from spines.services.accounts.people import set_own_name, set_own_password
from spines.services.accounts.tokens import create_token, revoke_token
from webapp.accounts.forms import NameForm, PasswordForm, TokenForm
from webapp.accounts.houses import OIDC, houses, houses_of
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_store=True)
def account(request: UserRequest) -> HttpResponse:
    """The page."""
    return account_page(request)


def account_page(request: UserRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page, with what an act on it has to say in `more`: a token just made, or a form with its faults."""
    user = request.user
    factors = Authenticator.objects.filter(user=user)
    context = {
        "name_form": NameForm(instance=user),
        "password_form": PasswordForm(),
        "memberships": Membership.objects.filter(user=user, lab__archived_at=None).select_related("lab"),
        "totp": factors.filter(type=Authenticator.Type.TOTP).exists(),
        "keys": factors.filter(type=Authenticator.Type.WEBAUTHN).count(),
        "codes": factors.filter(type=Authenticator.Type.RECOVERY_CODES).exists(),
        "sessions": sorted(UserSession.objects.purge_and_list(user), key=lambda each: each.created_at, reverse=True),
        "tokens": tokens_for(user),
        "token_form": TokenForm(),
        "new_token": "",
        "now": timezone.now(),
        "has_password": user.has_usable_password(),
        "through": houses_of(user),
        "oidc": houses().get(OIDC, ""),
    }
    return render(request, "accounts/account.html", context | more, status=status)


@require_POST
def set_name(request: UserRequest) -> HttpResponse:
    """Name and mail address."""
    form = NameForm(request.POST, instance=request.user)
    if not form.is_valid():
        return account_page(request, status=422, name_form=form)
    if "email" in form.changed_data:  # where links for new passwords go
        raise_if_reauthentication_required(request, app="")
    set_own_name(user=User.objects.get(pk=request.user.pk), **form.cleaned_data)
    messages.success(request, "Your name is changed.")
    return redirect("accounts:account")


@sensitive_post_parameters()
@require_POST
def set_password(request: UserRequest) -> HttpResponse:
    """A new password: other sessions and all API tokens end, this session goes on."""
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return account_page(request, status=422, password_form=form)
    try:
        user = set_own_password(user=request.user, old=form.cleaned_data["old"], new=form.cleaned_data["new"])
    except InvalidInput as error:
        form.add_error("old" if "your password of now" in error.sentence else "new", error.sentence)
        return account_page(request, status=422, password_form=form)
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is changed. Other sessions and all your API tokens have ended.")
    return redirect("accounts:account")


@require_POST
def end_session(request: UserRequest, session_id: int) -> HttpResponse:
    """Sign one of the user's sessions out."""
    session = UserSession.objects.filter(user=request.user, pk=session_id).first()
    if session is None:
        raise NotFound("There is no such session of yours. It may have ended already.")
    session.end()
    messages.success(request, "That session is signed out.")
    return redirect("accounts:account")


@require_POST
def end_other_sessions(request: UserRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    for session in others:
        session.end()
    messages.success(request, "You are signed out everywhere but here.")
    return redirect("accounts:account")


@require_POST
@never_cache
@reauthentication_required  # type: ignore[untyped-decorator]
@sensitive_variables("token")
def make_token(request: UserRequest) -> HttpResponse:
    """Make a token and show it on the page, this once: a redirect would have to keep it somewhere.

    Sent again by a reload, it is refused, as the name is taken.
    """
    form = TokenForm(request.POST)
    if not form.is_valid():
        return account_page(request, status=422, token_form=form)
    try:
        _, token = create_token(
            user=request.user,
            name=form.cleaned_data["name"],
            expires_at=form.expires_at(),
            may_write=form.cleaned_data["may"] == "write",
        )
    except (Conflict, InvalidInput) as error:
        form.add_error("name", error.sentence)
        return account_page(request, status=422, token_form=form)
    return account_page(request, new_token=token)


@require_POST
def drop_token(request: UserRequest, token_id: int) -> HttpResponse:
    """Make a token worthless."""
    name = revoke_token(user=request.user, token_id=token_id)
    messages.success(request, f"The token {name} is revoked. Programs that use it are refused from now on.")
    return redirect("accounts:account")
