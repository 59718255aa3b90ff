"""What `python -m webapp.serve` runs besides the embedded servers: the pages, the two workers, beat."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spines.background.queue import QueueName
from webapp.serve.errors import ServeError
from webapp.serve.processes import Program
from webapp.serve.pulses import FilePulse

PROJECT = Path(__file__).resolve().parents[2]
HANGS_AFTER_S = 180.0
"""A worker or beat that shows no life for so long hangs: a slow machine or a silent broker takes less."""
WORKER_NICENESS = 10
"""Who works on images lets who waits for a page go first."""
CELERY = (sys.executable, "-m", "celery", "--quiet", "--skip-checks", "-A", "worker")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the environment asks for: HOST, PORT, SPINULA_STATE, DATABASE_URL, REDIS_URL."""

    host: str
    port: int
    state: Path
    database_url: str
    broker_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Options":
        """Read and check. Raises ServeError for a port that is none."""
        port = environment.get("PORT") or "8000"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ServeError(f"PORT is {port!r}: give a number from 1 to 65535, as in PORT=8001.")
        return cls(
            host=environment.get("HOST") or "127.0.0.1",
            port=int(port),
            state=Path(environment.get("SPINULA_STATE") or PROJECT / "var"),
            database_url=environment.get("DATABASE_URL", ""),
            broker_url=environment.get("REDIS_URL", ""),
        )

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the pages."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - not bound here
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}/"

    @property
    def everywhere(self) -> bool:
        """Whether the pages can be reached from other machines by any of this one's names."""
        return self.host in {"0.0.0.0", "::"}  # noqa: S104 - asked, not bound


def child_environment(options: Options, *, secret_key: str, database_url: str, broker_url: str) -> dict[str, str]:
    """The environment of everything that runs Django: the caller's own words win, but for the servers."""
    allowed = ["localhost", "127.0.0.1", "[::1]", options.host]
    defaults = {
        "SPINULA_SECRET_KEY": secret_key,
        "SPINULA_HTTPS": "false",
        "SPINULA_ALLOWED_HOSTS": "*" if options.everywhere else ",".join(dict.fromkeys(allowed)),
        "SPINULA_SESSION_COOKIE": f"spinula_session_{options.port}",
        "SPINULA_CSRF_COOKIE": f"spinula_csrf_{options.port}",
        "SPINULA_LOG_FORMAT": "text",
        "SPINULA_LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
    return (
        defaults
        | dict(os.environ)
        | {
            "SPINULA_STATE": str(options.state),
            "DATABASE_URL": database_url,
            "REDIS_URL": broker_url,
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
        }
    )


def prepare(environment: Mapping[str, str]) -> Program:
    """Migrations, and the networks that the project ships."""
    return Program(
        name="prepare",
        arguments=(sys.executable, "-m", "webapp.serve.prepare"),
        environment=environment,
        folder=PROJECT,
    )


def management(name: str, environment: Mapping[str, str], *arguments: str) -> Program:
    """A management command."""
    return Program(
        name=name,
        arguments=(sys.executable, str(PROJECT / "manage.py"), *arguments),
        environment=environment,
        folder=PROJECT,
    )


def web(options: Options, environment: Mapping[str, str]) -> Program:
    """The pages: processes with an event loop for all connections and threads for requests (`webapp.front`)."""
    return Program(
        name="web",
        arguments=(sys.executable, "-m", "webapp.front", options.host, str(options.port)),
        environment=environment,
        folder=PROJECT,
    )


def analysis_worker(environment: Mapping[str, str]) -> Program:
    """The Celery worker that analyses images, and does beat's chores in between."""
    processes = environment.get("SPINULA_WORKER_PROCESSES") or "1"
    queues = f"{QueueName.ANALYSIS},{QueueName.DEFAULT}"
    return _worker("worker", environment, queues=queues, processes=processes)


def trains(environment: Mapping[str, str]) -> bool:
    """Whether a training worker is wanted: SPINULA_TRAINING_WORKER is not "off"."""
    return environment.get("SPINULA_TRAINING_WORKER", "").lower() != "off"


def training_worker(environment: Mapping[str, str]) -> Program:
    """The Celery worker that trains networks, one at a time, each in a process of its own."""
    return _worker("training", environment, queues=QueueName.TRAINING, processes="1")


def _pulse(name: str, environment: Mapping[str, str]) -> tuple[FilePulse, dict[str, str]]:
    """The file by which a program shows that it lives, and how it is told of it."""
    path = Path(environment["SPINULA_STATE"]) / "pulses" / name
    return FilePulse(path, most_s=HANGS_AFTER_S), {"SPINULA_PULSE": str(path)}


def _worker(name: str, environment: Mapping[str, str], *, queues: str, processes: str) -> Program:
    pulse, told = _pulse(name, environment)
    return Program(
        name=name,
        arguments=(
            *CELERY,
            *("worker", "--queues", queues, "--hostname", f"{name}@%h"),
            *("--concurrency", processes, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        ),
        environment=dict(environment) | told | {"PYTHONWARNINGS": "ignore:You're running the worker"},  # as root
        folder=PROJECT,
        pulse=pulse,
        niceness=WORKER_NICENESS,
        orphan_signal=signal.SIGKILL,  # Celery's own handlers fail where nobody reads; the task runs again
    )


def beat(environment: Mapping[str, str], schedule: Path) -> Program:
    """Celery's clock. No pid file: one that a power loss leaves would stop the next start."""
    pulse, told = _pulse("beat", environment)
    return Program(
        name="beat",
        arguments=(
            *CELERY,
            *("beat", "--pidfile="),
            *("--schedule", str(schedule), "--loglevel", "WARNING"),
        ),
        environment=dict(environment) | told,
        folder=PROJECT,
        pulse=pulse,
    )
