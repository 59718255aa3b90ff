"""Pictures of what a network got wrong: the surest mistakes first."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from worker.evaluation import Rule, match
from worker.inference.card import SPINE_CLASSES
from worker.inference.detector import Box
from worker.preprocess import crop_windows
from worker.training.judging.answers import FoundBoxes, JudgedImage, NamedSpines

MOST = 24
SIDE_PX = 96
WINDOW_PX = 64.0  # of the reference scale: a spine with its surroundings
SPINE, NOTHING = "spine", "nothing"


@dataclass(frozen=True, kw_only=True)
class _Mistake:
    judged: JudgedImage
    box_px: Box
    true: str
    predicted: str
    probability: float


def wrong_classes(images: Sequence[JudgedImage], named: Sequence[NamedSpines]) -> list[dict[str, Any]]:
    """The spines whose class is wrong, by falling probability of the wrong class."""
    mistakes = [
        _Mistake(
            judged=judged,
            box_px=box,
            true=SPINE_CLASSES[label],
            predicted=SPINE_CLASSES[int(row.argmax())],
            probability=float(row.max()),
        )
        for judged, of in zip(images, named, strict=True)
        for box, label, row in zip(of.boxes_px, of.labels, of.probabilities, strict=True)
        if row.argmax() != label
    ]
    return _shown(_surest(mistakes, MOST))


def wrong_boxes(images: Sequence[JudgedImage], found: Sequence[FoundBoxes]) -> list[dict[str, Any]]:
    """What was found where no spine is annotated, by falling score; and as many annotated spines that were missed."""
    invented: list[_Mistake] = []
    missed: list[_Mistake] = []
    for judged, of in zip(images, found, strict=True):
        hits = match(Rule.CENTRE, true_boxes_px=judged.boxes_px, boxes_px=of.boxes_px, scores=of.scores)
        invented += [
            _Mistake(judged=judged, box_px=of.boxes_px[i], true=NOTHING, predicted=SPINE, probability=of.scores[i])
            for i in np.flatnonzero(hits < 0)
        ]
        missed += [
            _Mistake(judged=judged, box_px=box, true=SPINE, predicted=NOTHING, probability=0.0)
            for i, box in enumerate(judged.boxes_px)
            if i not in hits
        ]
    spread = missed[:: max(1, len(missed) // (MOST // 2))]  # over all pictures, not those of the first
    return _shown([*_surest(invented, MOST // 2), *spread[: MOST // 2]])


def _surest(mistakes: list[_Mistake], count: int) -> list[_Mistake]:
    return sorted(mistakes, key=lambda mistake: -mistake.probability)[:count]


def _shown(mistakes: Sequence[_Mistake]) -> list[dict[str, Any]]:
    return [
        {
            "png": _png(mistake),
            "file_name": mistake.judged.file_name,
            "true": mistake.true,
            "predicted": mistake.predicted,
            "probability": mistake.probability,
        }
        for mistake in mistakes
    ]


def _png(mistake: _Mistake) -> str:
    """A crop around the box's centre, 8 bits, in base64."""
    x, y, width, height = mistake.box_px
    (window,) = crop_windows(
        mistake.judged.image.normalised,
        [(x + width / 2, y + height / 2)],
        window_px=WINDOW_PX / mistake.judged.scale,
        size_px=SIDE_PX,
    )
    file = io.BytesIO()
    Image.fromarray(np.rint(window * 255).astype(np.uint8)).save(file, format="PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
