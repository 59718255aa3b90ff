"""The default operating point of a detector: one score threshold and one suppression for all sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spines.vocabulary.operating_points import LOWEST_THRESHOLD
from worker.evaluation import Rule, ScoredImage, match
from worker.inference.backends import Array, Network
from worker.inference.card import DEFAULT_OVERLAP_PX, LARGEST_TILE_PX, DetectorCard
from worker.inference.detector import Detector
from worker.inference.finding import find_spines
from worker.inference.tiling import suppress
from worker.training.data.coco import AnnotatedImage
from worker.training.data.known import known_at
from worker.training.data.sources import REFERENCE_PIXEL_SIZE_UM, Source

F1_TOLERANCE = 0.005
FEWEST_OF_TYPICAL = 5
THRESHOLDS = np.linspace(LOWEST_THRESHOLD, 0.9, 81)


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """When the lesser of two boxes goes; see `worker.inference.tiling.suppress`."""

    nms_iou: float
    nms_centre_distance: float


SUPPRESSIONS = tuple(
    Suppression(nms_iou=iou, nms_centre_distance=distance) for iou in (0.3, 0.4, 0.5, 0.6) for distance in (0.0, 0.4)
)


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """All scored boxes of one image, before suppression, beside the annotated ones."""

    boxes_px: Array  # (n, 4) x, y, width, height
    scores: Array  # (n,)
    true_px: Array  # (m, 4) x, y, width, height
    known: NDArray[np.bool_]  # (n,) somebody looked there: else a box that hits nothing is no error
    all_known: bool = True  # every spine of the picture is marked, so that their number is known
    scale: float = 1.0  # pixels that the detector was shown to one of the picture


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """A threshold and suppression, and the centre-F1 of every set there."""

    score_threshold: float
    suppression: Suppression
    centre_f1: Mapping[str, float]


def mean_f1(point: OperatingPoint) -> float:
    """The mean centre-F1 over the sets."""
    return float(np.mean(list(point.centre_f1.values())))


def find_candidates(
    network: Network,
    images: Sequence[AnnotatedImage],
    *,
    source: Source,
    network_scale: float,
    served: DetectorCard | None = None,
) -> list[Candidates]:
    """Run the serving detector, wide open, on every image of a source.

    Parameters
    ----------
    served : the card by which the scale of each picture is told, as serving tells it; None for the source's own scale.
    """
    card = DetectorCard(
        folder=Path(),
        kind="detector",
        name="candidates",
        version="",
        sha256="",
        raw={},
        score_threshold=LOWEST_THRESHOLD,
        nms_iou=1.0,
        nms_centre_distance=0.0,
        target_pixel_size_um=REFERENCE_PIXEL_SIZE_UM,
        network_scale=network_scale,
        tile_px=LARGEST_TILE_PX,
        overlap_px=DEFAULT_OVERLAP_PX,
    )
    detector, told = Detector(card, network), Detector(served, network) if served else None
    found = []
    for image in images:
        scale = source.enlargement(image)
        if told is not None:
            scale = find_spines(told, image.normalised, image.pixel_size_um)[0].scale
        detections = detector.candidates(image.normalised, scale=scale, score_from=LOWEST_THRESHOLD)
        boxes_px = np.array([d.box_px for d in detections], np.float32).reshape(-1, 4)
        found.append(
            Candidates(
                boxes_px=boxes_px,
                scores=np.array([d.score for d in detections], np.float32),
                true_px=image.boxes_px,
                known=known_at(boxes_px[:, :2] + boxes_px[:, 2:] / 2, image, source),
                all_known=source.known_within is None,
                scale=scale,
            )
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What a set gives at every one of THRESHOLDS."""

    centre_f1: NDArray[np.float64]
    count_ratio: NDArray[np.float64] | None  # reports to annotated spines, where every spine is annotated
    precision: NDArray[np.float64]  # NaN where nothing is reported
    recall: NDArray[np.float64]


def curve(images: Sequence[Candidates], suppression: Suppression) -> Curve:
    """Centre-F1 and counts at every one of THRESHOLDS; boxes where nobody looked count only if they hit a spine.

    Suppression and matching go by falling score, so what a box hits depends on better ones alone and one
    pass serves all thresholds.
    """
    scores, hits = [np.zeros(0, np.float32)], [np.zeros(0, bool)]
    for image in images:
        corners = np.concatenate([image.boxes_px[:, :2], image.boxes_px[:, :2] + image.boxes_px[:, 2:]], axis=1)
        kept = suppress(corners, image.scores, iou=suppression.nms_iou, centre_distance=suppression.nms_centre_distance)
        boxes_px, kept_scores = image.boxes_px[kept], image.scores[kept]
        hit = match(Rule.CENTRE, true_boxes_px=image.true_px, boxes_px=boxes_px, scores=kept_scores) >= 0
        counts = hit | image.known[kept]
        scores.append(kept_scores[counts])
        hits.append(hit[counts])
    passed = np.concatenate(scores) >= THRESHOLDS[:, None]
    found, reported = (passed & np.concatenate(hits)).sum(axis=1), passed.sum(axis=1)
    true_spines = max(sum(len(image.true_px) for image in images), 1)
    return Curve(
        centre_f1=2 * found / np.maximum(reported + true_spines, 1),
        count_ratio=reported / true_spines if all(image.all_known for image in images) else None,
        precision=np.where(reported > 0, found / np.maximum(reported, 1), np.nan),
        recall=found / true_spines,
    )


def choose_operating_point(
    found: Mapping[str, Sequence[Candidates]], suppressions: Sequence[Suppression] = SUPPRESSIONS
) -> OperatingPoint:
    """Choose the suppression with the highest mean centre-F1 over the sets, and a threshold that counts right.

    Of the thresholds whose mean F1 lies within F1_TOLERANCE of the best, it is the one at which the number of reports
    comes nearest to the number of spines in the sets where all are known: a density must not hang on the threshold.
    """
    curves = {s: {name: curve(images, s) for name, images in found.items()} for s in suppressions}
    means = np.array([np.mean([c.centre_f1 for c in of_sets.values()], axis=0) for of_sets in curves.values()])
    best, threshold = divmod(int(means.argmax()), len(THRESHOLDS))
    of_sets = curves[suppressions[best]]
    ratios = [c.count_ratio for c in of_sets.values() if c.count_ratio is not None]
    if ratios:
        off = np.abs(np.log(np.maximum(np.mean(ratios, axis=0), 1e-6)))
        good = means[best] >= means[best, threshold] - F1_TOLERANCE
        threshold = int(np.where(good, off, np.inf).argmin())
    return OperatingPoint(
        score_threshold=round(float(THRESHOLDS[threshold]), 2),
        suppression=suppressions[best],
        centre_f1={name: float(c.centre_f1[threshold]) for name, c in of_sets.items()},
    )


def typical_of(point: OperatingPoint, found: Mapping[str, Sequence[Candidates]]) -> dict[str, float]:
    """What the detector finds at its own scale: by this the scale of other images is told (`worker.inference.scale`).

    Medians over the images of all sets with `FEWEST_OF_TYPICAL` spines or more; empty where there are none.
    """
    sides_px, scores = [], []
    for image in (image for of_set in found.values() for image in of_set):
        there = _at(point, image)
        if len(np.asarray(there.scores)) >= FEWEST_OF_TYPICAL:
            sides_px.append(image.scale * np.median(np.sqrt(np.asarray(there.boxes_px)[:, 2:].prod(axis=1))))
            scores.append(np.asarray(there.scores).mean())
    if not scores:
        return {}
    return {"typical_box_px": round(float(np.median(sides_px)), 2), "typical_score": round(float(np.median(scores)), 4)}


def _at(point: OperatingPoint, image: Candidates, *, near: bool = False) -> ScoredImage:
    likely = np.flatnonzero((image.scores >= point.score_threshold) & (image.known | (not near)))
    boxes_px, scores = image.boxes_px[likely], image.scores[likely]
    corners = np.concatenate([boxes_px[:, :2], boxes_px[:, :2] + boxes_px[:, 2:]], axis=1)
    suppression = point.suppression
    kept = suppress(corners, scores, iou=suppression.nms_iou, centre_distance=suppression.nms_centre_distance)
    return ScoredImage(true_boxes_px=image.true_px, true_classes=(), boxes_px=boxes_px[kept], scores=scores[kept])
