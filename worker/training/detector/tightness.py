"""How loosely a set's boxes are drawn, by the boxes of the network that a training goes on from.

A set may be marked with boxes twice as wide as its spines. A network that learns them loses what it knew: larger boxes
suppress their neighbours. So they are shrunk about their centres to what the network draws around the same spines. Only
the pictures that are trained on are measured. What a lab reviewed is its own word and stays as it is, and so does a set
for which somebody stated by how much its boxes are shrunk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from spines.training_sets.types import REVIEWED
from worker.evaluation import Rule, match
from worker.inference.backends import Network
from worker.training.data.parts import Part
from worker.training.judging.operating_point import find_candidates

MOST_IMAGES = 12
FEWEST_SPINES = 8
"""Found of a set, below which its boxes are not judged."""


def looseness(network: Network, parts: Sequence[Part], *, network_scale: float, threshold: float) -> dict[str, float]:
    """By folder of a set, the median side of the network's boxes to that of the annotated ones around the same spines.

    Parameters
    ----------
    network : the one that the training goes on from.
    threshold : the score from which its boxes count.
    """
    measured = {}
    for part in parts:
        if part.source.folder == REVIEWED or part.source.box_factor < 1:
            continue
        sides: list[float] = []
        shown = part.images[:: max(1, len(part.images) // MOST_IMAGES)][:MOST_IMAGES]
        for image in find_candidates(network, shown, source=part.source, network_scale=network_scale):
            counts = image.scores >= threshold
            boxes_px, scores = image.boxes_px[counts], image.scores[counts]
            hits = match(Rule.CENTRE, true_boxes_px=image.true_px, boxes_px=boxes_px, scores=scores)
            ours = np.sqrt(boxes_px[hits >= 0, 2:].prod(axis=1))
            theirs = np.sqrt(image.true_px[hits[hits >= 0], 2:].prod(axis=1))
            sides += (ours / theirs).tolist()
        if len(sides) >= FEWEST_SPINES:
            measured[part.source.folder] = round(float(np.median(sides)), 2)
    return measured


def too_loose(measured: Mapping[str, float], *, below: float) -> dict[str, float]:
    """By folder, what boxes are shrunk to: of the sets where the network's boxes are smaller by more than `below`."""
    return {folder: share for folder, share in measured.items() if share < below}


def tightened(parts: Sequence[Part], factors: Mapping[str, float]) -> list[Part]:
    """The parts with the boxes of these sets shrunk, and assigned as large as they were drawn while they train."""
    return [
        replace(part, source=replace(part.source, box_factor=factor, click_slack=1 / factor))
        if (factor := factors.get(part.source.folder))
        else part
        for part in parts
    ]


def sentences(parts: Sequence[Part], factors: Mapping[str, float]) -> list[str]:
    """What is done with loose boxes, for the log."""
    return [
        f"boxes of {part.source.name or part.source.folder} are about {1 / factor:.1f} times as wide as those of the "
        f"network that it goes on from around the same spines: they are shrunk to {factor:.0%} about their centres"
        for part in parts
        if (factor := factors.get(part.source.folder))
    ]
