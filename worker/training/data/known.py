"""Where in annotated pictures somebody looked for spines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from worker.training.data.coco import AnnotatedImage
from worker.training.data.sources import Source


def known_at(places_px: NDArray[Any], image: AnnotatedImage, source: Source) -> NDArray[np.bool_]:
    """Whether somebody looked for spines at places (n, 2), x and y in px of the picture, and said what is there; (n,).

    Outside of the picture it is known that there are none.
    """
    known: NDArray[np.bool_] = np.ones(len(places_px), np.bool_)
    if source.known_within is not None:
        known = np.any((places_px < 0) | (places_px >= image.grey.shape[::-1]), axis=1)
        if len(image.boxes_px):
            distance, nearest = cKDTree(image.centres_px).query(places_px)
            known = np.logical_or(known, distance <= source.known_within * image.boxes_px[nearest, 2:].max(axis=1))
    for x, y, width, height in image.unknown_px:
        within = np.abs(places_px - (x + width / 2, y + height / 2)) <= (width / 2, height / 2)
        known = np.logical_and(known, ~within.all(axis=1))
    return known
