"""The ASGI application around Django's WSGI one: who waits for a client is the event loop, never a thread."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog

from webapp.front.answers import PIECE_BYTES, Answer, FileAnswer
from webapp.front.bodies import Body, BodyReader, ClientLeft, Receive
from webapp.front.pace import Pace, TooSlow
from webapp.front.shares import MINUTE_S, Place, Shares, keys_of

log = structlog.get_logger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

GATHERED_BYTES = 128 << 10
LONGEST_ADDRESS = 8190


@dataclass(frozen=True, kw_only=True)
class FrontLimits:
    """What a client may take.

    Attributes
    ----------
    page_threads, upload_threads : requests that are worked on at once in a process, and those with a large body.
    most_waiting : requests beyond these that wait for a thread; further ones are told to come again.
    idle_s, least_bytes_per_s : see `Pace`.
    answer_bytes : of an answer that wait on disk for a slow client before its thread waits too.
    a_minute, session_cookie, proxies : see `Shares` and `keys_of`.
    """

    page_threads: int = 8
    upload_threads: int = 8
    most_waiting: int = 200
    idle_s: float = 20
    least_bytes_per_s: float = 2000
    answer_bytes: int = 64 << 20
    a_minute: int = 3000
    session_cookie: str = "spinula_session"
    proxies: int = 0


class Front:
    """Runs a WSGI application in threads."""

    def __init__(self, wsgi: Wsgi, limits: FrontLimits) -> None:
        self._wsgi, self._limits = wsgi, limits
        self._pages = ThreadPoolExecutor(limits.page_threads, thread_name_prefix="page")
        self._uploads = ThreadPoolExecutor(limits.upload_threads, thread_name_prefix="upload")
        self._page_shares = Shares(threads=limits.page_threads, a_minute=limits.a_minute)
        self._upload_shares = Shares(threads=limits.upload_threads, a_minute=limits.a_minute)
        self._waiting = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        headers = [(name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        lengths = {value for name, value in headers if name == "content-length"}
        length = int(lengths.pop()) if len(lengths) == 1 and _is_length(min(lengths)) else 0
        if lengths or any(name == "transfer-encoding" for name, _ in headers):
            await _refuse(send, scope, 411, "Say how long the body is: send it with one Content-Length.")
            return
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            await _refuse(send, scope, 414, f"This address is longer than {LONGEST_ADDRESS:,} characters. Shorten it.")
            return
        peer = (scope.get("client") or ("",))[0]
        keys = keys_of(headers, peer=peer, session_cookie=self._limits.session_cookie, proxies=self._limits.proxies)
        if self._page_shares.is_too_much(keys):
            await _refuse(send, scope, 429, "Too many requests in one minute. Wait a minute, and ask less often.")
            return
        body = Body(receive, length=length, pace=self._pace())
        try:
            if length <= GATHERED_BYTES:
                environ = _environ(scope, headers, io.BytesIO(await body.whole()))
                await self._answer(self._pages, environ, body, scope, send, (self._page_shares, keys))
            else:
                reader = io.BufferedReader(BodyReader(body, asyncio.get_running_loop()), PIECE_BYTES)
                environ = _environ(scope, headers, reader)
                await self._answer(self._uploads, environ, body, scope, send, (self._upload_shares, keys))
        except ClientLeft:
            if body.was_slow:
                await _refuse(send, scope, 408, "The request came too slowly and was given up. Send it again.")

    def _pace(self) -> Pace:
        return Pace(idle_s=self._limits.idle_s, least_bytes_per_s=self._limits.least_bytes_per_s)

    async def _answer(
        self,
        threads: ThreadPoolExecutor,
        environ: dict[str, Any],
        body: Body,
        scope: dict[str, Any],
        send: Send,
        share: tuple[Shares, Sequence[bytes]],
    ) -> None:
        if self._waiting >= self._limits.most_waiting:
            await _refuse(send, scope, 503, "Too many requests wait for an answer. Try again in a minute.")
            return
        answer = Answer(asyncio.get_running_loop(), most_bytes=self._limits.answer_bytes)
        self._waiting += 1
        try:
            shares, keys = share
            place = await shares.place(keys)
        except BaseException:
            self._waiting -= 1
            raise
        running = asyncio.get_running_loop().run_in_executor(threads, self._run, environ, answer)
        running.add_done_callback(lambda _: self._done(place))
        try:
            await self._send(answer, body, send)
        except (ClientLeft, TooSlow, OSError) as error:
            log.info("client_left", path=scope["path"], reason=str(error) or type(error).__name__)
        finally:
            answer.leave()
            if answer.file is not None:
                await asyncio.to_thread(answer.file.close)

    def _done(self, place: Place) -> None:
        self._waiting -= 1
        place.give_back()

    def _run(self, environ: dict[str, Any], answer: Answer) -> None:
        """In a thread: make the answer."""
        try:
            pieces = self._wsgi(environ, answer.start)
            if isinstance(pieces, FileAnswer):
                answer.send_file(pieces)
                return
            try:
                for piece in pieces:
                    if piece:
                        answer.write(piece)
            finally:
                if hasattr(pieces, "close"):
                    pieces.close()
        except ClientLeft as error:
            answer.end(error)
        except BaseException as error:  # what Django does not turn into an answer
            log.exception("request_failed", path=environ["PATH_INFO"])
            answer.end(error)
        else:
            answer.end()

    async def _send(self, answer: Answer, body: Body, send: Send) -> None:
        piece = await answer.take()
        if body.was_slow:
            raise ClientLeft("the body came too slowly")
        pace = self._pace()
        await pace.wait(send({"type": "http.response.start", "status": answer.status, "headers": answer.headers}))
        while piece:
            await pace.wait(send({"type": "http.response.body", "body": piece, "more_body": True}))
            pace.moved(len(piece))
            piece = await answer.take()
        if body.left:
            await body.drain()
        await pace.wait(send({"type": "http.response.body", "body": b"", "more_body": False}))


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _environ(scope: dict[str, Any], headers: list[tuple[str, str]], body: io.BufferedIOBase) -> dict[str, Any]:
    """The request as WSGI (PEP 3333) has it, without headers that an underscore makes look like others."""
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"].partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileAnswer,
    }
    for name, value in headers:
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ and key != "CONTENT_LENGTH" else value
    return environ


async def _refuse(send: Send, scope: dict[str, Any], status: int, sentence: str) -> None:
    """An answer without Django: JSON on the API, else plain text."""
    is_api = scope["path"].startswith("/api/")
    content = f'{{"error": "{sentence}"}}' if is_api else sentence
    headers = [
        (b"content-type", b"application/json" if is_api else b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *([(b"retry-after", str(MINUTE_S).encode())] if status == 429 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content.encode(), "more_body": False})
