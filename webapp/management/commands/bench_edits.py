"""`manage.py bench_edits`: how long a correction on the image page takes when its image has a thousand spines."""

from __future__ import annotations

import logging
import secrets
import statistics
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from numpy.typing import NDArray

from spines.models import (
    Analysis,
    AnalysisImage,
    Experiment,
    Lab,
    Membership,
    ModelKind,
    Project,
    Role,
    Spine,
    User,
)
from spines.selectors.review.state import version_of
from spines.services.analyses import jobs
from spines.services.images.uploads import add_image
from spines.synthesis.files import Series
from spines.synthesis.parameters import Look
from spines.vocabulary.classes import NETWORK_KEYS
from webapp.management.many_spines import bench_version
from webapp.management.scratch_database import scratch_database

PIXEL_SIZE_UM = 0.1
Box = tuple[float, float, float, float]
NO_TIME = jobs.Timings(read_s=0, detect_s=0, classify_s=0)


class Command(BaseCommand):
    """Analyse a made image of many spines in a scratch database, then correct it as the page's script does."""

    help = (
        "Time corrections of an image of a thousand spines, from the request to its answer, in this process, through "
        "all middleware (Django's test client). Fails when one takes longer than --limit-s in the median."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("--spines", type=int, default=1000, metavar="N", help="of the image (default 1,000)")
        parser.add_argument("--side-px", type=int, default=2048, metavar="N", help="of a made picture (default 2048)")
        parser.add_argument("--requests", type=int, default=12, metavar="N", help="of each edit (default 12)")
        parser.add_argument("--limit-s", type=float, default=0.3, help="of each edit's median (default 0.3)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make, edit, print, judge."""
        settings.SECRET_KEY = secrets.token_urlsafe()  # signs a session that nobody keeps
        logging.disable(logging.INFO)  # a line a request
        slow = []
        with tempfile.TemporaryDirectory() as folder, scratch_database(), _files_in(folder):
            page = _Page(_analysed(Path(folder), options["spines"], options["side_px"]))
            lines = page.result.dendrites.count()
            self.stdout.write(f"{options['spines']:,} spines, {page.spines.count():,} of them on {lines} dendrites.")
            self.stdout.write(f"{'edit':<28}{'median':>9}{'longest':>9}")
            for name, edit in page.edits().items():
                times_s = sorted(edit() for _ in range(options["requests"]))
                median_s = statistics.median(times_s)
                self.stdout.write(f"{name:<28}{median_s:>7.3f} s{times_s[-1]:>7.3f} s")
                if median_s > options["limit_s"]:
                    slow.append(f"{name}: {median_s:.3f} s, and should take {options['limit_s']} s.")
        if slow:
            raise CommandError("\n".join(slow))


def _files_in(folder: str) -> override_settings:
    """Uploads go to a folder that is gone afterwards."""
    store = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    return override_settings(STORAGES=settings.STORAGES | {"default": store})


def _analysed(folder: Path, count: int, side_px: int) -> AnalysisImage:
    """The result of an image of made pictures side by side, of which `count` spines were found."""
    pixels, boxes_px = _side_by_side(count, side_px)
    path = folder / "made.tif"
    tifffile.imwrite(path, pixels, imagej=True, resolution=(1 / PIXEL_SIZE_UM,) * 2, metadata={"unit": "um"})
    user = User.objects.create(username="bench")
    lab = Lab.objects.create(name="Bench")
    Membership.objects.create(lab=lab, user=user, role=Role.MANAGER)
    experiment = Experiment.objects.create(project=Project.objects.create(lab=lab, name="Bench"), name="Bench")
    image = add_image(user=user, experiment_id=experiment.pk, path=path, name=path.name)
    analysis = Analysis.objects.create(
        experiment=experiment,
        detector=bench_version(ModelKind.DETECTOR),
        classifier=bench_version(ModelKind.CLASSIFIER),
        software_version="bench",
    )
    row = AnalysisImage.objects.create(analysis=analysis, image=image, heartbeat_at=timezone.now())
    job = jobs.claim(row.pk)
    assert job is not None
    jobs.record_result(job, spines=[_found(box_px) for box_px in boxes_px], timings=NO_TIME, plane=pixels)
    row.refresh_from_db()
    return row


def _side_by_side(count: int, side_px: int) -> tuple[NDArray[Any], list[Box]]:
    """As many made pictures as have `count` spines, in one, and the boxes of these."""
    series = Series(look=Look.TWO_PHOTON, seed=1, side_px=side_px, pixel_size_um=PIXEL_SIZE_UM)
    pictures: list[NDArray[Any]] = []
    boxes_px: list[Box] = []
    while len(boxes_px) < count:
        made = series.make(len(pictures) + 1)
        drawn = (spine.box_px for spine in made.spines if min(spine.box_px[2:]) > 0)
        boxes_px += [(x + side_px * len(pictures), y, width, height) for x, y, width, height in drawn]
        pictures.append(made.pixels)
    return np.hstack(pictures), boxes_px[:count]


def _found(box_px: Box) -> jobs.FoundSpineRow:
    sure = {key: 0.7 if key == NETWORK_KEYS[0] else 0.1 for key in NETWORK_KEYS}
    return jobs.FoundSpineRow(
        box_px=box_px, score=0.8, class_probabilities=sure, spine_class=NETWORK_KEYS[0], uncertain=False
    )


class _Page:
    """The image page of a result, whose user corrects one spine after the other."""

    def __init__(self, result: AnalysisImage) -> None:
        self.result = result
        self.spines = Spine.objects.filter(analysis_image=result).exclude(dendrite=None)
        self._waiting = list(self.spines.order_by("?"))
        self._client = Client(headers={"host": "localhost"})
        self._client.force_login(User.objects.get(username="bench"))

    def edits(self) -> dict[str, Callable[[], float]]:
        """Each kind of edit: done once, on another spine or dendrite each time, it gives the seconds that it took."""
        image, lines = self.result.image_id, list(self.result.dendrites.order_by("-length_px"))
        return {
            "give a class": lambda: self._sent("images:relabel", self._next(), **{"class": NETWORK_KEYS[1]}),
            "accept the class": lambda: self._sent("images:accept", self._next()),
            "say that it is no spine": lambda: self._sent("images:reject", self._next()),
            "take the last edit back": lambda: self._sent("images:undo", image),
            "add a spine": lambda: self._sent("images:add_spine", image, spine_class=NETWORK_KEYS[0], **self._beside()),
            "delete a dendrite": lambda: self._sent("images:remove_dendrite", lines.pop().pk),
        }

    def _next(self) -> int:
        return self._waiting.pop().pk

    def _beside(self) -> dict[str, float]:
        """A box as large as another spine's, half of it further along."""
        spine = self._waiting.pop()
        x_px = min(spine.x_px + spine.width_px / 2, self.result.image.width_px - spine.width_px)
        return {"x_px": x_px, "y_px": spine.y_px, "width_px": spine.width_px, "height_px": spine.height_px}

    def _sent(self, view: str, pk: int, **form: object) -> float:
        stated = {"version": version_of(self.result), "result": self.result.pk}
        began = time.perf_counter()
        answer = self._client.post(reverse(view, args=[pk]), stated | form, secure=True)
        took_s = time.perf_counter() - began
        if answer.status_code != HTTPStatus.OK:
            raise CommandError(f"{view} answered {answer.status_code}: {answer.content.decode()[:500]}")
        return took_s
