"""Signing in with the name and password of an LDAP directory, over TLS.

The directory is searched for the name, then asked with the password of what was found. Names that have a password here
are never asked of it, and it never opens their accounts.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import ldap3
import structlog
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.http import HttpRequest
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from spines.errors import Busy
from spines.models import User
from spines.services.accounts.known_elsewhere import Known, let_in_known, make_known
from webapp.accounts.houses import LDAP, join

log = structlog.get_logger(__name__)

_CONNECT_S, _ANSWER_S = 5, 10
_ATTRIBUTES = ("givenName", "sn", "displayName", "cn", "mail", "memberOf", "entryUUID", "objectGUID")


def _directory() -> dict[str, Any]:
    """What the settings say of it."""
    return dict(settings.SPINULA_LDAP)


@dataclass(frozen=True)
class Entry:
    """What the directory has of somebody: each attribute with all its values."""

    dn: str
    attributes: dict[str, list[bytes]]

    def first(self, name: str) -> str:
        """An attribute's first value as text; empty where there is none."""
        values = self.attributes.get(name.lower()) or [b""]
        return values[0].decode("utf-8", "replace")

    @property
    def uid(self) -> str:
        """What stays the same when the entry is renamed or moved; where the directory has none, its DN."""
        unique = self.attributes.get("objectguid")
        return self.first("entryUUID") or (unique[0].hex() if unique else self.dn.lower())


class LdapBackend(ModelBackend):
    """Asked after Django's own passwords."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """Who has this name and password in the directory; made here at their first sign-in."""
        name = (username or "").strip()
        if not name or not password or "\x00" in name + password:
            return None
        person = User.objects.filter(username__iexact=name).first()
        account = SocialAccount.objects.filter(user=person, provider=LDAP).first() if person else None
        if person is not None and account is None:
            return None
        entry, groups = found_with(account.extra_data.get("name", name) if account else name, password)
        if entry is None or (account and account.uid != entry.uid):
            return None
        return self._user_of(name, entry, groups)

    def _user_of(self, name: str, entry: Entry, groups: Sequence[str]) -> User | None:
        known = Known(
            house=_directory()["name"],
            username=name.lower(),
            first_name=entry.first("givenName") or entry.first("displayName") or entry.first("cn"),
            last_name=entry.first("sn") if entry.first("givenName") else "",
            mail=entry.first("mail"),
            is_verified=bool(entry.first("mail")),
            groups=groups,
        )
        roles = settings.SPINULA_GROUP_ROLES
        with transaction.atomic():
            held = SocialAccount.objects.filter(provider=LDAP, uid=entry.uid).select_related("user").first()
            if held is None:
                user = make_known(
                    known=known, group_roles=roles, only_invited=settings.SPINULA_FIRST_SIGN_IN == "invited"
                )
                join(user, LDAP, entry.uid, {"name": name, "dn": entry.dn})
            else:
                user = held.user
            if not self.user_can_authenticate(user):
                return None
            let_in_known(user=user, known=known, group_roles=roles)
        return user


def found_with(name: str, password: str) -> tuple[Entry | None, list[str]]:
    """The one entry of the name, where the password is right, and its groups. Raises Busy: no directory answers."""
    given = _directory()
    for url in given["urls"]:
        try:
            return _asked(url, name, password)
        except (LDAPException, OSError):
            log.warning("ldap_failed", url=url, exc_info=True)
    raise Busy(
        f"The directory of {given['name']} does not answer as it should, so its passwords cannot be checked now. Try "
        "again in a minute; who has a password of this site signs in all the same."
    )


def _asked(url: str, name: str, password: str) -> tuple[Entry | None, list[str]]:
    given = _directory()
    with _connected(url, given["bind_dn"], given["bind_password"]) as (search, is_in):
        if not is_in:
            raise LDAPException("the directory does not know SPINULA_LDAP_BIND_DN with its password")
        sought = given["filter"].replace("{name}", escape_filter_chars(name))
        entries = _entries(search, given["people"], sought, _ATTRIBUTES)
        if len(entries) != 1:
            log.info("ldap_name_not_one", entries=len(entries))
            return None, []
        entry = entries[0]
        with _connected(url, entry.dn, password) as (_, is_right):
            if not is_right:
                return None, []
        groups = [each.decode("utf-8", "replace") for each in entry.attributes.get("memberof", [])]
        if given["groups"]:
            dn, plain = escape_filter_chars(entry.dn), escape_filter_chars(name)
            members = f"(|(member={dn})(uniqueMember={dn})(memberUid={plain}))"
            groups += [each.dn for each in _entries(search, given["groups"], members, ("cn",), most=1000)]
        return entry, groups


def _entries(
    connection: ldap3.Connection, base: str, sought: str, attributes: Sequence[str], *, most: int = 2
) -> list[Entry]:
    connection.search(base, sought, search_scope=ldap3.SUBTREE, attributes=list(attributes), size_limit=most)
    if connection.result["result"] not in (0, 4):  # 4: more than asked for
        raise LDAPException(f"search failed: {connection.result['description']}")
    return [
        Entry(each["dn"], {key.lower(): values for key, values in each["raw_attributes"].items()})
        for each in connection.response
        if each["type"] == "searchResEntry"
    ]


@contextmanager
def _connected(url: str, dn: str, password: str) -> Iterator[tuple[ldap3.Connection, bool]]:
    """A connection under TLS, and whether the directory knows the name with this password."""
    given = _directory()
    secure = urlsplit(url).scheme == "ldaps"
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=given["ca"])
    server = ldap3.Server(
        url, use_ssl=secure, get_info=ldap3.NONE, connect_timeout=_CONNECT_S, tls=tls, allowed_referral_hosts=[]
    )
    connection = ldap3.Connection(
        server,
        user=dn or None,
        password=password or None,
        authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
        auto_referrals=False,
        check_names=False,
        receive_timeout=_ANSWER_S,
    )
    try:
        connection.open(read_server_info=False)
        if not secure and not given["plain"] and not connection.start_tls(read_server_info=False):
            raise LDAPException("the directory does not speak TLS")
        yield connection, connection.bind(read_server_info=False)
    finally:
        if not connection.closed:
            connection.unbind()
