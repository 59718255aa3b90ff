"""The tables follow the models: a new measure is a new column, and its migration is made by a command."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_no_migration_is_missing() -> None:
    written = MigrationLoader(None).project_state()
    missing = MigrationAutodetector(written, ProjectState.from_apps(apps)).changes(graph=MigrationLoader(None).graph)
    said = [operation.describe() for migration in missing.get("spines", []) for operation in migration.operations]
    assert not said, f"{said}: run .venv/bin/python manage.py makemigrations spines"
