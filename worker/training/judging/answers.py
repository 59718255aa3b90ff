"""What a network says about the judged part of a training folder, with serving's own code. No ML framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spines.training_sets import read_truth
from worker.inference.backends import load_network
from worker.inference.card import SPINE_CLASSES, check_model_file, load_classifier_card, load_detector_card
from worker.inference.classifier import Classifier
from worker.inference.detector import Box, Detector
from worker.training.data.coco import AnnotatedImage
from worker.training.data.sources import REFERENCE_PIXEL_SIZE_UM, Source, TrainingData
from worker.training.run.errors import TrainingError


@dataclass(frozen=True, kw_only=True)
class JudgedImage:
    """One picture of the judged part. `scale`: pixels of the reference scale (0.1 µm) to one of the picture."""

    file_name: str
    image: AnnotatedImage
    scale: float
    box_factor: float

    @property
    def boxes_px(self) -> list[Box]:
        """The annotated boxes."""
        return [(float(x), float(y), float(w), float(h)) for x, y, w, h in self.image.boxes_px]

    @property
    def tight_boxes_px(self) -> list[Box]:
        """The annotated boxes, shrunk about their centres where a source marks spines generously."""
        lost = (1 - self.box_factor) / 2
        return [(x + lost * w, y + lost * h, self.box_factor * w, self.box_factor * h) for x, y, w, h in self.boxes_px]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The part that figures are given for, and its pictures."""

    part: str
    images: list[JudgedImage]


@dataclass(frozen=True, kw_only=True)
class NamedSpines:
    """Annotated spines of the four classes in one picture, and what a classifier says of them."""

    boxes_px: list[Box]
    labels: NDArray[np.intp]  # (k,) indices of SPINE_CLASSES
    probabilities: NDArray[np.float64]  # (k, 4)
    called: NDArray[np.bool_]  # (k,) not uncertain


@dataclass(frozen=True, kw_only=True)
class FoundBoxes:
    """What a detector finds in one picture."""

    boxes_px: list[Box]
    scores: list[float]


def judged_pictures(data: TrainingData, *, for_classes: bool) -> Judged:
    """The pictures that a classifier (`for_classes`) or a detector is judged on. Raises TrainingError for none."""
    part = data.judged_part()
    images = [
        JudgedImage(
            file_name=f"{source.folder}/{name}",
            image=image,
            scale=source.enlargement(image),
            box_factor=source.box_factor,
        )
        for source in data.sources
        if (source.has_classes if for_classes else source.is_fully_marked)
        for name, image in _named(data, source, part)
        if not for_classes or set(image.classes) & set(SPINE_CLASSES)
    ]
    if not images:
        wanted = "spine of the four classes" if for_classes else "fully marked picture"
        raise TrainingError(f"The part “{part}” has no {wanted}, so no figures can be given: freeze a larger dataset.")
    return Judged(part=part, images=images)


def _named(data: TrainingData, source: Source, part: str) -> Iterator[tuple[str, AnnotatedImage]]:
    if images := data.images(source, part):
        names = [true.file_name for true in read_truth(data.folder / source.folder / f"{part}.json").values()]
        yield from zip(names, images, strict=True)


class ClassifierJudge:
    """A classifier on annotated boxes."""

    def __init__(self, folder: Path, *, backend: str, threads: int) -> None:
        card = load_classifier_card(folder)
        check_model_file(card)
        self._classify = Classifier(card, load_network(card.model_path, backend=backend, threads=threads))

    def __call__(self, images: Sequence[JudgedImage]) -> list[NamedSpines]:
        """The classes of the annotated spines, picture by picture."""
        return [self._judge(judged) for judged in images]

    def _judge(self, judged: JudgedImage) -> NamedSpines:
        rows = [i for i, name in enumerate(judged.image.classes) if name in SPINE_CLASSES]
        boxes = [judged.boxes_px[i] for i in rows]
        named = self._classify(judged.image.normalised, boxes, scale=judged.scale)
        return NamedSpines(
            boxes_px=boxes,
            labels=np.array([SPINE_CLASSES.index(judged.image.classes[i]) for i in rows], np.intp),
            probabilities=np.array([[n.class_probabilities[c] for c in SPINE_CLASSES] for n in named], np.float64),
            called=np.array([not n.uncertain for n in named], np.bool_),
        )


class DetectorJudge:
    """A detector at its own operating point."""

    def __init__(self, folder: Path, *, backend: str, threads: int) -> None:
        card = load_detector_card(folder)
        check_model_file(card)
        self._detect = Detector(card, load_network(card.model_path, backend=backend, threads=threads))

    def __call__(self, images: Sequence[JudgedImage]) -> list[FoundBoxes]:
        """The spines found, picture by picture."""
        return [self._judge(judged) for judged in images]

    def _judge(self, judged: JudgedImage) -> FoundBoxes:
        pixel_size_um = judged.scale * REFERENCE_PIXEL_SIZE_UM
        found = self._detect(judged.image.normalised, pixel_size_um=pixel_size_um)
        return FoundBoxes(boxes_px=[spine.box_px for spine in found], scores=[spine.score for spine in found])
