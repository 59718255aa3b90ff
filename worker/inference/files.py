"""An image file through the pipeline: what an analysis task and the headless commands both call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from spines.imaging import Polarity, Projection, ReadLimits, ReadPlane
from spines.imaging.apart.alone import inspect_apart, read_polarised_apart
from spines.imaging.naming import name_with
from spines.imaging.types import FIRST, Place
from spines.measure.blur import blur_of
from spines.measure.image import measure_image
from spines.measure.types import ImageMeasures
from spines.vocabulary.picture_grades import Grade
from spines.vocabulary.picture_scale import ScaleSource
from worker.inference.detector import Box
from worker.inference.heads import heads_tell, weighed
from worker.inference.pipeline import FoundSpine, Pipeline
from worker.inference.scale import ChosenScale

DEFAULT_LIMITS = ReadLimits()
LONGEST_NAME = 255


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a file becomes the one plane that is analysed.

    `channel` None is the file's usual one, `polarity` None what the picture itself tells. `pixel_size_um` None means
    that it is not known; the file's own is read with `own_pixel_size`. `at` is the picture of a file that has several.
    """

    channel: int | None = None
    projection: Projection = Projection.MAX
    plane: int = 0
    polarity: Polarity | None = None
    pixel_size_um: float | None = None
    limits: ReadLimits = DEFAULT_LIMITS
    at: Place = FIRST


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """The spines of one file in reading order, the seconds each stage took, and the grade of its picture if known.

    `polarity` is the one that it was analysed with. `scale` is None where boxes were given: nothing was found then.
    `measures` are there where they were asked for, its spines in the order of `spines`.
    """

    spines: list[FoundSpine]
    read_s: float
    detect_s: float
    classify_s: float
    unlikeness: float | None = None
    polarity: Polarity = Polarity.LIGHT_ON_DARK
    grade: Grade | Literal[""] = ""
    scale: ChosenScale | None = None
    measures: ImageMeasures | None = None


def own_pixel_size(path: Path, *, name: str, reading: Reading, annotated_um: float | None = None) -> Reading:
    """The same reading with the pixel size of its annotation, else the file's own, unless one is given already."""
    if reading.pixel_size_um is not None:
        return reading
    if annotated_um is not None:
        return replace(reading, pixel_size_um=annotated_um)
    info = inspect_apart(path, name=name, limits=reading.limits, at=reading.at)
    return replace(reading, pixel_size_um=info.pixel_size_um)


def positions_of(path: Path, *, name: str, reading: Reading) -> dict[Path, Reading]:
    """The pictures of a file, one a position, each under the path by which it is told.

    That is the file's own where it has one position, else with what the file calls the position before the ending, as
    pages name their images. Raises UnreadableImage.
    """
    names = inspect_apart(path, name=name, limits=reading.limits).position_names
    if len(names) == 1:
        return {path: reading}
    told: dict[Path, Reading] = {}
    for number, of_file in enumerate(names):
        said = " ".join(of_file.split()) or f"position {number + 1}"
        shown = path.with_name(name_with(path.name, [said], longest=LONGEST_NAME))
        if shown in told:  # the file calls two the same
            shown = path.with_name(name_with(path.name, [said, f"position {number + 1}"], longest=LONGEST_NAME))
        told[shown] = replace(reading, at=Place(position=number))
    return told


def analyse_file(
    pipeline: Pipeline,
    path: Path,
    *,
    name: str,
    reading: Reading,
    measured: bool = False,
    score_threshold: float | None = None,
) -> FileResult:
    """Read, detect, classify; where a pixel size is stated, weigh measured heads in.

    Parameters
    ----------
    path : the file; its format is told by its content.
    name : the original name, for sentences.
    measured : trace the dendrites and measure the spines, too.
    score_threshold : the score from which on a box is a spine; None for the detector's own operating point.

    Raises
    ------
    UnreadableImage : the file cannot be read as an image, or has no such channel or plane.
    """
    started = time.perf_counter()
    seen = read_seen(path, name=name, reading=reading)
    plane = seen.light_on_dark
    read_s = time.perf_counter() - started
    turned = seen.polarity is Polarity.DARK_ON_LIGHT
    result = pipeline.analyse(plane, reading.pixel_size_um, score_threshold=score_threshold, turned=turned)
    spines, measures = result.spines, None
    tells = heads_tell(
        source=result.scale.source,
        doubt=result.scale.doubt,
        pixel_size_um=reading.pixel_size_um,
        polarity=seen.polarity,
    )
    if measured or tells:
        measures = _measures(plane, spines, reading, result.scale)
    if measures is not None and tells:
        limit = pipeline.classifier_card.uncertain_below
        spines = weighed(spines, measures.spines, blur_um=blur_of(measures.spines), uncertain_below=limit)
    return FileResult(
        spines=spines,
        read_s=read_s,
        detect_s=result.detect_s,
        classify_s=result.classify_s,
        unlikeness=result.unlikeness,
        polarity=seen.polarity,
        grade=result.grade,
        scale=result.scale,
        measures=measures if measured else None,
    )


def classify_file(
    pipeline: Pipeline, path: Path, boxes_px: Sequence[Box], *, name: str, reading: Reading, measured: bool = False
) -> FileResult:
    """Read, classify and perhaps measure given boxes, in order; each keeps the score 1. Raises UnreadableImage.

    Classes are the network's alone: whether the picture agrees with its pixel size is not asked.
    """
    started = time.perf_counter()
    seen = read_seen(path, name=name, reading=reading)
    plane = seen.light_on_dark
    read = time.perf_counter()
    named = pipeline.classify(plane, boxes_px, reading.pixel_size_um)
    classified = time.perf_counter()
    spines = [
        FoundSpine(
            box_px=box,
            score=1.0,
            class_probabilities=classification.class_probabilities,
            spine_class=classification.spine_class,
            uncertain=classification.uncertain,
        )
        for box, classification in zip(boxes_px, named, strict=True)
    ]
    return FileResult(
        spines=spines,
        read_s=read - started,
        detect_s=0.0,
        classify_s=classified - read,
        polarity=seen.polarity,
        measures=_measures(plane, spines, reading) if measured else None,
    )


def read_seen(path: Path, *, name: str, reading: Reading) -> ReadPlane:
    """The plane as the networks are to see it. Raises UnreadableImage."""
    return read_polarised_apart(
        path,
        name=name,
        channel=reading.channel,
        projection=reading.projection,
        plane=reading.plane,
        polarity=reading.polarity,
        limits=reading.limits,
        at=reading.at,
    )


def _measures(
    plane: NDArray[Any], spines: Sequence[FoundSpine], reading: Reading, chosen: ChosenScale | None = None
) -> ImageMeasures:
    scale = chosen.scale if chosen is not None and chosen.source is ScaleSource.SEEN else None
    return measure_image(plane, [spine.box_px for spine in spines], pixel_size_um=reading.pixel_size_um, scale=scale)
