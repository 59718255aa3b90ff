"""Annotated images from COCO detection files, read once and kept in memory."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spines.training_sets import TrueImage, read_truth
from worker.preprocess import normalise
from worker.training.run.errors import TrainingError


@dataclass(frozen=True, kw_only=True)
class AnnotatedImage:
    """One plane with its annotated spines."""

    grey: NDArray[np.uint8]  # (M, N), normalised; 255 is the bright percentile
    boxes_px: NDArray[np.float32]  # (n, 4) x, y, width, height
    classes: tuple[str, ...]
    group: str  # near-duplicates and planes of one stack share it
    pixel_size_um: float | None = None
    unknown_px: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    """(k, 4) x, y, width, height of what may be a spine or not: too faint, hidden or cut to be asked for."""

    @property
    def normalised(self) -> NDArray[np.float32]:
        """(M, N) in [0, 1]."""
        return np.asarray(self.grey / np.float32(255), np.float32)

    @property
    def centres_px(self) -> NDArray[np.float32]:
        """(n, 2) x, y of the box centres."""
        return np.asarray(self.boxes_px[:, :2] + self.boxes_px[:, 2:] / 2, np.float32)


def load_annotated(truth: Path) -> list[AnnotatedImage]:
    """Read every image of a COCO detection file, the pictures beside it. Raises TrainingError, InvalidInput."""
    images = [_load(truth.parent / image.file_name, image) for image in read_truth(truth).values()]
    if not images:
        raise TrainingError(f"{truth} names no image: training needs some.")
    return images


def _load(path: Path, image: TrueImage) -> AnnotatedImage:
    try:
        with Image.open(path) as picture:
            plane = np.asarray(picture if picture.mode.startswith("I") else picture.convert("L"))
    except OSError as error:
        raise TrainingError(f"{path} cannot be read as a picture ({error}): put it back or unlist it.") from error
    return AnnotatedImage(
        grey=np.rint(normalise(plane) * 255).astype(np.uint8),
        boxes_px=np.array(image.boxes_px, np.float32).reshape(-1, 4),
        classes=image.classes,
        group=image.group,
        pixel_size_um=image.pixel_size_um,
        unknown_px=np.array(image.unknown_px, np.float32).reshape(-1, 4),
    )
