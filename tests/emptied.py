"""Tables emptied after a test that committed: the few that hold rows, in place of truncating some eighty each time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission")
"""Django makes their rows with the tables, and anew whenever all of it is flushed."""
TRIES = 3


def empty_only_filled(case: TransactionTestCase) -> None:
    """As `TransactionTestCase` empties its database, but a table without rows is left alone.

    A page's last request or a worker may still write or read: their transactions are waited for, and a deadlock with
    them is tried again.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                _empty(_tables())
        except OperationalError:
            if not tries_left:
                raise
        else:
            return


def can_empty() -> bool:
    """Whether this server lets us leave triggers and foreign keys out, as only a superuser may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def emptying(django: Callable[[TransactionTestCase], None]) -> Callable[[TransactionTestCase], None]:
    """What `TransactionTestCase` is to do after a test: ours, or Django's own where the server is somebody else's."""
    return empty_only_filled if can_empty() else django


@cache
def _tables() -> tuple[str, ...]:
    quoted = connection.ops.quote_name
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(quoted(name) for name in sorted(names) if name not in KEPT)


def _empty(tables: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(" UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT FROM {t})" for t in tables))
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {table}")
