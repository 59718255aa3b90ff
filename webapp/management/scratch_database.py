"""A database of its own for a benchmark, made and dropped: on the server of DATABASE_URL, else on an embedded one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import environ
from django.db import connection

from webapp.serve.embedded import EmbeddedPostgres
from webapp.serve.processes import Child
from webapp.serve.state import short_temporary_folder

NAME = "spinula_bench_pages"


@contextmanager
def scratch_database(*, kept_in: Path | None = None) -> Iterator[bool]:
    """Point Django at an empty, migrated database. Yields whether it was kept from an earlier run, rows and all.

    `kept_in` is the folder of an embedded server that stays, with its database, for the next run.
    """
    if "DATABASE_URL" in os.environ and kept_in is None:
        with _made(keep=False):
            yield False
        return
    folder = kept_in or short_temporary_folder()
    socket_folder = short_temporary_folder()
    server = EmbeddedPostgres(
        folder=folder / "postgres", socket_folder=socket_folder, log=folder / "postgresql.log", durable=False
    )
    is_kept = server.folder.exists()
    child = Child(server.prepare())
    try:
        server.wait(lambda: child.exit_code is None)
        connection.close()
        connection.settings_dict.update(environ.Env.db_url_config(server.url()))
        with _made(keep=kept_in is not None):
            yield is_kept
    finally:
        connection.close()
        child.stop()
        shutil.rmtree(socket_folder, ignore_errors=True)
        if kept_in is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _made(*, keep: bool) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = NAME
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0, keepdb=keep)
