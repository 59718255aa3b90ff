"""Whatever a form or a query says, at any address: an answer, and none that says that something broke.

Every name that a view reads is said, without the test knowing which: all of them odd, or some odd among fitting ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.utils.datastructures import MultiValueDict

from spines.models import User
from tests.factories import Study
from tests.web.every_address import addresses
from tests.web.test_every_address import OWN, asked, body

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.timeout(600)]

__all__ = ["asked"]

ODD_PART = 0.2

ODD = (
    *("\x00", "", "-1", "nan", "1e400", "9" * 30, "9" * 5000, "²", "null", '{"a": 1}', "[1]", "[" * 500, "a" * 20_000),
    *("\u202e<b>'\"%s{}", "2026-13-45", "1,1 30,30 1e999,2", "https://elsewhere.org/"),
)


class Said(QueryDict):
    """A form in which every name is said."""

    def __init__(self, choose: Callable[[str], Any]) -> None:
        super().__init__(mutable=True)
        self._choose = choose

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Any:
        return self.getlist(key)[-1]

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key]

    def getlist(self, key: Any, default: Any = None) -> list[Any]:
        chosen = self._choose(key)
        return list(map(str, chosen)) if isinstance(chosen, list) else [str(chosen)]


def choices(value: str, fitting: dict[str, Any], seed: str) -> Iterator[Callable[[str], Any]]:
    """What is said under a name: the odd value everywhere, or here and there among what fits."""
    yield lambda _: value
    yield lambda name: value if random.Random(f"{seed} {name}").random() < ODD_PART else fitting.get(name, "1")


def test_no_form_breaks_a_page(asked: tuple[Study, dict[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    study, rows = asked
    client = Client(raise_request_exception=False)
    client.force_login(administrator(study))
    said: list[Said] = []
    monkeypatch.setattr(WSGIRequest, "_load_post_and_files", lambda self: taken(self, said[-1]))
    broken: dict[str, str] = {}
    fitting = body(study, rows)
    for name, path in addresses(rows):
        if name.startswith(("api:", "openid_connect", *OWN)):
            continue
        for value in ODD:
            for choose in choices(value, fitting, f"{name} {value}"):
                said.append(Said(choose))
                status = undone(lambda path=path: client.post(path))  # type: ignore[misc]
                if status >= 500:
                    broken.setdefault(name, f"{status} for {value[:40]!r}")
                if status == 405:
                    break
    assert broken == {}


def test_no_query_breaks_a_page(asked: tuple[Study, dict[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    study, rows = asked
    client = Client(raise_request_exception=False)
    client.force_login(administrator(study))
    said: list[Said] = []
    monkeypatch.setattr(WSGIRequest, "GET", property(lambda _: said[-1]))
    broken: dict[str, str] = {}
    for name, path in addresses(rows):
        if name.startswith(("api:", "openid_connect", *OWN)):
            continue
        for value in ODD:
            said.append(Said(lambda _, value=value: value))  # type: ignore[misc]
            status = undone(lambda path=path: client.get(path))  # type: ignore[misc]
            if status >= 500:
                broken.setdefault(name, f"{status} for {value[:40]!r}")
    assert broken == {}


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 10**30])
def test_no_number_in_an_address_breaks_a_page(asked: tuple[Study, dict[str, int]], number: int) -> None:
    study, rows = asked
    client = Client(raise_request_exception=False)
    client.force_login(administrator(study))
    broken = {}
    for odd in (*((name,) for name in rows), tuple(rows)):
        for name, path in addresses(rows | dict.fromkeys(odd, number)):
            if str(number) in path and not name.startswith("openid_connect"):
                for ask in (client.get, client.post):
                    status = undone(lambda ask=ask, path=path: ask(path))  # type: ignore[misc]
                    if status >= 500:
                        broken[name] = status
    assert broken == {}


def administrator(study: Study) -> User:
    """Of the lab and of the site: no page is closed."""
    User.objects.filter(pk=study.owner.pk).update(is_staff=True)
    return User.objects.get(pk=study.owner.pk)


def undone(ask: Callable[[], Any]) -> int:
    """The status of an answer whose act is taken back."""
    with transaction.atomic():
        answer = ask()
        if answer.streaming:
            b"".join(answer)
        transaction.set_rollback(True)
    return int(answer.status_code)


def taken(request: Any, said: Said) -> None:
    request._post, request._files = said, MultiValueDict()
