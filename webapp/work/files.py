"""Which files of an experiment are made while their user waits, and which are work. Pages and API ask here."""

from __future__ import annotations

from spines.models import Experiment, User, Work, WorkKind
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from spines.services.work.asking import ask, takes_long
from webapp.work.acts import arguments_of

SECONDS_A_SPINE = {WorkKind.TABLES: 53e-6, WorkKind.ROIS: 55e-6}
"""As docs/benchmarks.md has them (`manage.py bench_exports`). A report takes seconds however few spines there are."""


def work_for_file(user: User, kind: WorkKind, experiment: Experiment, filters: ResultFilters) -> Work | None:
    """The work that makes a file which takes long; None for one that is made at once."""
    if not takes_long(SECONDS_A_SPINE[kind] * spines_of(experiment, filters).count()):
        return None
    return ask(user=user, kind=kind, arguments=arguments_of(experiment, filters), experiment=experiment)


def work_for_report(user: User, experiment: Experiment, filters: ResultFilters, *, address: str) -> Work:
    """The work that makes a report as PDF, which states the address of its page."""
    arguments = arguments_of(experiment, filters, address=address)
    return ask(user=user, kind=WorkKind.REPORT, arguments=arguments, experiment=experiment)
