"""The page behind an invitation's link: make an account, or join with the one that is signed in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from spines.errors import Conflict, InvalidInput
from spines.models import Invitation, User
from spines.services.accounts.invitations import accept, accept_as_new, invitation_of
from webapp.accounts.forms import JoinForm

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Shown to whoever has the link. Opening it uses nothing up: mail programs look at links, too."""
    row = invitation_of(secret)
    response = _joined(request, secret, row) if request.method == "POST" else _page(request, row, JoinForm())
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, row: Invitation, form: JoinForm, status: int = 200) -> HttpResponse:
    return render(request, "accounts/invitation.html", {"invitation": row, "form": form}, status=status)


def _joined(request: HttpRequest, secret: str, row: Invitation) -> HttpResponse:
    if isinstance(request.user, User):
        accept(secret=secret, user=request.user)
        messages.success(request, f"You are in: {_what(row)}.")
        return redirect(_home(row))
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, 422)
    given = {name: form.cleaned_data[name] for name in ("username", "full_name", "email", "password")}
    try:
        user = accept_as_new(secret=secret, **given)
    except (Conflict, InvalidInput) as error:
        form.add_error(None, error.sentence)
        return _page(request, row, form, 422)
    login(request, user, backend=BACKEND)
    messages.success(
        request, f"Your account is there: {_what(row)}. Protect it with a second factor on your account page."
    )
    return redirect(_home(row))


def _what(row: Invitation) -> str:
    return f"{row.get_role_display().lower()} of {row.lab}" if row.lab else "administrator of this site"


def _home(row: Invitation) -> str:
    return reverse("home:lab", args=[row.lab.pk]) if row.lab else reverse("people:people")


def invitation_link(request: HttpRequest, secret: str) -> str:
    """The whole address, to hand on."""
    return request.build_absolute_uri(reverse("accounts:invitation", args=[secret]))
