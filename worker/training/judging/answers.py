"""What a network says about annotated pictures, with serving's own code: its reading, scale and operating point.

No ML framework.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spines.training_sets import read_truth
from worker.inference.backends import Array, load_network
from worker.inference.card import SPINE_CLASSES, check_model_file, load_classifier_card, load_detector_card
from worker.inference.classifier import Classifier
from worker.inference.detector import Box, Detector
from worker.inference.files import Reading, own_pixel_size, read_seen
from worker.inference.finding import find_spines
from worker.preprocess import normalise, without_strong_noise
from worker.training.data.coco import AnnotatedImage
from worker.training.data.known import known_at
from worker.training.data.sources import Source, TrainingData
from worker.training.run.errors import TrainingError


@dataclass(frozen=True, kw_only=True)
class JudgedImage:
    """One annotated picture of a source, as a network is judged on it.

    `path` is where serving reads it; None for a made picture, which is in memory alone. What is known of its scale to
    its source but not to serving, such as a usual side, stays out of the judging.
    """

    file_name: str
    image: AnnotatedImage
    source: Source
    path: Path | None = None

    @property
    def group(self) -> str:
        """What it is drawn together with: an animal, a dendrite, an acquisition."""
        return f"{self.source.folder}/{self.image.group or self.file_name}"

    @property
    def scale(self) -> float:
        """Pixels of the reference scale (0.1 µm) to one of the picture, for windows that people look at."""
        return self.source.enlargement(self.image)

    @property
    def boxes_px(self) -> list[Box]:
        """The annotated boxes."""
        return [(float(x), float(y), float(w), float(h)) for x, y, w, h in self.image.boxes_px]

    @property
    def tight_boxes_px(self) -> list[Box]:
        """The annotated boxes, shrunk about their centres where a source marks spines generously."""
        kept = self.source.box_factor
        lost = (1 - kept) / 2
        return [(x + lost * w, y + lost * h, kept * w, kept * h) for x, y, w, h in self.boxes_px]

    def is_known(self, boxes_px: Sequence[Box]) -> NDArray[np.bool_]:
        """(n,) whether somebody looked for spines at these boxes: elsewhere a report is no error."""
        boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
        source = self.source if not self.source.is_fully_marked else Source(folder=self.source.folder)
        return known_at(boxes[:, :2] + boxes[:, 2:] / 2, self.image, source)

    def seen(self) -> tuple[Array, float | None]:
        """The plane that serving would show to the networks, in [0, 1], and its stated pixel size in µm."""
        if self.path is None:
            return self.image.normalised, self.image.pixel_size_um
        name = self.path.name
        reading = own_pixel_size(self.path, name=name, reading=Reading(), annotated_um=self.image.pixel_size_um)
        plane = read_seen(self.path, name=name, reading=reading).light_on_dark
        return without_strong_noise(normalise(plane)), reading.pixel_size_um


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

    def from_score(self, least: float) -> FoundBoxes:
        """Those that score at least so much."""
        kept = [number for number, score in enumerate(self.scores) if score >= least]
        return FoundBoxes(boxes_px=[self.boxes_px[n] for n in kept], scores=[self.scores[n] for n in kept])


def judged_pictures(data: TrainingData, *, for_classes: bool) -> Judged:
    """The pictures that a classifier (`for_classes`) or a detector is judged on. Raises TrainingError for none."""
    part = data.judged_part()
    images = [each for source in data.sources for each in pictures_of(data, source, part, for_classes=for_classes)]
    if not images:
        wanted = "spine of the four classes" if for_classes else "picture whose spines are marked"
        raise TrainingError(f"The part “{part}” has no {wanted}, so no figures can be given: freeze a larger dataset.")
    return Judged(part=part, images=images)


def pictures_of(data: TrainingData, source: Source, part: str, *, for_classes: bool) -> list[JudgedImage]:
    """The pictures of a source's part that can say something about a classifier (`for_classes`) or a detector."""
    can_judge = source.has_classes if for_classes else source.is_fully_marked or source.known_within is not None
    if not can_judge or not (images := data.images(source, part)):
        return []
    place = data.folder / source.folder
    names = [true.file_name for true in read_truth(place / f"{part}.json").values()]
    return [
        JudgedImage(file_name=f"{source.folder}/{name}", image=image, source=source, path=place / name)
        for name, image in zip(names, images, strict=True)
        if not for_classes or set(image.classes) & set(SPINE_CLASSES)
    ]


class ServedScales:
    """The scale at which serving shows each picture to the classifier: the one that a detector finds."""

    def __init__(self, folder: Path, *, backend: str, threads: int) -> None:
        self._detect = load_detector(folder, backend=backend, threads=threads)
        self._known: dict[str, float] = {}

    def of(self, judged: JudgedImage) -> float:
        """Pixels that the networks see to one of the picture."""
        if judged.file_name not in self._known:
            chosen, _ = find_spines(self._detect, *judged.seen())
            self._known[judged.file_name] = chosen.scale
        return self._known[judged.file_name]


class ClassifierJudge:
    """A classifier on annotated boxes."""

    def __init__(self, folder: Path, *, scales: ServedScales, backend: str, threads: int) -> None:
        card = load_classifier_card(folder)
        check_model_file(card)
        self._classify = Classifier(card, load_network(card.model_path, backend=backend, threads=threads))
        self._scales = scales

    def __call__(self, images: Sequence[JudgedImage]) -> list[NamedSpines]:
        """The classes of the annotated spines, picture by picture."""
        return [self._judge(judged) for judged in images]

    def _judge(self, judged: JudgedImage) -> NamedSpines:
        rows = [i for i, name in enumerate(judged.image.classes) if name in SPINE_CLASSES]
        boxes = [judged.boxes_px[i] for i in rows]
        named = self._classify(judged.seen()[0], boxes, scale=self._scales.of(judged))
        return NamedSpines(
            boxes_px=boxes,
            labels=np.array([SPINE_CLASSES.index(judged.image.classes[i]) for i in rows], np.intp),
            probabilities=np.array([[n.class_probabilities[c] for c in SPINE_CLASSES] for n in named], np.float64),
            called=np.array([not n.uncertain for n in named], np.bool_),
        )


class DetectorJudge:
    """A detector at its own operating point, or at another threshold, at the scale that serving would choose."""

    def __init__(self, detector: Detector, *, score_from: float | None = None) -> None:
        self._detect, self._score_from = detector, score_from

    def __call__(self, images: Sequence[JudgedImage]) -> list[FoundBoxes]:
        """The spines found, picture by picture."""
        return [self._judge(judged) for judged in images]

    def _judge(self, judged: JudgedImage) -> FoundBoxes:
        _, found = find_spines(self._detect, *judged.seen(), score_from=self._score_from)
        return FoundBoxes(boxes_px=[spine.box_px for spine in found], scores=[spine.score for spine in found])


def load_detector(folder: Path, *, backend: str, threads: int) -> Detector:
    """A detector as serving loads it. Raises BrokenModel."""
    card = load_detector_card(folder)
    check_model_file(card)
    return Detector(card, load_network(card.model_path, backend=backend, threads=threads))
