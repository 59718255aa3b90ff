"""`manage.py bench_exports`: how long the downloads of a large experiment take, and how much memory."""

from __future__ import annotations

import resource
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse

from spines.export.package import write_package
from spines.models import Experiment, Spine
from spines.selectors.results.filters import ResultFilters
from webapp.exports.files import write_experiment_rois
from webapp.management.bench_client import add_row_options, client_among_rows

STREAMED = ("results:spines_csv", "exports:coco")
WRITTEN = {"tables": write_package, "ROIs": write_experiment_rois}
"""By a worker, where there are so many spines."""

_OUTLINES = """
INSERT INTO spines_spineshape (spine_id, outline_px, midline_px)
SELECT spine.id,
    (SELECT jsonb_agg(jsonb_build_array(round((x_px + 7 + 7 * cos(i * pi() / 12))::numeric, 2),
                                        round((y_px + 9 + 9 * sin(i * pi() / 12))::numeric, 2)))
     FROM generate_series(0, 23) i),
    '[]'
FROM spines_spine spine JOIN spines_analysisimage result ON result.id = spine.analysis_image_id
JOIN spines_image image ON image.id = result.image_id
WHERE image.experiment_id = %s AND result.is_current
ON CONFLICT DO NOTHING
"""
"""An outline of 24 points for each spine, about as many as measuring gives."""


class Command(BaseCommand):
    """Fill a scratch database, take each download once, print a table."""

    help = (
        "Time the downloads of an experiment, in this process, through all middleware (Django's test client), with "
        "other experiments beside it in a database of its own."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        add_row_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, time, print."""
        with client_among_rows(options) as client:
            experiment = Experiment.objects.order_by("pk")[0]
            with connection.cursor() as cursor:
                cursor.execute(_OUTLINES, [experiment.pk])
            self.stdout.write(f"{Spine.objects.count():,} spines in the database")
            self.stdout.write(f"{'download':<26}{'seconds':>9}{'MB':>9}{'memory, MB':>13}")
            for name, write in WRITTEN.items():
                self._timed(name, partial(_written, write, experiment))
            for name in STREAMED:
                self._timed(name, partial(_streamed, client, reverse(name, args=[experiment.pk])))
        self.stdout.write("Memory is by how much the process's peak grew.")

    def _timed(self, name: str, take: Callable[[], int]) -> None:
        peak_mb, began = _peak_mb(), time.perf_counter()
        size_mb = take() / 1e6
        took_s = time.perf_counter() - began
        self.stdout.write(f"{name:<26}{took_s:>9.1f}{size_mb:>9.1f}{_peak_mb() - peak_mb:>13.0f}")


def _written(write: Callable[..., None], experiment: Experiment) -> int:
    with tempfile.TemporaryFile() as file:
        write(file, experiment=experiment, filters=ResultFilters())
        return file.tell()


def _streamed(client: Client, address: str) -> int:
    answer = client.get(address, secure=True)
    if answer.status_code != HTTPStatus.OK:
        raise CommandError(f"{address} answered {answer.status_code}.")
    return sum(len(piece) for piece in answer)


def _peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
