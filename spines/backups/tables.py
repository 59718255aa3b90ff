"""Rows out of the database and into one, by COPY: all tables as one moment had them."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any, cast

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph
from psycopg import Cursor
from psycopg.sql import SQL, Identifier, Literal

from spines.backups.described import TABLES, Description, Table
from spines.errors import InvalidInput

_CHUNK = 1 << 20
_PACKED = 3  # gzip's level: two thirds smaller already, and as fast as a disk


def raw_cursor() -> Cursor[Any]:
    """psycopg's own cursor, which has COPY."""
    return cast("Cursor[Any]", connection.cursor().cursor)


def begin_snapshot() -> None:
    """What is read from here on in this transaction is what the database was at this moment."""
    with raw_cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def copy_out(folder: Path) -> list[Table]:
    """Every table of the database into `folder`/tables, within a snapshot."""
    (folder / TABLES).mkdir()
    return [_copy_out(folder, name, columns) for name, columns in _tables().items()]


def _tables() -> dict[str, list[str]]:
    """The columns of every table that hold something, in order."""
    with raw_cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' "
            "ORDER BY c.table_name, c.ordinal_position"
        )
        found: dict[str, list[str]] = {}
        for table, column in cursor:
            found.setdefault(table, []).append(column)
        return found


def _copy_out(folder: Path, name: str, columns: list[str]) -> Table:
    file, digest = f"{TABLES}/{name}.copy.gz", hashlib.sha256()
    command = SQL("COPY {} ({}) TO STDOUT").format(Identifier(name), SQL(",").join(map(Identifier, columns)))
    with raw_cursor() as cursor, gzip.open(folder / file, "wb", compresslevel=_PACKED) as packed:
        with cursor.copy(command) as rows:
            for chunk in rows:
                digest.update(chunk)
                packed.write(chunk)
        return Table(name=name, columns=columns, rows=cursor.rowcount, file=file, sha256=digest.hexdigest())


def sequences() -> dict[str, int | None]:
    """The last number that each sequence gave."""
    with raw_cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        return dict(cursor.fetchall())


def applied_migrations() -> list[list[str]]:
    """The (app, name) of what the database has had."""
    with raw_cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [[app, name] for app, name in cursor]


def refuse_unknown_migrations(description: Description) -> None:
    """Raise InvalidInput where this program is older than the database of the backup."""
    known = MigrationExecutor(connection).loader.disk_migrations
    unknown = [name for app, name in description.migrations if app == "spines" and (app, name) not in known]
    if unknown:
        raise InvalidInput(
            f"This backup was made by a newer release ({description.release}; it knows {unknown[-1]}, which this one "
            "does not). Install that release or a later one, and restore with it."
        )


def refuse_damaged(folder: Path, description: Description) -> None:
    """Raise InvalidInput where a table's file is not what was written."""
    for table in description.tables:
        digest = hashlib.sha256()
        try:
            with gzip.open(folder / table.file, "rb") as packed:
                while chunk := packed.read(_CHUNK):
                    digest.update(chunk)
        except (OSError, EOFError) as error:
            raise InvalidInput(f"{folder / table.file} cannot be read ({error}). Choose another backup.") from error
        if digest.hexdigest() != table.sha256:
            raise InvalidInput(f"{folder / table.file} is damaged. Choose another backup.")


def copy_in(folder: Path, description: Description) -> None:
    """Empty the database and fill it with the backup's rows, at the backup's migrations; in one transaction."""
    _drop_all()
    executor = MigrationExecutor(connection)
    then = {(app, name) for app, name in description.migrations}
    loader = executor.loader
    wanted = [node for node in loader.graph.nodes if node in then and not _has_later(loader.graph, node, then)]
    executor.migrate(wanted)
    with raw_cursor() as cursor:
        _triggers(cursor, "DISABLE")  # the rows bring the audit trail that they had
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(SQL("TRUNCATE {}").format(SQL(",").join(map(Identifier, _tables()))))
        for table in description.tables:
            _copy_in(cursor, folder, table)
        for name, last in description.sequences.items():
            number = SQL("1, false") if last is None else SQL("{}, true").format(Literal(last))
            cursor.execute(
                SQL("SELECT setval(quote_ident(sequencename)::regclass, {}) FROM pg_sequences "
                    "WHERE schemaname = 'public' AND sequencename = {}").format(number, Literal(name))
            )  # fmt: skip
        _triggers(cursor, "ENABLE")


def _triggers(cursor: Cursor[Any], how: str) -> None:
    """Of the tables' own triggers; those of foreign keys stay, and are asked first."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name in _tables():
        cursor.execute(SQL("ALTER TABLE {} " + how + " TRIGGER USER").format(Identifier(name)))


def _has_later(graph: MigrationGraph, node: tuple[str, str], among: set[tuple[str, str]]) -> bool:
    """Whether another migration of the same app among these follows it."""
    return any(child.key[0] == node[0] and child.key in among for child in graph.node_map[node].children)


def _drop_all() -> None:
    """Tables, with the views on them, and functions; what an extension brought stays."""
    with raw_cursor() as cursor:
        if tables := _tables():
            cursor.execute(SQL("DROP TABLE {} CASCADE").format(SQL(",").join(map(Identifier, tables))))
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(SQL("DROP FUNCTION IF EXISTS " + name + " CASCADE"))


def _copy_in(cursor: Cursor[Any], folder: Path, table: Table) -> None:
    columns = SQL(",").join(map(Identifier, table.columns))
    command = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), columns)
    with gzip.open(folder / table.file, "rb") as packed, cursor.copy(command) as rows:
        while chunk := packed.read(_CHUNK):
            rows.write(chunk)


def server_version() -> int:
    """The major version of PostgreSQL."""
    with raw_cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        (version,) = cursor.fetchone() or (0,)
        return int(version)
