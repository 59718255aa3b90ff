"""`manage.py synthesise FOLDER`: made images with exact truth."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from PIL import Image
from tqdm import tqdm

from spines.errors import DomainError
from spines.synthesis import TRUTH_NAME, Look, Series, contact_sheet, write_series


class Command(BaseCommand):
    """Make neuron images of known truth."""

    help = "Make images of dendrites with spines, TIFF files and their truth in COCO's layout, into a folder."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="where to; made if missing")
        parser.add_argument("--count", type=int, default=100, help="how many images (default 100)")
        parser.add_argument("--look", choices=[look.value for look in Look], default=Look.TWO_PHOTON.value)
        parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same images (default 0)")
        parser.add_argument("--side-px", type=int, default=512, help="width and height (default 512)")
        parser.add_argument("--pixel-size-um", type=float, default=0.1, help="default 0.1")
        parser.add_argument("--processes", type=int, default=1, help="processes that share the work (default 1)")
        parser.add_argument("--colour", action="store_true", help="in red, green and blue; for the looks golgi and dab")
        parser.add_argument("--time", action="store_true", help="only tell how many images a second; writes nothing")

        parser.add_argument("--sheet", type=Path, metavar="FILE", help="only write a PNG with crops of made images")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, count = options["folder"], options["count"]
        series = Series(
            look=Look(options["look"]),
            seed=options["seed"],
            side_px=options["side_px"],
            pixel_size_um=options["pixel_size_um"],
            coloured=options["colour"],
        )
        if options["sheet"] is not None:
            self._write_sheet(options["sheet"], options["seed"])
            return
        if folder is None and not options["time"]:
            raise CommandError("Say which folder the images go to, or use --time or --sheet.")
        started_at, cpu_started_at = time.perf_counter(), time.process_time()
        try:
            if options["time"]:
                for number in range(1, count + 1):
                    series.make(number)
            else:
                self._write(folder, series, count, max(options["processes"], 1))
        except DomainError as error:
            raise CommandError(error.sentence) from error
        seconds = time.perf_counter() - started_at
        self.stdout.write(f"{count} images made in {seconds:.1f} s, {count / seconds:.1f} a second.")
        if options["time"]:
            self.stdout.write(f"{(time.process_time() - cpu_started_at) / count * 1000:.0f} ms of CPU an image.")
        else:
            self.stdout.write(f"They are in {folder}, their truth in {TRUTH_NAME} beside them.")

    def _write_sheet(self, path: Path, seed: int) -> None:
        try:
            with path.open("wb") as file:  # before a minute of drawing
                Image.fromarray(contact_sheet(seed=seed)).save(file, "PNG", optimize=True)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        self.stdout.write(f"The contact sheet is {path}.")

    def _write(self, folder: Path, series: Series, count: int, processes: int) -> None:
        with tqdm(total=count, unit="image", disable=None) as bar:

            def report(done: int) -> None:
                bar.update(done - bar.n)

            write_series(folder, series, count=count, processes=processes, report=report)
