"""Signing in through an OpenID Connect provider, by django-allauth: who comes back, and whom they are here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import structlog
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required, resume_request
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.openid_connect.views import callback as allauth_callback
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from spines.errors import Busy, Conflict, NotFound
from spines.models import User
from spines.services import audit
from spines.services.accounts.known_elsewhere import Known, join_by_mail, let_in_known, make_known
from webapp.accounts.houses import OIDC
from webapp.requests import UserRequest

log = structlog.get_logger(__name__)

BACKEND = "django.contrib.auth.backends.ModelBackend"
CONFIRMED_AT = "confirmed_elsewhere_at"
"""In the session: when the provider confirmed who is signed in."""


def _name() -> str:
    if settings.SPINULA_OIDC is None:
        raise NotFound("Nobody signs in through another house here.")
    return str(settings.SPINULA_OIDC["name"])


@login_not_required
@require_safe
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Off to the provider, to sign in."""
    return _off(request, process="login")


@require_safe
@never_cache
def connect(request: UserRequest) -> HttpResponse:
    """Off to the provider, to join it with the account that is signed in."""
    _name()
    raise_if_reauthentication_required(request, app="")
    return _off(request, process="connect", spinula_for="connect")


@require_safe
@never_cache
def confirm(request: UserRequest) -> HttpResponse:
    """Off to the provider, to say once more who is signed in."""
    return _off(request, process="login", spinula_for="confirm", auth_params={"prompt": "login", "max_age": "0"})


def _off(request: HttpRequest, *, process: str, **more: Any) -> HttpResponse:
    name = _name()
    provider = get_adapter(request).get_provider(request, OIDC)
    try:
        response: HttpResponse = provider.redirect(request, process, next_url=get_next_redirect_url(request), **more)
    except (RequestException, ValueError, KeyError) as error:
        log.warning("oidc_unreachable", exc_info=True)
        raise Busy(
            f"{name} does not answer as it should, so nobody can sign in through it now. Try again in a minute; who "
            "has a password here signs in with that."
        ) from error
    return response


@login_not_required
@require_safe
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from there."""
    name = _name()
    try:
        response: HttpResponse = allauth_callback(request, provider_id)
    except (RequestException, ValueError, KeyError) as error:
        log.warning("oidc_not_understood", exc_info=True)
        raise Busy(f"What {name} answered could not be understood. Try again; the log of this site has why.") from error
    return response


@require_POST
def part(request: UserRequest) -> HttpResponse:
    """Sign in through the provider no more, where there is a password to sign in with."""
    raise_if_reauthentication_required(request, app="")
    if not request.user.has_usable_password():
        raise Conflict("There is no other way into this account: it has no password here.")
    SocialAccount.objects.filter(user=request.user, provider=OIDC).delete()
    messages.success(request, f"{_name()} does not sign you in any more.")
    return redirect("accounts:account")


class OidcAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """One provider, by settings. It says who somebody is; accounts, labs and roles are this site's."""

    def list_apps(self, request: HttpRequest, provider: str = "", client_id: str = "") -> Sequence[SocialApp]:
        """The one that the settings name, and none of the database."""
        given = settings.SPINULA_OIDC
        if given is None or provider not in ("", OIDC, "openid_connect"):
            return []
        app = SocialApp(
            provider="openid_connect",
            provider_id=OIDC,
            name=given["name"],
            client_id=given["client_id"],
            secret=given["secret"],
            settings={
                "server_url": given["url"],
                "scope": given["scopes"],
                "verified_email": given["verified_domains"],
                "fetch_userinfo": True,
            },
        )
        return [app]

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        """Back to where it was asked for."""
        return reverse("accounts:account")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Whom somebody is here who came back from the provider: known already, joined by mail, or new."""
        asked = sociallogin.state.get("spinula_for")
        if asked == "confirm":
            raise ImmediateHttpResponse(_confirmed(request, sociallogin))
        if asked == "connect":
            return
        known = known_of(sociallogin)
        with transaction.atomic():
            if not sociallogin.is_existing:
                self._take_in(sociallogin, known)
            user = sociallogin.user
            if user.is_active:
                let_in_known(user=user, known=known, group_roles=settings.SPINULA_GROUP_ROLES)
        user.backend = BACKEND

    def _take_in(self, sociallogin: SocialLogin, known: Known) -> None:
        user = join_by_mail(known=known) if settings.SPINULA_OIDC["link_by_mail"] else None
        if user is None:
            only_invited = settings.SPINULA_FIRST_SIGN_IN == "invited"
            user = make_known(known=known, group_roles=settings.SPINULA_GROUP_ROLES, only_invited=only_invited)
        sociallogin.user = sociallogin.account.user = user
        sociallogin.account.save()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Said on the page to sign in on, and noted."""
        if error == AuthError.CANCELLED:
            messages.info(request, f"You did not sign in at {_name()}.")
        else:
            log.warning("oidc_failed", error=str(error), exc_info=exception)
            audit.record(
                actor=None, lab=None, action="account.sign_in_failed", subject=User(), name="", through=_name()
            )
            messages.error(
                request,
                f"Signing in through {_name()} did not work. Begin anew from this page; if it fails again, tell an "
                "administrator: the log of this site has why.",
            )
        raise ImmediateHttpResponse(redirect("accounts:sign_in"))


def known_of(sociallogin: SocialLogin) -> Known:
    """What the provider says of somebody."""
    data = sociallogin.account.extra_data
    claims = (data.get("id_token") or {}) | (data.get("userinfo") or {})
    mails = [each for each in sociallogin.email_addresses if each.email]
    mail = next((each for each in mails if each.verified), mails[0] if mails else None)
    groups = claims.get(settings.SPINULA_OIDC["groups_claim"]) or []
    user = sociallogin.user
    address = mail.email if mail else ""
    return Known(
        house=_name(),
        username=str(claims.get("preferred_username") or address.partition("@")[0] or user.first_name),
        first_name=user.first_name,
        last_name=user.last_name,
        mail=address,
        is_verified=bool(mail and mail.verified),
        groups=[str(group) for group in (groups if isinstance(groups, list) else [groups])],
    )


def _confirmed(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Who is signed in was asked for again at the provider; then on with what they were about to do."""
    token = sociallogin.account.extra_data.get("id_token") or {}
    when = token.get("auth_time")
    same = sociallogin.is_existing and constant_time_compare(str(sociallogin.user.pk), str(request.user.pk))
    fresh = when is None or time.time() - float(when) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if not (same and fresh):
        messages.error(
            request,
            f"{_name()} did not ask for your password anew. Sign out there, then confirm again."
            if same
            else f"At {_name()} you signed in as somebody else. Sign out there, then confirm again.",
        )
        return redirect("accounts:account")
    request.session[CONFIRMED_AT] = time.time()
    asked = request.GET.copy()
    asked["next"] = sociallogin.state.get("next") or reverse("accounts:account")
    request.GET = asked  # type: ignore[assignment]  # allauth looks there where to go on
    response: HttpResponse = resume_request(request)
    return response
