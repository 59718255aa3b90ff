"""One who asks much has a share of the server, and others answers beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from webapp.front.application import Front, FrontLimits
from webapp.front.shares import OF_AN_ADDRESS, keys_of

THREADS, A_MINUTE = 4, 40
TOKEN, OTHER = (b"authorization", b"Bearer one"), (b"cookie", b"a=b; spinula_session=two")


class Pages:
    """A WSGI application that answers once it may, and knows how many it works on."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.begun: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.begun.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] != "/quick":
            assert self.may_answer.wait(20)
        start("200 OK", [])
        return [b"answered"]


async def ask(front: Front, path: str, *headers: tuple[bytes, bytes], address: str = "10.0.0.1") -> int:
    """The status of a GET."""
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list(headers),
        "client": (address, 1),
        "http_version": "1.1",
    }
    await front(scope, receive, send)
    return statuses[0]


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def front(pages: Pages) -> Front:
    return Front(pages, FrontLimits(page_threads=THREADS, a_minute=A_MINUTE))


def test_one_leaves_threads_to_others_and_gets_all_its_answers(front: Front, pages: Pages) -> None:
    async def all_of_it() -> list[int]:
        slow = [asyncio.create_task(ask(front, "/slow", TOKEN)) for _ in range(12)]
        quick = await asyncio.wait_for(ask(front, "/quick", OTHER), 10)
        assert pages.begun.count("/slow") <= THREADS - 2
        pages.may_answer.set()
        return [quick, *await asyncio.gather(*slow)]

    assert asyncio.run(all_of_it()) == [200] * 13
    assert len(pages.begun) == 13


def test_invented_sessions_leave_a_thread_to_another_address(front: Front, pages: Pages) -> None:
    async def all_of_it() -> int:
        invented = [(b"cookie", f"spinula_session={n}".encode()) for n in range(12)]
        slow = [asyncio.create_task(ask(front, "/slow", each)) for each in invented]
        quick = await asyncio.wait_for(ask(front, "/quick", OTHER, address="10.0.0.2"), 10)
        pages.may_answer.set()
        await asyncio.gather(*slow)
        return quick

    assert asyncio.run(all_of_it()) == 200


def test_too_many_in_a_minute_are_told_to_come_again(
    front: Front, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("webapp.front.shares.monotonic", lambda: now[0])

    async def statuses(n: int, *headers: tuple[bytes, bytes]) -> list[int]:
        return [await ask(front, "/quick", *headers) for _ in range(n)]

    async def all_of_it() -> None:
        assert await statuses(A_MINUTE + 1, TOKEN) == [200] * A_MINUTE + [429]
        assert await statuses(1, OTHER) == [200]
        for n in range((OF_AN_ADDRESS - 1) * A_MINUTE - 2):
            assert await statuses(1, (b"authorization", f"Bearer {n}".encode())) == [200]
        assert await statuses(1, OTHER) == [429]
        now[0] = 61.0
        assert await statuses(1, TOKEN) == [200]

    asyncio.run(all_of_it())


def test_who_asks() -> None:
    def keys(*headers: tuple[str, str], peer: str = "10.0.0.1", proxies: int = 0) -> tuple[bytes, bytes]:
        return keys_of(headers, peer=peer, session_cookie="spinula_session", proxies=proxies)

    assert keys(("cookie", "spinula_session=a"))[0] == keys(("cookie", "x=y;spinula_session=a"), peer="10.0.0.2")[0]
    assert keys(("cookie", "spinula_session=a"))[0] != keys(("cookie", "spinula_session=b"))[0]
    assert keys(("cookie", "other=a"))[0] == keys()[0] != keys(peer="10.0.0.2")[0]
    # What a client says of its address is believed of proxies alone, as far as they are counted.
    lie = ("x-forwarded-for", "1.1.1.1, 2.2.2.2")
    assert keys(lie) == keys()
    assert keys(lie, proxies=1) == keys(peer="2.2.2.2")
    assert keys(lie, proxies=3) == keys()
