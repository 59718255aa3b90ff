"""Spines in a plane at the scale that it asks for: the one way, for analysing an image and for judging a network."""

from __future__ import annotations

from functools import partial

import numpy as np

from worker.inference.backends import Array
from worker.inference.detector import Detection, Detector
from worker.inference.scale import ChosenScale, Part, ScaleSearch, choose_scale


def find_spines(
    detector: Detector,
    normalised: Array,
    pixel_size_um: float | None,
    *,
    score_from: float | None = None,
    confirmed: bool = False,
) -> tuple[ChosenScale, list[Detection]]:
    """The plane's scale, told by what the card calls spines, and what scores at least `score_from` there.

    Parameters
    ----------
    normalised : (M, N) ndarray of float32 in [0, 1], from `worker.preprocess.normalise`.
    pixel_size_um : as stated, µm a pixel; None where it is not known.
    score_from : None for the card's own threshold.
    confirmed : a person said that the pixel size is right, whatever the picture looks like.
    """
    card = detector.card
    lowest = card.score_threshold if score_from is None else score_from
    detect = partial(detector.candidates, normalised, score_from=min(lowest, card.score_threshold))

    def detect_in(scale: float, part: Part) -> list[Detection]:
        shown = normalised[part.y_px : part.y_px + part.side_px, part.x_px : part.x_px + part.side_px]
        return detector.candidates(np.ascontiguousarray(shown), scale=scale, score_from=card.score_threshold)

    search = ScaleSearch(card, lambda scale: detect(scale=scale), size_px=normalised.shape, detect_in=detect_in)
    chosen = choose_scale(search, card, pixel_size_um, confirmed=confirmed)
    return chosen, [each for each in search.at(chosen.scale).detections if each.score >= lowest]
