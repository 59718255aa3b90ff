"""The options that the headless commands share."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from tqdm import tqdm

from spines.imaging import Polarity, Projection
from spines.storage.pixels import read_limits
from worker.inference.backends import Backend
from worker.inference.files import Reading
from worker.inference.pipeline import Pipeline, load_pipeline

T = TypeVar("T")


def add_network_options(parser: ArgumentParser) -> None:
    """Which networks run, and on what."""
    group = parser.add_argument_group("networks")
    group.add_argument("--detector", type=Path, metavar="FOLDER", help="folder of another detector")
    group.add_argument("--classifier", type=Path, metavar="FOLDER", help="folder of another classifier")
    group.add_argument(
        "--backend", choices=[backend.value for backend in Backend], help="default: SPINULA_INFERENCE_BACKEND"
    )
    group.add_argument("--threads", type=int, help="CPU threads; default: SPINULA_INFERENCE_THREADS")


def chosen_backend(options: dict[str, Any]) -> str:
    """The backend of the options, or else of the settings."""
    return options["backend"] or str(settings.SPINULA_INFERENCE_BACKEND)


def pipeline_from(options: dict[str, Any], *, backend: str | None = None) -> Pipeline:
    """Load the networks that the options name. Raises BrokenModel and BackendMissing."""
    threads = options["threads"]
    return load_pipeline(
        backend=backend or chosen_backend(options),
        threads=settings.SPINULA_INFERENCE_THREADS if threads is None else threads,
        detector_dir=options["detector"],
        classifier_dir=options["classifier"],
    )


def add_reading_options(parser: ArgumentParser) -> None:
    """How a file becomes the plane that is analysed."""
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--pixel-size-um", type=_positive, metavar="X", help="µm a pixel; default: what each file states"
    )
    group.add_argument(
        "--channel",
        type=_channel,
        metavar="N",
        help="channel, from 1 (default 1; the stain of a colour brightfield picture)",
    )
    group.add_argument(
        "--projection",
        choices=[Projection.MAX.value, Projection.MEAN.value],
        default=Projection.MAX.value,
        help="how a z-stack becomes one plane (default max)",
    )
    group.add_argument(
        "--polarity",
        choices=[polarity.value for polarity in Polarity],
        help="whether the neuron is lighter or darker than its ground (default: told by each picture)",
    )


def reading_from(options: dict[str, Any]) -> Reading:
    """The reading that the options describe, within the limits of the settings."""
    return Reading(
        channel=None if options["channel"] is None else options["channel"] - 1,
        projection=Projection(options["projection"]),
        polarity=Polarity(options["polarity"]) if options["polarity"] else None,
        pixel_size_um=options["pixel_size_um"],
        limits=read_limits(),
    )


def progress(images: Iterable[T], *, total: int) -> tqdm[T]:
    """A progress bar on a terminal, nothing elsewhere."""
    return tqdm(images, total=total, unit="image", disable=None, file=sys.stderr, dynamic_ncols=True)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no number") from None
    if not 0 < value < 1000:
        raise ArgumentTypeError(f"{text} is no pixel size: give µm a pixel, such as 0.1")
    return value


def _channel(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is no channel: channels are counted from 1")
    return int(text)
