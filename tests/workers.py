"""Celery workers in processes of their own, on the database of the tests."""

import os
import signal
import time
from collections.abc import Mapping
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from spines.background.queue import QueueName
from tests import servers
from webapp.serve.processes import Child, Program
from webapp.serve.programs import CELERY, PROJECT

_START_SECONDS = 90
_numbers = count(1)


def empty_queues() -> None:
    """Forget waiting messages. What Celery knows about its queues stays."""
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(*(queue.value for queue in QueueName))


class Worker:
    """A Celery worker."""

    def __init__(self, *, queues: str, environment: Mapping[str, str]) -> None:
        self._keys = [settings.SPINULA_WORKER_KEY.format(queue=queue) for queue in queues.split(",")]
        self._log = servers.folder() / "logs" / f"worker-{next(_numbers)}.log"
        with Redis.from_url(settings.REDIS_URL) as broker:
            broker.delete(*self._keys)
        self._child = Child(
            Program(
                name="worker",
                arguments=(
                    *CELERY,
                    *("worker", "--queues", queues),
                    *("--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
                ),
                environment={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "webapp.settings",
                    "DATABASE_URL": _url_of_test_database(),
                    "SPINULA_INFERENCE_THREADS": "2",
                    **environment,
                },
                folder=PROJECT,
                log=self._log,
                stop_signal=signal.SIGTERM,
                orphan_signal=signal.SIGKILL,
            )
        )

    @property
    def pid(self) -> int:
        """Of Celery's parent process, which leads a process group of its own."""
        return self._child.process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._child.exit_code is None

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    def wait(self) -> None:
        """Until it takes tasks."""
        end = time.monotonic() + _START_SECONDS
        with Redis.from_url(settings.REDIS_URL) as broker:
            while broker.exists(*self._keys) < len(self._keys):
                if not self.runs or time.monotonic() > end:
                    self.stop()
                    pytest.fail(f"The Celery worker did not start:\n{self.log()}")
                time.sleep(0.1)

    def kill(self) -> None:
        """End it and its children at once, as a power loss would."""
        os.killpg(self.pid, signal.SIGKILL)
        self._child.clear_up()

    def stop(self) -> None:
        """End it as an operator does; a task that takes too long is cut short."""
        self._child.stop()


def _url_of_test_database() -> str:
    name = connection.settings_dict["NAME"]
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
