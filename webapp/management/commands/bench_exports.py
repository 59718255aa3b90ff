"""`manage.py bench_exports`: how long the downloads of a large experiment take, and how much memory."""

from __future__ import annotations

import logging
import resource
import secrets
import time
from argparse import ArgumentParser
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse

from spines.models import Experiment, Spine, User
from webapp.management.many_spines import make_rows
from webapp.management.scratch_database import scratch_database

DOWNLOADS = ("exports:package", "results:spines_csv", "exports:experiment_rois", "exports:coco")

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
        parser.add_argument("--experiments", type=int, default=10, metavar="N", help="default 10")
        parser.add_argument("--spines", type=int, default=100_000, metavar="N", help="an experiment (default 100,000)")
        parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where server and rows stay for the next run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, time, print."""
        settings.SECRET_KEY = secrets.token_urlsafe()  # signs a session that nobody keeps
        logging.disable(logging.INFO)  # a line a request
        with scratch_database(kept_in=options["keep"]) as is_kept:
            if not is_kept:
                make_rows(experiments=options["experiments"], spines_each=options["spines"])
            client = Client(headers={"host": "localhost"})
            client.force_login(User.objects.get(username="bench"))
            experiment = Experiment.objects.order_by("pk")[0]
            with connection.cursor() as cursor:
                cursor.execute(_OUTLINES, [experiment.pk])
            self.stdout.write(f"{Spine.objects.count():,} spines in the database")
            self.stdout.write(f"{'download':<26}{'seconds':>9}{'MB':>9}{'memory, MB':>13}")
            for name in DOWNLOADS:
                self._take(client, name, reverse(name, args=[experiment.pk]))
        self.stdout.write("Memory is by how much the process's peak grew.")

    def _take(self, client: Client, name: str, address: str) -> None:
        peak_mb, began = _peak_mb(), time.perf_counter()
        answer = client.get(address, secure=True)
        if answer.status_code != HTTPStatus.OK:
            raise CommandError(f"{address} answered {answer.status_code}.")
        size_mb = sum(len(piece) for piece in answer) / 1e6
        took_s = time.perf_counter() - began
        self.stdout.write(f"{name:<26}{took_s:>9.1f}{size_mb:>9.1f}{_peak_mb() - peak_mb:>13.0f}")


def _peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
