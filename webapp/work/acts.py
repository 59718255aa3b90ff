"""What does the work that only the pages can do: files of an experiment. A worker runs these too.

What draws is imported with the first drawing: every worker has this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any

from spines.access import get_experiment
from spines.models import Experiment, WorkKind
from spines.selectors.results.filters import ResultFilters
from spines.services.work.kinds import Outcome, Task, register


def register_acts() -> None:
    """Say what does each kind."""
    register(WorkKind.REPORT, make_report)
    register(WorkKind.TABLES, make_tables)
    register(WorkKind.ROIS, make_rois)


def arguments_of(experiment: Experiment, filters: ResultFilters, **more: Any) -> dict[str, Any]:
    """An experiment under filters, as the arguments of work."""
    return {"experiment": experiment.pk, "filters": asdict(filters), **more}


def _asked(task: Task) -> tuple[Experiment, ResultFilters]:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in task.arguments["filters"].items()
    }
    return get_experiment(task.user, task.arguments["experiment"]), ResultFilters(**given)


def make_report(task: Task) -> Outcome:
    """The report of an experiment as a PDF."""
    from webapp.downloads import safe_stem
    from webapp.report.build import build_report
    from webapp.report.pdf import report_pdf

    experiment, filters = _asked(task)
    address = task.arguments["address"]
    report = build_report(experiment, filters, user=task.user, address=address, progress=task.progress)
    path = task.folder / "report.pdf"
    path.write_bytes(report_pdf(report, task.progress))
    return Outcome(file=path, file_name=f"{safe_stem(experiment.name)}_report.pdf")


def make_tables(task: Task) -> Outcome:
    """The tables of an experiment."""
    from spines.export.package import write_package
    from webapp.exports.files import tables_name

    return _written(task, write_package, tables_name)


def make_rois(task: Task) -> Outcome:
    """The ImageJ ROIs of an experiment."""
    from webapp.exports.files import rois_name, write_experiment_rois

    return _written(task, write_experiment_rois, rois_name)


def _written(task: Task, write: Callable[..., None], name_of: Callable[[Experiment], str]) -> Outcome:
    experiment, filters = _asked(task)
    path = task.folder / "made"
    opened: IO[bytes]
    with path.open("wb") as opened:
        write(opened, experiment=experiment, filters=filters, progress=task.progress)
    return Outcome(file=path, file_name=name_of(experiment))
