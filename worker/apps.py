from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from spines.services.work.kinds import Outcome, Task


class WorkerConfig(AppConfig):
    name = "worker"
    label = "worker"

    def ready(self) -> None:
        """Say how the work is done that needs the networks; what loads them is imported with the first of it."""
        from spines.models import WorkKind
        from spines.services.work.kinds import register

        register(WorkKind.DRY_RUN, _dry_run)
        register(WorkKind.LIKENESS, _find_likeness)


def _dry_run(task: Task) -> Outcome:
    from worker.dry_run import dry_run

    return dry_run(task)


def _find_likeness(task: Task) -> Outcome:
    from worker.likeness import find_likeness

    return find_likeness(task)
