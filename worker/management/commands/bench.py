"""`manage.py bench`: how fast the pipeline is on this machine, and where the time goes."""

from __future__ import annotations

import tempfile
import time
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.errors import DomainError, InvalidInput
from spines.synthesis import Look, make_series_image, write_tiff
from worker.inference.backends import Backend
from worker.inference.files import FileResult, Reading, analyse_file, own_pixel_size
from worker.inference.headless import find_images
from worker.inference.pipeline import Pipeline
from worker.management.pipeline_options import (
    add_network_options,
    add_reading_options,
    chosen_backend,
    pipeline_from,
    progress,
    reading_from,
)

PIXEL_SIZE_UM = 0.1
SEED = 20


@dataclass(frozen=True, kw_only=True)
class Pace:
    """One backend over all images, in seconds."""

    backend: str
    load_s: float
    wall_s: float
    read_s: float
    detect_s: float
    classify_s: float
    images: int
    spines: int


class Command(BaseCommand):
    """Time reading, detecting and classifying, one image after the other, after a warm-up."""

    help = "Print images and spines a second and the split of time, on made or given images; needs no database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="images or folders; default: made ones")
        parser.add_argument("--images", type=int, default=20, metavar="N", help="how many are made (default 20)")
        parser.add_argument("--side-px", type=int, default=416, metavar="N", help="side of the made (default 416)")
        parser.add_argument("--both", action="store_true", help="time both backends")
        add_reading_options(parser)
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Time each backend and print a table."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                images = find_images(options["paths"]) if options["paths"] else _make(Path(folder), options)
                if not images:
                    raise InvalidInput("There are no images in what was named: give image files or folders of them.")
                backends = list(Backend) if options["both"] else [chosen_backend(options)]
                paces = [_pace(images, backend, options) for backend in backends]
        except DomainError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(_table(paces))


def _make(folder: Path, options: dict[str, Any]) -> list[Path]:
    """Two-photon-like images, the same at every call."""
    if options["images"] < 1:
        raise InvalidInput("--images must be 1 or more.")
    paths = []
    for number in range(options["images"]):
        made = make_series_image(
            Look.TWO_PHOTON, seed=SEED, number=number, side_px=options["side_px"], pixel_size_um=PIXEL_SIZE_UM
        )
        paths.append(folder / f"{number:04}.tif")
        write_tiff(paths[-1], made)
    return paths


def _pace(images: list[Path], backend: str, options: dict[str, Any]) -> Pace:
    started = time.perf_counter()
    pipeline = pipeline_from(options, backend=backend)
    load_s = time.perf_counter() - started
    reading = reading_from(options)
    _read_and_analyse(pipeline, images[0], reading)  # warm-up: memory taken, kernels chosen
    started = time.perf_counter()
    results = [_read_and_analyse(pipeline, path, reading) for path in progress(images, total=len(images))]
    return Pace(
        backend=backend,
        load_s=load_s,
        wall_s=time.perf_counter() - started,
        read_s=sum(result.read_s for result in results),
        detect_s=sum(result.detect_s for result in results),
        classify_s=sum(result.classify_s for result in results),
        images=len(images),
        spines=sum(len(result.spines) for result in results),
    )


def _read_and_analyse(pipeline: Pipeline, path: Path, reading: Reading) -> FileResult:
    """One image; looking into its header counts as reading."""
    started = time.perf_counter()
    own = own_pixel_size(path, name=path.name, reading=reading)
    inspect_s = time.perf_counter() - started
    result = analyse_file(pipeline, path, name=path.name, reading=own)
    return replace(result, read_s=inspect_s + result.read_s)


def _table(paces: list[Pace]) -> str:
    counts = f"{'backend':<12}{'images':>7}{'spines':>8}{'images/s':>10}{'spines/s':>10}"
    lines = [counts + f"{'read':>9}{'detect':>9}{'classify':>10}{'load':>8}"]
    for pace in paces:
        share = {"read": pace.read_s, "detect": pace.detect_s, "classify": pace.classify_s}
        milliseconds = {stage: f"{1000 * seconds / pace.images:.0f} ms" for stage, seconds in share.items()}
        lines.append(
            f"{pace.backend:<12}{pace.images:>7}{pace.spines:>8}{pace.images / pace.wall_s:>10.2f}"
            f"{pace.spines / pace.wall_s:>10.1f}{milliseconds['read']:>9}{milliseconds['detect']:>9}"
            f"{milliseconds['classify']:>10}{pace.load_s:>6.1f} s"
        )
    return "\n".join([*lines, "Times are means an image; load is once a process."])
