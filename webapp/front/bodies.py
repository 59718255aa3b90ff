"""A request's body: a form whole before a thread is asked, a file piece by piece as the thread reads."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

from webapp.front.pace import Pace, TooSlow

Receive = Callable[[], Awaitable[dict[str, Any]]]

MOST_DRAINED_BYTES = 8 << 20
MOST_DRAINED_S = 1.0


class ClientLeft(ConnectionError):
    """The connection broke, or the client was too slow: nobody waits for an answer. Django knows it as an OSError."""


class Body:
    """The body of one request, in the event loop."""

    def __init__(self, receive: Receive, *, length: int, pace: Pace) -> None:
        self._receive, self._pace = receive, pace
        self.left = length
        self.was_slow = False

    async def next(self) -> bytes:
        """The next piece, empty at the end. Raises ClientLeft."""
        while self.left > 0:
            try:
                message = await self._pace.wait(self._receive())
            except TooSlow as error:
                self.was_slow = True
                raise ClientLeft("the body came too slowly") from error
            if message["type"] != "http.request":
                raise ClientLeft("the connection broke")
            piece: bytes = message.get("body", b"")[: self.left]
            self._pace.moved(len(piece))
            self.left = self.left - len(piece) if message.get("more_body", False) else min(self.left - len(piece), 0)
            if piece:
                return piece
            if not message.get("more_body", False):
                raise ClientLeft("the body is shorter than was said")
        return b""

    async def whole(self) -> bytes:
        """All of it. Raises ClientLeft."""
        pieces = []
        while piece := await self.next():
            pieces.append(piece)
        return b"".join(pieces)

    async def drain(self) -> None:
        """Take some of what nobody wants, so that a client which still sends hears why."""
        taken = 0
        try:
            async with asyncio.timeout(MOST_DRAINED_S):
                while taken < MOST_DRAINED_BYTES and (piece := await self.next()):
                    taken += len(piece)
        except (TimeoutError, ClientLeft):
            return


class BodyReader(io.RawIOBase):
    """A body as the file that a thread reads: each read waits for the client."""

    def __init__(self, body: Body, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._body, self._loop = body, loop
        self._rest = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as what has come goes; 0 at the end."""
        if not self._rest:
            self._rest = asyncio.run_coroutine_threadsafe(self._body.next(), self._loop).result()
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
