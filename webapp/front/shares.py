"""That nobody takes all threads or minutes: shares of who asks (a token, a session, an address) and of an address."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from time import monotonic
from weakref import WeakValueDictionary

OF_AN_ADDRESS = 10
"""So many times as often as one who asks may an address ask: a lab may share it, and invented sessions do not help."""
MINUTE_S = 60


class Place:
    """A request's share of the threads: waited for in the event loop, given back once its thread is done."""

    def __init__(self, taken: Sequence[asyncio.Semaphore]) -> None:
        self._taken = taken

    def give_back(self) -> None:
        """Let the next of the same go on."""
        for each in self._taken:
            each.release()


class Shares:
    """Who has how much of one process.

    Parameters
    ----------
    threads : that work; one who asks has three of four at once and leaves two, an address leaves one.
    a_minute : requests of one who asks; further ones are told to come again.
    """

    def __init__(self, *, threads: int, a_minute: int) -> None:
        self._at_once = (max(min(3 * threads // 4, threads - 2), 1), max(threads - 1, 1))
        self._a_minute = (a_minute, OF_AN_ADDRESS * a_minute)
        self._minute, self._asked = 0, Counter[bytes]()
        self._places: WeakValueDictionary[bytes, asyncio.Semaphore] = WeakValueDictionary()

    def is_too_much(self, keys: Sequence[bytes]) -> bool:
        """Count a request, and whether one of its keys asked too often in this minute."""
        if (minute := int(monotonic() / MINUTE_S)) != self._minute:
            self._minute, self._asked = minute, Counter()
        self._asked.update(keys)
        return any(self._asked[key] > most for key, most in zip(keys, self._a_minute, strict=True))

    async def place(self, keys: Sequence[bytes]) -> Place:
        """Wait for a place."""
        taken: list[asyncio.Semaphore] = []
        try:
            for key, most in zip(keys, self._at_once, strict=True):
                semaphore = self._places.setdefault(key, asyncio.Semaphore(most))
                await semaphore.acquire()
                taken.append(semaphore)
        except BaseException:
            Place(taken).give_back()
            raise
        return Place(taken)


def keys_of(headers: Sequence[tuple[str, str]], *, peer: str, session_cookie: str, proxies: int) -> tuple[bytes, bytes]:
    """Who asks, and from which address; digests, so that no token stays in memory.

    Parameters
    ----------
    peer : the address of the connection; it is believed where there are no `proxies`.
    """
    said = dict(headers)
    passed_on = [part.strip() for part in said.get("x-forwarded-for", "").split(",")]
    address = passed_on[-proxies] if proxies and len(passed_on) >= proxies else peer
    cookies = (part.strip().partition("=") for part in said.get("cookie", "").split(";"))
    session = next((value for name, _, value in cookies if name == session_cookie), "")
    who = f"token {said['authorization']}" if "authorization" in said else f"session {session}" if session else ""
    return _digest(who or f"nobody at {address}"), _digest(f"address {address}")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
