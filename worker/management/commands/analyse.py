"""`manage.py analyse`: the worker's pipeline on files and folders, without a database."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from spines.errors import DomainError, InvalidInput
from spines.imaging import Polarity
from spines.measure.blur import blur_of
from spines.selectors.results.standing import WHY
from spines.training_sets import TrueImage, read_truth
from spines.vocabulary.operating_points import HIGHEST_THRESHOLD, LOWEST_THRESHOLD
from spines.vocabulary.picture_grades import COUNTED_GRADES
from worker.inference.files import FileResult, Reading, analyse_file, classify_file, own_pixel_size, positions_of
from worker.inference.headless import Prediction, check_output, find_images, write_csv, write_json
from worker.inference.headless_dendrites import TracedDendrite, check_suffix, dendrites_of, write_dendrites
from worker.inference.headless_pictures import PictureFolder
from worker.inference.pipeline import Pipeline
from worker.inference.scale import doubt_in
from worker.management.pipeline_options import (
    add_network_options,
    add_reading_options,
    pipeline_from,
    progress,
    reading_from,
)
from worker.model_files import networks_of_experiment


class Command(BaseCommand):
    """Find and classify the spines of image files."""

    help = "Find and classify the spines in image files and folders; needs no database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="image file or folder of them")
        parser.add_argument("--output", required=True, type=Path, metavar="F", help="file to write")
        parser.add_argument(
            "--format", choices=("json", "csv"), default="json", help="default json; csv has the measures, too"
        )
        parser.add_argument(
            "--dendrites", type=Path, metavar="F", help="write the dendrites, too: F.csv, or F.json with their lines"
        )
        parser.add_argument(
            "--pictures", type=Path, metavar="FOLDER", help="draw what was found over each picture, as PNGs to look at"
        )
        parser.add_argument(
            "--boxes",
            type=Path,
            metavar="TRUTH.json",
            help="classify the boxes of this COCO file instead of detecting",
        )
        parser.add_argument(
            "--threshold",
            type=_threshold,
            metavar="T",
            help=f"score from which on a box is a spine, {LOWEST_THRESHOLD:g} to {HIGHEST_THRESHOLD:g}; "
            "default: the detector's own operating point",
        )
        parser.add_argument(
            "--experiment",
            type=int,
            metavar="ID",
            help="with the networks in use for this experiment, which asks the database; not with --detector and "
            "--classifier",
        )
        add_reading_options(parser)
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Analyse each image; a file that cannot be read says why and the others go on."""
        try:
            failed, total = self._analyse(options)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        if failed:
            raise CommandError(
                f"{failed} of {total} images could not be analysed, as said above; "
                f"the others are in {options['output']}."
            )

    def _analyse(self, options: dict[str, Any]) -> tuple[int, int]:
        check_output(options["output"])
        if options["dendrites"]:
            check_suffix(options["dendrites"])
            check_output(options["dendrites"])
        truth = read_truth(options["boxes"]) if options["boxes"] else None
        images = find_images(options["paths"])
        if not images:
            raise InvalidInput("There are no images in what was named: give image files or folders of them.")
        if truth is not None:
            images = _annotated(images, truth)
        pipeline, reading = pipeline_from(_with_networks_in_use(options)), reading_from(options)
        pictures = PictureFolder(options["pictures"]) if options["pictures"] else None
        predictions: list[Prediction] = []
        dendrites: list[TracedDendrite] = []
        measured = options["format"] == "csv" or options["dendrites"] is not None or pictures is not None
        failed = aside = undrawn = 0
        started = time.perf_counter()
        total = 0
        for file in progress(images, total=len(images)):
            try:
                told = {file: reading} if truth is not None else positions_of(file, name=file.name, reading=reading)
            except (DomainError, OSError) as error:
                total, failed = total + 1, failed + 1
                self._complain(file, error)
                continue
            total += len(told)
            for path, at in told.items():
                try:
                    own = own_pixel_size(file, name=path.name, reading=at)
                    result = _result(pipeline, file, truth, own, measured=measured, threshold=options["threshold"])
                except (DomainError, OSError) as error:
                    failed += 1
                    self._complain(path, error)
                    continue
                predictions += _predictions(result, path, own)
                undrawn += not self._draw(pictures, file, result, own, name=path.name)
                if options["dendrites"]:
                    dendrites += dendrites_of(result, file_name=path.as_posix(), pixel_size_um=own.pixel_size_um)
                aside += self._tell(path, result, own)
        if options["format"] == "json":
            write_json(options["output"], predictions)
        else:
            write_csv(
                options["output"],
                predictions,
                detector_version=pipeline.detector_card.version,
                classifier_version=pipeline.classifier_card.version,
            )
        if options["dendrites"]:
            write_dendrites(options["dendrites"], dendrites)
        self.stdout.write(
            f"{total - failed} images, {len(predictions)} spines, "
            f"{time.perf_counter() - started:.1f} s, written to {options['output']}"
            + (f"; {aside} of these images stand aside, as said above" if aside else "")
        )
        if undrawn:
            raise InvalidInput(f"{undrawn} of {total} pictures could not be drawn, as said above; no row is missing.")
        return failed, total

    def _tell(self, path: Path, result: FileResult, reading: Reading) -> bool:
        """Say what is to be known of a picture's result. Whether the picture stands aside."""
        if reading.polarity is None and result.polarity is Polarity.DARK_ON_LIGHT:
            self._say_beside(
                f"{path}: told to be dark on light, and analysed turned round; "
                "--polarity light_on_dark where that is wrong."
            )
        if result.scale and (doubt := doubt_in(result.scale, reading.pixel_size_um)):
            self._say_beside(f"{path}: {doubt}")
        if result.grade in COUNTED_GRADES:
            return False
        self._say_beside(
            f"{path}: stands aside: {WHY[result.grade]}. Its rows are written; count them only if you have "
            "looked and they are right."
        )
        return True

    def _draw(
        self, pictures: PictureFolder | None, file: Path, result: FileResult, reading: Reading, *, name: str
    ) -> bool:
        """Draw a file's picture where pictures are asked for; whether none is missing."""
        if pictures is None:
            return True
        try:
            pictures.write(file, result, name=name, reading=reading)
        except (DomainError, OSError) as error:
            why = error.sentence if isinstance(error, DomainError) else f"{error.strerror}."
            self._say_beside(f"{file.with_name(name)}: its picture was not drawn: {why}")
            return False
        return True

    def _complain(self, path: Path, error: DomainError | OSError) -> None:
        sentence = error.sentence if isinstance(error, DomainError) else f"It cannot be opened: {error.strerror}."
        self._say_beside(f"{path}: {sentence}")

    def _say_beside(self, sentence: str) -> None:
        with tqdm.external_write_mode():
            self.stderr.write(sentence)


def _with_networks_in_use(options: dict[str, Any]) -> dict[str, Any]:
    """The options, with the networks of the experiment that they name."""
    if options["experiment"] is None:
        return options
    if options["detector"] or options["classifier"]:
        raise InvalidInput("--experiment says which networks run: leave out --detector and --classifier, or it.")
    return options | networks_of_experiment(options["experiment"])


def _threshold(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no number") from None
    if not LOWEST_THRESHOLD <= value <= HIGHEST_THRESHOLD:
        raise ArgumentTypeError(
            f"{text} is no threshold: give a score from {LOWEST_THRESHOLD:g} to {HIGHEST_THRESHOLD:g}, such as 0.3"
        )
    return value


def _annotated(images: list[Path], truth: dict[str, TrueImage]) -> list[Path]:
    """The images that the COCO file has. Raises InvalidInput for none, or for two of one name."""
    annotated = [path for path in images if path.name in truth]
    if not annotated:
        raise InvalidInput("None of these images is in the --boxes file: give the folder that it describes.")
    if len({path.name for path in annotated}) != len(annotated):
        raise InvalidInput(
            "Two of these images have the same file name in different folders, and --boxes matches by name: "
            "analyse one folder at a time."
        )
    return annotated


def _predictions(result: FileResult, path: Path, reading: Reading) -> list[Prediction]:
    measures = result.measures.spines if result.measures else [None] * len(result.spines)
    blur = blur_of(result.measures.spines) if result.measures else None
    return [
        Prediction(
            file_name=path.as_posix(),
            number=n,
            spine=spine,
            pixel_size_um=reading.pixel_size_um,
            measures=measured,
            blur_um=blur,
            scale=result.scale,
        )
        for n, (spine, measured) in enumerate(zip(result.spines, measures, strict=True), start=1)
    ]


def _result(
    pipeline: Pipeline,
    path: Path,
    truth: dict[str, TrueImage] | None,
    reading: Reading,
    *,
    measured: bool,
    threshold: float | None,
) -> FileResult:
    if truth is None:
        return analyse_file(
            pipeline, path, name=path.name, reading=reading, measured=measured, score_threshold=threshold
        )
    return classify_file(pipeline, path, truth[path.name].boxes_px, name=path.name, reading=reading, measured=measured)
