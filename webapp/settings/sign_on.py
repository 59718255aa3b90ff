"""Signing in through an institution: by OpenID Connect, by LDAP, neither unless the environment names one."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import env

__all__ = [
    "SOCIALACCOUNT_ADAPTER",
    "SOCIALACCOUNT_PROVIDERS",
    "SOCIALACCOUNT_REAUTHENTICATION_REQUIRED",
    "SOCIALACCOUNT_REQUESTS_TIMEOUT",
    "SOCIALACCOUNT_STORE_TOKENS",
    "SPINULA_FIRST_SIGN_IN",
    "SPINULA_GROUP_ROLES",
    "SPINULA_LDAP",
    "SPINULA_OIDC",
]

_HERE = ("localhost", "127.0.0.1", "::1")
_ROLES = ("viewer", "annotator", "manager")

SOCIALACCOUNT_ADAPTER = "webapp.accounts.oidc.OidcAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_STORE_TOKENS = False


def _asked(name: str) -> str:
    value = str(env.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(f"{name} is missing.")
    return value


def _oidc() -> dict[str, Any] | None:
    url = env.str("SPINULA_OIDC_URL", default="").rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise ImproperlyConfigured("SPINULA_OIDC_URL begins with https://: what comes over it is believed.")
    return {
        "url": url,
        "client_id": _asked("SPINULA_OIDC_CLIENT_ID"),
        "secret": env.str("SPINULA_OIDC_SECRET", default=""),
        "name": env.str("SPINULA_OIDC_NAME", default="your institution"),
        "scopes": env.list("SPINULA_OIDC_SCOPES", default=["openid", "profile", "email"]),
        "groups_claim": env.str("SPINULA_OIDC_GROUPS_CLAIM", default="groups"),
        "verified_domains": env.list("SPINULA_OIDC_VERIFIED_DOMAINS", default=[]),
        "link_by_mail": env.bool("SPINULA_OIDC_LINK_BY_MAIL", default=False),
    }


def _ldap() -> dict[str, Any] | None:
    urls = env.list("SPINULA_LDAP_URL", default=[])
    if not urls:
        return None
    plain = env.bool("SPINULA_LDAP_PLAIN", default=False)
    if any(urlsplit(url).scheme not in ("ldap", "ldaps") for url in urls):
        raise ImproperlyConfigured("SPINULA_LDAP_URL is ldaps://host or ldap://host, several by comma.")
    search = env.str("SPINULA_LDAP_FILTER", default="(uid={name})")
    if "{name}" not in search:
        raise ImproperlyConfigured("SPINULA_LDAP_FILTER has {name} where the name belongs, as in (uid={name}).")
    return {
        "urls": urls,
        "plain": plain,
        "ca": env.str("SPINULA_LDAP_CA", default="") or None,
        "name": env.str("SPINULA_LDAP_NAME", default="your institution"),
        "bind_dn": env.str("SPINULA_LDAP_BIND_DN", default=""),
        "bind_password": env.str("SPINULA_LDAP_BIND_PASSWORD", default=""),
        "people": _asked("SPINULA_LDAP_PEOPLE"),
        "filter": search,
        "groups": env.str("SPINULA_LDAP_GROUPS", default=""),
    }


def _group_roles() -> dict[str, tuple[str, str]]:
    """Of each group, in small letters: the lab by name, and the role."""
    try:
        given = json.loads(env.str("SPINULA_GROUP_ROLES", default="{}"))
        roles = {str(group).lower(): (str(lab), str(role)) for group, (lab, role) in given.items()}
    except (AttributeError, TypeError, ValueError) as error:
        usual = '{"spine-lab": ["Cajal lab", "annotator"]}'
        raise ImproperlyConfigured(f"SPINULA_GROUP_ROLES is JSON such as {usual}.") from error
    if any(role not in _ROLES for _, role in roles.values()):
        raise ImproperlyConfigured(f"A role in SPINULA_GROUP_ROLES is {', '.join(_ROLES)}.")
    return roles


SPINULA_OIDC: Any = _oidc()
SPINULA_LDAP: Any = _ldap()
SPINULA_GROUP_ROLES = _group_roles()
# Who gets an account at their first sign-in through OpenID Connect or LDAP.
SPINULA_FIRST_SIGN_IN = env.str("SPINULA_FIRST_SIGN_IN", default="everybody")
if SPINULA_FIRST_SIGN_IN not in ("everybody", "invited"):
    raise ImproperlyConfigured("SPINULA_FIRST_SIGN_IN is everybody or invited.")
