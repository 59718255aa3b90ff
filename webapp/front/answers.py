"""An answer on its way from the thread that makes it to a client that takes it at its own speed."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO, Any

from webapp.front.bodies import ClientLeft

PIECE_BYTES = 64 << 10
IN_MEMORY_BYTES = 256 << 10
MOST_HELD_S = 60.0
"""So long a thread waits, over a whole answer, for a client that does not take it."""


class FileAnswer:
    """A file as an answer (`wsgi.file_wrapper`): the event loop sends it, and the thread is free at once."""

    def __init__(self, file: IO[bytes], block_size: int = PIECE_BYTES) -> None:
        self._file = file

    def read(self) -> bytes:
        """The next piece, empty at the end."""
        return self._file.read(PIECE_BYTES)

    def close(self) -> None:
        """Close the file, which tells Django that the answer is out."""
        self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read():
            yield piece


class Answer:
    """What a thread writes and the event loop takes. What the client has not taken yet waits on disk.

    A thread waits only where `most_bytes` wait already, and not for ever.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, most_bytes: int) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.file: FileAnswer | None = None
        self._loop, self._most_bytes = loop, most_bytes
        self._moved = threading.Condition()
        self._waiting = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, prefix="spinula-answer-")  # noqa: SIM115
        self._written = self._taken = 0
        self._ended = self._left = False
        self._held_s = 0.0
        self._error: BaseException | None = None
        self._news = asyncio.Event()

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """WSGI's start_response."""
        self.status = int(status.partition(" ")[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self.write

    def write(self, piece: bytes) -> None:
        """Add a piece. Raises ClientLeft where nobody takes it any more."""
        with self._moved:
            began = time.monotonic()
            is_room = self._moved.wait_for(
                lambda: self._left or self._written < self._most_bytes, timeout=MOST_HELD_S - self._held_s
            )
            self._held_s += time.monotonic() - began
            if self._left or not is_room:
                raise ClientLeft("nobody takes the answer")
            self._waiting.seek(self._written)
            self._waiting.write(piece)
            self._written += len(piece)
        self._tell()

    def send_file(self, file: FileAnswer) -> None:
        """The rest is this file, which the event loop closes."""
        self.file = file
        self._tell()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more comes."""
        self._ended, self._error = True, error
        self._tell()

    async def take(self) -> bytes:
        """The next piece, empty at the end. Raises what the thread failed with."""
        while True:
            self._news.clear()
            if self.file is not None:
                return await asyncio.to_thread(self.file.read)
            with self._moved:
                if piece := self._next():
                    return piece
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            await self._news.wait()

    def leave(self) -> None:
        """The client is gone or has all: let the thread and the disk go."""
        with self._moved:
            self._left = True
            self._moved.notify_all()
            self._waiting.close()

    def _next(self) -> bytes:
        self._waiting.seek(self._taken)
        piece: bytes = self._waiting.read(min(PIECE_BYTES, self._written - self._taken))
        self._taken += len(piece)
        if self._taken == self._written and self._written > IN_MEMORY_BYTES:
            self._waiting.seek(0)
            self._waiting.truncate()
            self._written = self._taken = 0
            self._moved.notify_all()
        return piece

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)
