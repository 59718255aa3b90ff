"""`manage.py bench_worker FOLDER`: time an analysis from "Analyse" to done, through database, broker and worker."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum

from spines.errors import DomainError
from spines.models import Analysis, Experiment, Lab, Membership, Project, Role, Spine, User
from spines.selectors.analyses.progress import progress_of
from spines.services.analyses.starting import start_analysis
from spines.services.images.changes import delete_images
from spines.services.images.uploads import add_image
from worker.inference.headless import find_images

POLL_S = 0.1
STAGES = ("read_s", "detect_s", "classify_s", "measure_s", "write_s")


class Command(BaseCommand):
    """Upload images into a lab of its own, analyse them with the workers that run, and clear up."""

    help = "Time an analysis through database, broker and the workers that run (start them with make run)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FOLDER, how many of its images, and how long to wait."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--count", type=int, default=100, help="images at the most (default 100)")
        parser.add_argument("--timeout", type=float, default=600, help="seconds to wait (default 600)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Time it and print images a second, spines a second and the split of the worker's time."""
        user = User.objects.create(username=f"bench-{time.time_ns()}", is_active=False)
        lab = Lab.objects.create(name=user.username)
        Membership.objects.create(lab=lab, user=user, role=Role.MANAGER)
        experiment = Experiment.objects.create(project=Project.objects.create(lab=lab, name="bench"), name="bench")
        try:
            for path in find_images([options["folder"]])[: options["count"]]:
                add_image(user=user, experiment_id=experiment.pk, path=path, name=path.name)
            self._time(user, experiment, timeout_s=options["timeout"])
        except DomainError as error:
            raise CommandError(error.sentence) from error
        finally:
            Analysis.objects.filter(experiment=experiment).delete()
            if pks := list(experiment.images.values_list("pk", flat=True)):
                delete_images(user=user, experiment_id=experiment.pk, image_ids=pks)
            lab.delete()
            user.delete()

    def _time(self, user: User, experiment: Experiment, *, timeout_s: float) -> None:
        began = time.perf_counter()
        analysis = start_analysis(user=user, experiment_id=experiment.pk)
        while progress_of(analysis).unfinished:
            if time.perf_counter() - began > timeout_s:
                raise CommandError("The analysis did not finish in time. Start a worker, or give a longer --timeout.")
            time.sleep(POLL_S)
        seconds = time.perf_counter() - began
        progress = progress_of(analysis)
        spines = Spine.objects.filter(analysis_image__analysis=analysis).count()
        stages = analysis.images.aggregate(**{stage: Sum(stage) for stage in STAGES})
        self.stdout.write(
            f"{progress.done} images done, {progress.failed} failed, in {seconds:.1f} s: "
            f"{progress.done / seconds:.2f} images/s, {spines / seconds:.1f} spines/s ({spines} spines)"
        )
        total_s = sum(value or 0 for value in stages.values())
        for stage, value in stages.items():
            self.stdout.write(f"{stage.removesuffix('_s'):<9}{value or 0:7.2f} s {100 * (value or 0) / total_s:5.1f} %")
