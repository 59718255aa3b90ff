"""PostgreSQL and Valkey for the tests, from the same wheels as `make run`, in a folder that goes afterwards.

Where they are is settled before Django reads its settings, and written to the environment, which child
processes inherit. They start with the first test that asks for them. `DATABASE_URL` and `REDIS_URL` in the
caller's environment name servers to use instead.
"""

import os
import shutil
from pathlib import Path

from webapp.serve.embedded import EmbeddedPostgres, free_port
from webapp.serve.embedded_valkey import EmbeddedValkey
from webapp.serve.processes import Child, Program
from webapp.serve.state import short_temporary_folder

_FOLDER = "SPINULA_TEST_FOLDER"
_VALKEY_PORT = "SPINULA_TEST_VALKEY_PORT"
_POSTGRES = "SPINULA_TEST_POSTGRES"
_OWNER = "SPINULA_TEST_PROCESS"  # of those that share the tests; each has servers of its own

_children: list[Child] = []


def folder() -> Path:
    """Where this run of the tests keeps databases, images and logs."""
    return Path(os.environ[_FOLDER])


def describe_in_environment() -> None:
    """Choose folder and addresses, once for this process and those it starts."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "")
    if os.environ.get(_OWNER) == process:
        return
    if os.environ.get(_OWNER) is not None:
        _forget_those_of_the_caller()
    os.environ[_OWNER] = process
    os.environ[_FOLDER] = str(short_temporary_folder())
    if "DATABASE_URL" not in os.environ:
        os.environ[_POSTGRES] = "embedded"
        os.environ["DATABASE_URL"] = _postgres().url()
    if "REDIS_URL" not in os.environ:
        os.environ[_VALKEY_PORT] = str(free_port())
        os.environ["REDIS_URL"] = _valkey().url
    os.environ |= {
        "SPINULA_STATE": str(folder() / "state"),
        "SPINULA_STORAGE": str(folder() / "images"),
        "SPINULA_SECRET_KEY": "only for tests",
        "SPINULA_HTTPS": "false",
        "SPINULA_LOG_FORMAT": "text",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright's loop runs in the thread of the tests
    }


def _forget_those_of_the_caller() -> None:
    """Addresses that the process chose for itself which hands out the tests."""
    if os.environ.pop(_POSTGRES, None):
        del os.environ["DATABASE_URL"]
    if os.environ.pop(_VALKEY_PORT, None):
        del os.environ["REDIS_URL"]


def start() -> None:
    """Start what is not there yet; from the main thread."""
    if _children:
        return
    if os.environ.get(_POSTGRES):
        server = _postgres()
        server.socket_folder.mkdir(mode=0o700, exist_ok=True)
        postgres = _start(server.prepare())
        server.wait(lambda: postgres.exit_code is None)
    if os.environ.get(_VALKEY_PORT):
        valkey = _start(_valkey().prepare())
        _valkey().wait(lambda: valkey.exit_code is None)


def stop() -> None:
    """Stop them and remove the folder."""
    while _children:
        _children.pop().stop()
    shutil.rmtree(folder(), ignore_errors=True)


def _start(program: Program) -> Child:
    child = Child(program)
    _children.append(child)
    return child


def _postgres() -> EmbeddedPostgres:
    return EmbeddedPostgres(
        folder=folder() / "postgres",
        socket_folder=folder() / "socket",
        log=folder() / "logs" / "postgresql.log",
        durable=False,
    )


def _valkey() -> EmbeddedValkey:
    return EmbeddedValkey(
        folder=folder() / "valkey",
        port=int(os.environ[_VALKEY_PORT]),
        password="only-for-tests",
        log=folder() / "logs" / "valkey.log",
    )
