"""/healthz/: up, and each part down by itself, named with what to do and without secrets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, override_settings
from redis import Redis

from tests.workers import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("broker")]

WORKER_KEY = settings.SPINULA_WORKER_KEY.format(queue="analysis")
NOWHERE = "redis://:secret-word@127.0.0.1:1/0"


@pytest.fixture
def worker_mark() -> Iterator[None]:
    """The mark that a living worker leaves."""
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.set(WORKER_KEY, "alive", ex=60)
        yield
        broker.delete(WORKER_KEY)


def down(client: Client) -> dict[str, str]:
    """The parts that are down, with their sentences."""
    answer = client.get("/healthz/")
    checks: dict[str, Any] = answer.json()["checks"]
    failed = {name: check["detail"] for name, check in checks.items() if not check["ok"]}
    assert answer.status_code == (503 if failed else 200)
    return failed


@pytest.mark.usefixtures("worker_mark")
def test_everything_up_is_200_for_anybody(client: Client) -> None:
    assert down(client) == {}


def test_no_worker_is_named_with_the_command_that_starts_one(client: Client) -> None:
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(WORKER_KEY)
    failed = down(client)
    assert list(failed) == ["analysis_worker"]
    assert "celery -A worker worker" in failed["analysis_worker"]


def test_a_broker_out_of_reach_is_named_without_its_password(client: Client) -> None:
    with override_settings(REDIS_URL=NOWHERE):
        answer = client.get("/healthz/")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["broker"]["ok"]
    assert "REDIS_URL" in answer.json()["checks"]["broker"]["detail"]
    assert "secret-word" not in answer.content.decode()


@pytest.mark.usefixtures("worker_mark")
def test_a_database_that_does_not_answer_is_named(client: Client) -> None:
    def refuse(*_: Any) -> Any:
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(refuse):
        failed = down(client)
    assert list(failed) == ["database"]
    assert "DATABASE_URL" in failed["database"]


@pytest.mark.usefixtures("worker_mark")
def test_storage_that_cannot_be_written_is_named(client: Client, tmp_path: Path) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    storages = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(blocked)}}
    }
    with override_settings(STORAGES=storages):
        failed = down(client)
    assert list(failed) == ["storage"]
    assert "SPINULA_STORAGE" in failed["storage"]


@pytest.mark.usefixtures("worker_mark")
def test_the_probe_leaves_no_file_behind(client: Client) -> None:
    down(client)
    assert not list(Path(settings.MEDIA_ROOT).glob("health/*"))


def test_a_real_worker_makes_it_healthy(client: Client, analysis_worker: Worker) -> None:
    assert down(client) == {}


@pytest.mark.usefixtures("worker_mark")
def test_a_beat_that_does_not_tick_is_a_warning(client: Client) -> None:
    key = settings.SPINULA_WORKER_KEY.format(queue="beat")
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(key)
        answer = client.get("/healthz/")
        assert answer.status_code == 200
        assert any("Beat does not tick" in sentence for sentence in answer.json()["warnings"])
        broker.set(key, "alive", ex=60)
        assert not any("Beat" in sentence for sentence in client.get("/healthz/").json()["warnings"])
        broker.delete(key)
