"""Every page of the program, found by asking every address: what a test says of all pages leaves none out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

WHOLE_PAGE = b"<!doctype html>"
API = "api:"
DOCUMENTATION = "api:documentation"
FILES = ("image/", "text/csv", "application/")
REFUSED = {401, 403, 405, 409, 422}
"""What needs a token or a form, or has nothing to give yet."""
NOT_THERE = {
    "openid_connect_callback": "an institution signs in there",
    "model_versions:chart": "of a card that the test's networks do not have",
}
"""Addresses that are no page, and are not found in a test."""
NOT_ASKED = {
    "mfa_reauthenticate_webauthn": "it wants a key that signs; `test_passkeys` has one",
    "oidc": "an institution signs in there",
    "join_oidc": "the same",
    "confirm_oidc": "the same",
}


def names(
    resolver: URLResolver | None = None, space: str = "", before: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names of addresses, and of what stands in them; not of Django's administration, nor of the API."""
    for each in (resolver or get_resolver()).url_patterns:
        within = before + tuple(each.pattern.regex.groupindex)
        if isinstance(each, URLResolver):
            if each.namespace != "admin":
                yield from names(each, f"{space}{each.namespace}:" if each.namespace else space, within)
        elif isinstance(each, URLPattern) and each.name and not (space == API or each.name in NOT_ASKED):
            yield f"{space}{each.name}", within


def pages(client: Client, given: Mapping[str, object]) -> dict[str, str]:
    """Address of each page by its name, of `given` where an id or slug stands in it.

    An address that wants something of another name fails, and so does one whose thing is not there, so that a new kind
    of address is given its thing. What answers with a file, a part of a page or another address is no page, nor is what
    only takes a form.
    """
    found = {}
    for name, wanted in [*names(), (DOCUMENTATION, ())]:
        address = reverse(name, kwargs={each: given[each] for each in wanted})
        answer = client.get(address)
        code, is_file = answer.status_code, answer.headers.get("Content-Type", "").startswith(FILES)
        assert code in (200, 302) or code in REFUSED or is_file or name in NOT_THERE, (name, address, code)
        body = b"" if answer.streaming else answer.content[:100]
        if code == 200 and body.lstrip().lower().startswith(WHOLE_PAGE):
            found[name] = address
    return found
