"""The pages' server among clients that are slow, silent or greedy: others keep getting pages, and memory stays flat."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.test import Client

from spines.storage.temporary import PREFIX, sweep, temporary_file
from tests.factories import Study
from tests.workers import _url_of_test_database
from webapp.serve.embedded import free_port
from webapp.serve.processes import Child, Program
from webapp.serve.programs import PROJECT

pytestmark = pytest.mark.long

CLIENTS = 200
IDLE_S = 3
PAGE_S = 5.0
GROWTH_MB = 120

HEAD = b"Host: localhost\r\n"
FORM = HEAD + b"Content-Type: application/x-www-form-urlencoded\r\n"
SCRIPT = b"/static/vendor/plotly/plotly.min.js"
SLOW: dict[str, bytes] = {
    "says nothing": b"",
    "sends a head byte by byte": b"GET /sign-in/ HTTP/1.1\r\nX-Slow: ",
    "sends a form byte by byte": b"POST /sign-in/ HTTP/1.1\r\n" + FORM + b"Content-Length: 60000\r\n\r\n",
    "sends a file byte by byte": b"POST /sign-in/ HTTP/1.1\r\n" + FORM + b"Content-Length: 2000000000\r\n\r\n",
    "keeps alive": b"GET /sign-in/ HTTP/1.1\r\n" + HEAD + b"\r\n",
    "reads byte by byte": b"GET " + SCRIPT + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
}


class Web:
    """The pages' server in processes of its own, on the database of the tests."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = folder / "web.log"
        self.incoming = folder / "incoming"
        self.child = Child(
            Program(
                name="web",
                arguments=(sys.executable, "-m", "webapp.front", "127.0.0.1", str(self.port)),
                environment={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "webapp.settings",
                    "DATABASE_URL": _url_of_test_database(),
                    "SPINULA_HEAD_TIMEOUT_S": str(IDLE_S),
                    "SPINULA_CLIENT_IDLE_S": str(IDLE_S),
                    "SPINULA_UPLOAD_TEMP_DIR": str(self.incoming),
                    **settings,
                },
                folder=PROJECT,
                log=self.log,
            )
        )
        end = time.monotonic() + 60
        while not all(self.seconds() for _ in range(8)):  # each of its processes is up
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.2)

    def seconds(self) -> float | None:
        """How long the sign-in page took; None where it did not come."""
        began = time.monotonic()
        try:
            return time.monotonic() - began if self.ask("GET", "/sign-in/")[0] == 200 else None
        except OSError:
            return None

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and content of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory_mb(self) -> float:
        """Of all its processes."""
        top = psutil.Process(self.child.process.pid)
        return float(sum(each.memory_info().rss for each in [top, *top.children(recursive=True)]) / 2**20)


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The server, answering."""
    served = Web(tmp_path_factory.mktemp("web"))
    yield served
    served.child.stop()


class SlowClients:
    """So many connections that began with the same bytes."""

    def __init__(self, port: int, opening: bytes) -> None:
        self._open = []
        for _ in range(CLIENTS):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", port))
            connection.sendall(opening)
            connection.setblocking(False)
            self._open.append(connection)

    def move(self, *, sends: bool, takes: int) -> int:
        """Send and take a little on each. Returns how many are still open."""
        for connection in list(self._open):
            try:
                if sends:
                    connection.send(b"a")
                ended = not connection.recv(takes)
            except BlockingIOError:
                continue
            except OSError:
                ended = True
            if ended:
                connection.close()
                self._open.remove(connection)
        return len(self._open)

    def close(self) -> None:
        """Leave."""
        for connection in self._open:
            connection.close()


@pytest.mark.parametrize("kind", SLOW)
def test_pages_come_while_two_hundred_clients_are_slow(web: Web, kind: str) -> None:
    before_mb = web.memory_mb()
    reads = kind == "reads byte by byte"
    clients = SlowClients(web.port, SLOW[kind])
    try:
        end, slowest, left = time.monotonic() + 4 * IDLE_S + 8, 0.0, CLIENTS
        while left and time.monotonic() < end:
            left = clients.move(sends="byte by byte" in kind and not reads, takes=1 if reads else 65_536)
            seconds = web.seconds()
            assert seconds is not None, web.log.read_text()[-2000:]
            slowest = max(slowest, seconds)
            time.sleep(0.5)
    finally:
        clients.close()
    assert slowest < PAGE_S
    assert web.memory_mb() - before_mb < GROWTH_MB
    if not reads:  # what the server sent before it gave up lies in the client's own memory
        assert left == 0, f"{left} of {CLIENTS} connections were never closed"


def multipart(boundary: str = "x") -> tuple[bytes, bytes, str]:
    """What stands before and after a file of a form, and the type of the whole."""
    before = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.tif"\r\n\r\n'.encode()
    return before, f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/experiments/1/images/", "/api/v1/experiments/1/images"])
def test_a_stranger_puts_nothing_on_disk(web: Web, path: str) -> None:
    before, _, kind = multipart()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {2 << 30}\r\n\r\n"
    sent, most_files = 0, 0
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connection:
        connection.sendall(head.encode() + before)
        with suppress(OSError):
            while sent < 200 << 20:
                connection.sendall(bytes(1 << 20))
                sent += 1 << 20
                most_files = max(most_files, len(list(web.incoming.glob("*"))))
    assert most_files == 0
    assert sent < 100 << 20, "the server went on reading"


def test_a_large_file_streams_to_disk_and_its_temporary_file_goes(
    web: Web, transactional_db: None, study: Study, client: Client
) -> None:
    client.force_login(study.owner)
    path = f"/experiments/{study.experiment.pk}/images/"
    client.get(path)
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    size = 150 << 20
    before, after, kind = multipart()
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {token}\r\nAccept: application/json\r\nContent-Length: {len(before) + size + len(after)}\r\n\r\n"
    )
    at_rest_mb, most_mb, was_there = web.memory_mb(), 0.0, False
    with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
        connection.sendall(head.encode() + before)
        for _ in range(size >> 20):
            connection.sendall(bytes(1 << 20))
            most_mb = max(most_mb, web.memory_mb())
            was_there = was_there or any(web.incoming.glob("*"))
        connection.sendall(after)
        answer = http.client.HTTPResponse(connection)  # the head and the body may come one after the other
        answer.begin()
        said = answer.read().decode()
    assert answer.status == 422
    assert "a file of an unknown kind" in said
    assert was_there
    assert most_mb - at_rest_mb < 60
    gone_by = time.monotonic() + 10  # it goes when the server is done with the request, after its answer
    while list(web.incoming.glob("*")) and time.monotonic() < gone_by:
        time.sleep(0.05)
    assert not list(web.incoming.glob("*"))


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_stays(settings: object, tmp_path: Path) -> None:
    settings.SPINULA_UPLOAD_TEMP_DIR = str(tmp_path)  # type: ignore[attr-defined]
    used = temporary_file()
    left = tmp_path / f"{PREFIX}left"
    left.write_bytes(b"half an image")
    fresh = tmp_path / f"{PREFIX}fresh"
    fresh.write_bytes(b"")
    foreign = tmp_path / "not ours"
    foreign.write_bytes(b"")
    for path in (Path(used.name), left, foreign):
        os.utime(path, (0, 0))
    assert sweep() == 1
    assert {path.name for path in tmp_path.iterdir()} == {Path(used.name).name, fresh.name, foreign.name}
    used.close()
