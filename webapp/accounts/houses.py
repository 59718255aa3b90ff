"""Through which other houses people sign in: what is set up, and who is known to which.

allauth keeps one row a person and house (`SocialAccount`): `oidc` with the subject that the provider names, `ldap` with
the directory's own id of the entry.
"""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.conf import settings
from django.contrib import admin

from spines.models import User

OIDC, LDAP = "oidc", "ldap"


def houses() -> dict[str, str]:
    """What each that is set up is called."""
    found: dict[str, dict[str, Any] | None] = {OIDC: settings.SPINULA_OIDC, LDAP: settings.SPINULA_LDAP}
    return {house: given["name"] for house, given in found.items() if given}


def hide_from_administration() -> None:
    """Providers are named by settings alone: Django's administration makes none, and joins nobody."""
    admin.site.unregister([SocialApp, SocialToken, SocialAccount])


def houses_of(user: User) -> dict[str, str]:
    """Those that sign this person in."""
    names = houses()
    known = SocialAccount.objects.filter(user=user, provider__in=names).values_list("provider", flat=True)
    return {house: names[house] for house in known}


def join(user: User, house: str, uid: str, extra: dict[str, Any]) -> None:
    """From now on this house signs them in."""
    SocialAccount.objects.create(user=user, provider=house, uid=uid, extra_data=extra)
