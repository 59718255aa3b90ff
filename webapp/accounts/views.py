"""Signing in. Wrong passwords are counted by django-axes, whose lockout page is `webapp.errors.locked_out`."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, LogoutView
from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from webapp.accounts.forms import SignInForm
from webapp.accounts.houses import LDAP, OIDC, houses


class SignIn(LoginView):  # type: ignore[misc]  # allauth carries no types
    """Name and password, then a second factor where there is one. Who is signed in goes to the page they wanted."""

    template_name = "accounts/sign_in.html"
    form_class = SignInForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """And through which other houses one signs in."""
        context: dict[str, Any] = super().get_context_data(**more)
        there = houses()
        wanted = context.get("redirect_field_value") or ""
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return context | {"oidc": there.get(OIDC, ""), "ldap": there.get(LDAP, ""), "query": query}


sign_out = login_not_required(require_POST(LogoutView.as_view()))


@login_not_required
def closed(request: HttpRequest) -> HttpResponse:
    """Nobody signs up."""
    return render(request, "accounts/closed.html", status=403)


@method_decorator(login_not_required, name="dispatch")
class ResetByMail(PasswordResetView):
    """A link by mail, where this site sends mail; else, whom to ask."""

    template_name = "accounts/reset.html"
    email_template_name = "accounts/reset_mail.txt"
    subject_template_name = "accounts/reset_subject.txt"
    success_url = reverse_lazy("accounts:sign_in")
    extra_context = {"sends_mail": settings.SPINULA_SENDS_MAIL, "houses": houses}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """So many an hour, whatever address is given; what is answered does not tell whether it is known."""
        if not settings.SPINULA_SENDS_MAIL:
            return self.get(request, *args, **kwargs)
        limited = consume_or_429(request, action="reset_password", key=request.POST.get("email", "").lower()[:254])
        return limited or super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """The same sentence for every address."""
        messages.info(self.request, "If an account has this address, a link to set a new password is on its way there.")
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class Reset(PasswordResetConfirmView):
    """Sets a new password by a link, once. A second factor is still asked at the next sign-in."""

    template_name = "accounts/reset_confirm.html"
    success_url = reverse_lazy("accounts:sign_in")

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Never kept by a browser: the address is as good as a password."""
        response = super().dispatch(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """All sessions and tokens of before are over."""
        messages.success(self.request, "The new password is set. Sign in with it.")
        return super().form_valid(form)


def reset_link(request: HttpRequest, uid: str, token: str) -> str:
    """The whole address, for an administrator to hand on."""
    return request.build_absolute_uri(reverse("accounts:reset_confirm", args=[uid, token]))
