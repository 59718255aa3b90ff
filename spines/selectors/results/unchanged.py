"""What was summed from an experiment's rows is kept until one of them changes: pages then read figures, not spines.

The state of an experiment is a text that differs once anything that its results are counted from does: its row, its
conditions, animals, cells, images and finished results, by PostgreSQL's own marks of when a row was written, and how
often the spines and dendrites of each result changed (`ResultRevision`). It is read before what is kept under it: what
changes in between is counted too early, and never missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.core.cache import caches
from django.db import connection

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters

CACHE = "figures"

Value = TypeVar("Value")
More = ParamSpec("More")

_STATE = """
SELECT experiment.id, concat_ws(' ', experiment.xmin, experiment.cmin, class_set.xmin, class_set.cmin,
    images.written, conditions.written, subjects.written, cells.written)
FROM spines_experiment experiment
LEFT JOIN spines_classset class_set ON class_set.id = experiment.class_set_id
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', WRITTEN(image), WRITTEN(result), sum(revision.revision)) AS written
    FROM spines_image image
    LEFT JOIN spines_analysisimage result ON result.image_id = image.id AND result.status = 'done'
    LEFT JOIN spines_resultrevision revision ON revision.result_id = result.id
    WHERE image.experiment_id = experiment.id
) images
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', WRITTEN(row)) AS written FROM spines_condition row WHERE row.experiment_id = experiment.id
) conditions
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', WRITTEN(row)) AS written FROM spines_subject row WHERE row.experiment_id = experiment.id
) subjects
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', WRITTEN(row)) AS written
    FROM spines_cell row JOIN spines_subject subject ON subject.id = row.subject_id
    WHERE subject.experiment_id = experiment.id
) cells
WHERE experiment.id = ANY(%s)
"""
for _row in ("image", "result", "row"):
    # Of each row the transaction that wrote it, and the command within: a row that is written again has others.
    _STATE = _STATE.replace(
        f"WRITTEN({_row})",
        f"count({_row}.id), sum({_row}.id), sum({_row}.xmin::text::bigint), sum({_row}.cmin::text::bigint)",
    )


def states_of(experiments: Iterable[int]) -> dict[int, str]:
    """The state of each experiment, by its key."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [list(experiments)])
        return dict(cursor.fetchall())


_asked: ContextVar[dict[int, str] | None] = ContextVar("states_asked", default=None)


@contextmanager
def states_asked_once() -> Iterator[None]:
    """Within, the state of an experiment is read once. For what only reads: who changes rows would not see it."""
    token = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(token)


def _states(experiments: Collection[int]) -> dict[int, str]:
    known = _asked.get()
    if known is None:
        return states_of(experiments)
    if missing := [pk for pk in experiments if pk not in known]:
        known |= states_of(missing)
    return {pk: known[pk] for pk in experiments if pk in known}


def each_unchanged(
    experiments: Collection[int], asked: object, compute: Callable[[list[int]], Mapping[int, Value]]
) -> dict[int, Value]:
    """A value for each experiment: kept, or computed for all together whose rows changed.

    Parameters
    ----------
    experiments : their keys.
    asked : what the values depend on beside the rows; its `repr` says all of it.
    compute : gives the value of each experiment that it is called with.
    """
    states = _states(experiments)
    keys = {
        pk: "figures-" + hashlib.sha256(repr((asked, pk, states[pk])).encode()).hexdigest()
        for pk in experiments
        if pk in states
    }
    cache = caches[CACHE]
    kept = cache.get_many(keys.values())
    found = {pk: kept[key] for pk, key in keys.items() if key in kept}
    if missing := [pk for pk in experiments if pk not in found]:
        computed = compute(missing)
        cache.set_many({keys[pk]: computed[pk] for pk in missing if pk in keys})
        found |= computed
    return {pk: found[pk] for pk in experiments}


def while_unchanged(
    select: Callable[Concatenate[Experiment, ResultFilters, More], Value],
) -> Callable[Concatenate[Experiment, ResultFilters, More], Value]:
    """Keep what a selector gives of an experiment and its filters until a row of the experiment changes."""

    def kept(experiment: Experiment, filters: ResultFilters, /, *more: More.args, **named: More.kwargs) -> Value:
        asked: Any = (select.__module__, select.__qualname__, filters, more, sorted(named.items()))
        pk = experiment.pk
        return each_unchanged([pk], asked, lambda _: {pk: select(experiment, filters, *more, **named)})[pk]

    update_wrapper(kept, select)
    return kept
