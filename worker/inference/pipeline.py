"""From a plane of pixels to classified spines: the one way, for the worker and for headless use alike."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from spines.errors import InvalidInput
from spines.vocabulary.operating_points import LOWEST_THRESHOLD
from spines.vocabulary.picture_grades import COUNTED_GRADES, Grade
from worker.inference.backends import Array, load_network
from worker.inference.card import (
    PRETRAINED_FOLDER,
    ClassifierCard,
    DetectorCard,
    check_model_file,
    load_classifier_card,
    load_detector_card,
)
from worker.inference.classifier import Classification, Classifier
from worker.inference.detector import Box, Detection, Detector, scale_for
from worker.inference.finding import find_spines
from worker.inference.scale import SURE_FIT, ChosenScale, stated_scale
from worker.inference.unlikeness import Graded, read_look
from worker.preprocess import normalise, without_strong_noise


@dataclass(frozen=True, kw_only=True)
class FoundSpine:
    """A detected and classified spine; `box_px` is x, y, width, height in pixels of the original image."""

    box_px: Box
    score: float
    class_probabilities: dict[str, float]
    spine_class: str
    uncertain: bool
    likeness: bytes = b""


MOST_CANDIDATES = 2000
"""Kept of an image, the best ones: a picture with more is none that a lower threshold would help."""


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """The spines of one image in reading order, and the seconds each stage took.

    `candidates` scored below `score_threshold`, which all spines reach: no spines, unless the threshold is lowered;
    they are not classified. They are complete down to a score of `complete_from`; there are none, and that is the
    threshold, unless they were asked for.

    `unlikeness` says how far the image is from what the detector was trained on, `grade` what that means; None and ""
    where the detector's card does not tell. `scale` is the one at which the image was shown to the networks.
    """

    spines: list[FoundSpine]
    candidates: list[Detection]
    score_threshold: float
    complete_from: float
    scale: ChosenScale
    detect_s: float
    classify_s: float
    unlikeness: float | None = None
    grade: Grade | Literal[""] = ""


class Pipeline:
    """Both networks with their cards. Loaded once a process; not for use by two threads at once."""

    def __init__(self, *, detector: Detector, classifier: Classifier) -> None:
        self._detector = detector
        self._classifier = classifier
        self._look = read_look(detector.card)

    @property
    def detector_card(self) -> DetectorCard:
        """The detector's card."""
        return self._detector.card

    @property
    def classifier_card(self) -> ClassifierCard:
        """The classifier's card."""
        return self._classifier.card

    def detect(self, plane: NDArray[Any], pixel_size_um: float | None = None) -> list[Detection]:
        """Find the spines of a plane (M, N) of any pixel type. Raises InvalidInput for a bad pixel size."""
        _check_pixel_size(pixel_size_um)
        threshold = self.detector_card.score_threshold
        return self._find(without_strong_noise(normalise(plane)), pixel_size_um, score_from=threshold)[1]

    def classify(
        self,
        plane: NDArray[Any],
        boxes_px: Sequence[Box],
        pixel_size_um: float | None = None,
        *,
        as_stated: bool = False,
    ) -> list[Classification]:
        """Classify given boxes (x, y, width, height in pixels of the plane), in the order given.

        The scale is found as for `analyse`, whatever the size of the boxes; with `as_stated` it follows from the pixel
        size alone, and the detector is not asked.
        """
        _check_pixel_size(pixel_size_um)
        shown = without_strong_noise(normalise(plane))
        if as_stated:
            return self._classifier(shown, boxes_px, scale=scale_for(self.detector_card, pixel_size_um))
        chosen, _ = self._find(shown, pixel_size_um, score_from=self.detector_card.score_threshold)
        return self._classifier(shown, boxes_px, scale=chosen.scale)

    def _find(
        self, normalised: Array, pixel_size_um: float | None, *, score_from: float, confirmed: bool = False
    ) -> tuple[ChosenScale, list[Detection]]:
        """The image's scale, told by what the card calls spines, and what scores at least `score_from` there."""
        return find_spines(self._detector, normalised, pixel_size_um, score_from=score_from, confirmed=confirmed)

    def _graded(
        self, normalised: Array, chosen: ChosenScale, pixel_size_um: float | None, *, turned: bool
    ) -> Graded | None:
        """The grade at the image's scale; at the stated one where the first is unsure and would set the image aside."""
        if self._look is None:
            return None
        told = self._look.graded(normalised, scale=chosen.scale, turned=turned)
        stated = stated_scale(self.detector_card, pixel_size_um)
        if told.grade in COUNTED_GRADES or chosen.scale == stated or chosen.sureness >= SURE_FIT:
            return told
        as_stated = self._look.graded(normalised, scale=stated, turned=turned)
        return as_stated if as_stated.grade in COUNTED_GRADES else told

    def analyse(
        self,
        plane: NDArray[Any],
        pixel_size_um: float | None = None,
        *,
        score_threshold: float | None = None,
        with_candidates: bool = False,
        turned: bool = False,
        confirmed: bool = False,
    ) -> PipelineResult:
        """Find and classify the spines of a plane (M, N) of any pixel type.

        Parameters
        ----------
        pixel_size_um : µm a pixel, or None when not known: then the picture tells its scale.
        score_threshold : the score from which on a box is a spine; None for the detector's own operating point.
        with_candidates : keep what scores below that, too.
        turned : the picture was dark on light and `plane` is its negative, which its grade goes by.
        confirmed : a person said that the pixel size is right, whatever the picture looks like.

        Raises
        ------
        InvalidInput : the pixel size is not a positive number.
        """
        _check_pixel_size(pixel_size_um)
        threshold = self.detector_card.score_threshold if score_threshold is None else score_threshold
        started = time.perf_counter()
        normalised = normalise(plane)
        shown = without_strong_noise(normalised)
        score_from = min(LOWEST_THRESHOLD, threshold) if with_candidates else threshold
        chosen, detections = self._find(shown, pixel_size_um, score_from=score_from, confirmed=confirmed)
        graded = self._graded(normalised, chosen, pixel_size_um, turned=turned)
        above = [each for each in detections if each.score >= threshold]
        candidates = _best([each for each in detections if each.score < threshold])
        detected = time.perf_counter()
        classes = self._classifier(shown, [detection.box_px for detection in above], scale=chosen.scale)
        spines = [
            FoundSpine(
                box_px=detection.box_px,
                score=detection.score,
                class_probabilities=named.class_probabilities,
                spine_class=named.spine_class,
                uncertain=named.uncertain,
                likeness=named.likeness,
            )
            for detection, named in zip(above, classes, strict=True)
        ]
        return PipelineResult(
            spines=spines,
            candidates=candidates,
            score_threshold=threshold,
            complete_from=min(each.score for each in candidates) if len(candidates) == MOST_CANDIDATES else score_from,
            scale=chosen,
            detect_s=detected - started,
            classify_s=time.perf_counter() - detected,
            unlikeness=graded.unlikeness if graded else None,
            grade=graded.grade if graded else "",
        )


def _best(candidates: list[Detection]) -> list[Detection]:
    """As many as are kept, in the order given."""
    best = sorted(range(len(candidates)), key=lambda n: -candidates[n].score)[:MOST_CANDIDATES]
    return [candidates[n] for n in sorted(best)]


def load_pipeline(
    *,
    backend: str,
    threads: int = 0,
    detector_dir: Path | None = None,
    classifier_dir: Path | None = None,
    cache_folder: Path | None = None,
) -> Pipeline:
    """Load both networks, by default those that come with the program.

    Parameters
    ----------
    backend : "openvino" or "onnxruntime".
    threads : CPU threads for one call; 0 leaves it to the backend.
    detector_dir, classifier_dir : folders with `model.onnx` and `card.json`.
    cache_folder : where OpenVINO keeps compiled networks; optional.

    Raises
    ------
    BrokenModel : a folder is incomplete, its card unusable, or its file not the one the card describes.
    BackendMissing : the backend is unknown or not installed.
    """
    detector_card = load_detector_card(detector_dir or PRETRAINED_FOLDER / "detector")
    classifier_card = load_classifier_card(classifier_dir or PRETRAINED_FOLDER / "classifier")
    for card in (detector_card, classifier_card):
        check_model_file(card)
    detector, classifier = (
        load_network(card.model_path, backend=backend, threads=threads, cache_folder=cache_folder, features=tells)
        for card, tells in ((detector_card, False), (classifier_card, True))
    )
    return Pipeline(detector=Detector(detector_card, detector), classifier=Classifier(classifier_card, classifier))


def _check_pixel_size(pixel_size_um: float | None) -> None:
    if pixel_size_um is not None and not (math.isfinite(pixel_size_um) and pixel_size_um > 0):
        raise InvalidInput(f"A pixel size of {pixel_size_um} µm cannot be: give a number above 0, or none.")
