"""Spinula with database, queue and files in one folder, for a training that may be ended and taken up again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.serve.embedded import EmbeddedPostgres, free_port
from webapp.serve.embedded_valkey import EmbeddedValkey
from webapp.serve.processes import Child
from webapp.serve.state import short_temporary_folder


@contextmanager
def machine(folder: Path) -> Iterator[None]:
    """Set Django up on the folder, whose rows and files stay, for the block. Once a process, from the main thread."""
    folder.mkdir(parents=True, exist_ok=True)
    sockets = short_temporary_folder()
    postgres = EmbeddedPostgres(
        folder=folder / "postgres", socket_folder=sockets, log=folder / "postgresql.log", durable=False
    )
    valkey = EmbeddedValkey(
        folder=folder / "valkey", port=free_port(), password="only-for-this-run", log=folder / "valkey.log"
    )
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
        "DATABASE_URL": postgres.url(),
        "REDIS_URL": valkey.url,
        "SPINULA_STATE": str(folder / "state"),
        "SPINULA_STORAGE": str(folder / "files"),
        "SPINULA_SECRET_KEY": "only for this run",
        "SPINULA_LOG_LEVEL": "WARNING",
    }
    database = Child(postgres.prepare())
    queue = Child(valkey.prepare())
    try:
        postgres.wait(lambda: database.exit_code is None)
        valkey.wait(lambda: queue.exit_code is None)
        _set_up()
        yield
    finally:
        queue.stop()
        database.stop()


def _set_up() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("register_models", verbosity=0)
