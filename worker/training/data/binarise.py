"""Windows turned into silhouettes, as the seed method does to even out the classes."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from worker.training.data.coco import AnnotatedImage
from worker.training.run.errors import TrainingError

BINS = 128
LOCAL_SHARE = 0.25  # of a window's side: the neighbourhood of the local threshold
LOCAL_OFFSET = 0.03
OUTLINES = Path("ghani_masks") / "labels.csv"
OUTLINE_PIXEL_SIZE_UM = 0.025  # not stated: the outlines are about four times as large as spines at 0.1 µm a pixel


def otsu_threshold(window: NDArray[np.float32]) -> float:
    """The grey that parts a picture's values into the two groups farthest apart (Otsu 1979)."""
    counts, edges = np.histogram(window, bins=BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    summed = np.cumsum(counts * middles)
    mean_below = summed[:-1] / np.maximum(below, 1)
    mean_above = (summed[-1] - summed[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_below - mean_above) ** 2
    best = np.flatnonzero(between == between.max())  # an empty stretch of greys is parted in its middle
    return float(edges[1:-1][best].mean())


def binarise(window: NDArray[np.float32], *, local: bool = False) -> NDArray[np.float32]:
    """The silhouette of a window (M, N) in [0, 1]: 1 above Otsu's threshold, 0 elsewhere.

    `local` lowers the threshold where the surroundings are dark, so that narrow necks stay.
    """
    threshold: NDArray[np.float32] | float = otsu_threshold(window)
    if local:
        around = gaussian_filter(window, LOCAL_SHARE * window.shape[0])
        threshold = np.minimum(threshold, around + np.float32(LOCAL_OFFSET))
    return (window > threshold).astype(np.float32)


def load_outlines(data: Path) -> list[AnnotatedImage]:
    """Experts' outlines as silhouettes without their dendrite, where the training folder has them; else none.

    `labels.csv` names each picture's class; a spine's box is that of its silhouette.
    """
    listed = data / OUTLINES
    if not listed.is_file():
        return []
    with listed.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [_outline(listed.parent / row["file"], row["label"]) for row in rows]


def _outline(path: Path, spine_class: str) -> AnnotatedImage:
    try:
        with Image.open(path) as picture:
            mask = np.asarray(picture.convert("L")) > 127
    except OSError as error:
        raise TrainingError(f"{path} cannot be read as a picture ({error}): put it back or unlist it.") from error
    if not mask.any():
        raise TrainingError(f"{path} shows no outline: put another picture there or unlist it.")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
    return AnnotatedImage(
        grey=mask.astype(np.uint8) * np.uint8(255),
        boxes_px=np.array([box], np.float32),
        classes=(spine_class,),
        group=path.name,
        pixel_size_um=OUTLINE_PIXEL_SIZE_UM,
    )
