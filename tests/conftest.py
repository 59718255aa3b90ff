"""What every test can ask for: servers, a Celery worker in a process of its own, a browser."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers
from tests.workers import Worker, empty_queues

if TYPE_CHECKING:  # Django is not set up yet when this file is read
    from spines.models import User
    from tests.factories import Study

pytest_plugins = ["tests.browsers"]


def pytest_unconfigure() -> None:
    """Stop the servers, however the tests ended."""
    servers.stop()


@pytest.fixture(scope="session")
def embedded_servers() -> None:
    """PostgreSQL and Valkey answer."""
    servers.start()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_servers: None) -> None:
    """Before pytest-django makes its test database, the server that holds it starts."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Beside the test database: tests that commit empty only what they filled."""
    from django.test import TransactionTestCase

    from tests.emptied import emptying

    of_django: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patched:
        with django_db_blocker.unblock():
            patched.setattr(TransactionTestCase, "_fixture_teardown", emptying(of_django))
        yield


@pytest.fixture(scope="module", autouse=True)
def _rows_taken_back_are_gone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rows of tests that were rolled back still lie in the tables, and scans pass them."""
    yield
    mine = (item for item in request.session.items if item.path == request.path)
    if not any(item.get_closest_marker("django_db") for item in mine):
        return
    from django.db import connection

    if not connection.settings_dict["NAME"].startswith("test_"):
        return  # all of them were left out
    tables = "spines_spine, spines_spineshape, spines_dendrite, spines_analysisimage, spines_image"
    with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
        cursor.execute(f"VACUUM (SKIP_LOCKED) {tables}")


@pytest.fixture
def study() -> "Study":
    """A lab with its owner, a project and an experiment."""
    from tests.factories import make_study

    return make_study()


@pytest.fixture
def annotator(study: "Study") -> "User":
    """Another member of the study's lab, who may correct results."""
    from tests.factories import make_annotator

    return make_annotator(study)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts of reports are one grey pixel each, since drawing takes most of the time of what tests their words."""
    from io import BytesIO

    from PIL import Image

    pixel = BytesIO()
    Image.new("RGB", (1, 1), "grey").save(pixel, "PNG")
    for maker in ("webapp.report.views", "webapp.report.pdf"):
        monkeypatch.setattr(f"{maker}.draw", lambda *_arguments, **_options: pixel.getvalue())


@pytest.fixture
def broker(embedded_servers: None) -> None:
    """Valkey answers, and its queues are empty."""
    empty_queues()


@pytest.fixture(autouse=True)
def _nobody_else_does_it(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what tests with a worker send is sent: the worker that tests share would take it from the rest."""
    if not {"start_worker", "analysis_worker"}.intersection(request.fixturenames):
        from celery import current_app

        monkeypatch.setattr(current_app, "send_task", lambda *_args, **_options: None)


@pytest.fixture
def start_worker(transactional_db: None, broker: None, _shared_worker: list[Worker]) -> Iterator[Callable[..., Worker]]:
    """Start Celery workers on the test database: `start_worker()`, or `start_worker(queues="training")`.

    Each is ready when the call returns: `.kill()` ends it as a power loss would, `.stop()` as an operator does,
    `.log()` is what it printed. What still runs is stopped after the test. No other worker takes from them.
    """
    started: list[Worker] = []
    while _shared_worker:
        _shared_worker.pop().stop()

    def start(queues: str = "analysis,default", **environment: str) -> Worker:
        worker = Worker(queues=queues, environment=environment)
        started.append(worker)
        worker.wait()
        return worker

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture(scope="session")
def _shared_worker(django_db_setup: None) -> Iterator[list[Worker]]:
    workers: list[Worker] = []
    yield workers
    for worker in workers:
        worker.stop()


@pytest.fixture
def analysis_worker(transactional_db: None, broker: None, _shared_worker: list[Worker]) -> Worker:
    """A real Celery worker on the test database, shared by the tests that do not harm it."""
    if not _shared_worker or not _shared_worker[-1].runs:
        _shared_worker.append(Worker(queues="analysis,default", environment={}))
        _shared_worker[-1].wait()
    return _shared_worker[-1]
