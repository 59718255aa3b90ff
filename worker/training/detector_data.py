"""Random crops with spine boxes for the detector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.training.augment import change_intensity, random_turn
from worker.training.coco import AnnotatedImage
from worker.training.errors import TrainingError
from worker.training.sources import Source, TrainingData

MADE = Source(folder="made", name="made images")


@dataclass(frozen=True)
class Part:
    """The images of one part of a source, and the share of a batch's crops that they give."""

    source: Source
    images: list[AnnotatedImage]
    share: float = 1.0


def load_parts(data: TrainingData, part: str) -> list[Part]:
    """Read `part` ("train", "val", "test") of every source whose spines are all marked. Raises TrainingError."""
    marked = [source for source in data.sources if source.is_fully_marked]
    parts = [Part(source, images) for source in marked if (images := data.images(source, part))]
    if not parts:
        folders = ", ".join(f"{source.folder}/{part}.json" for source in marked) or "no fully marked set"
        raise TrainingError(f"{data.folder} has nothing to train a detector on: it has {folders}, and no image there.")
    count = sum(len(each.images) for each in parts)
    return [replace(each, share=each.source.share or len(each.images) / count) for each in parts]


def with_made(parts: Sequence[Part], made: list[AnnotatedImage], *, share: float) -> list[Part]:
    """The parts with made images beside them, which give `share` of the crops."""
    if not made or not share:
        return list(parts)
    whole = sum(part.share for part in parts)
    others = [replace(part, share=part.share / whole * (1 - share)) for part in parts]
    return [*others, Part(MADE, made, share=share)]


class CropSampler:
    """Draws training batches.

    Parameters
    ----------
    parts : what to draw from, by the share of each source
    crop_px : side of the square crops, a multiple of 32
    scales : the range of the random scale around the pictures' own
    inverted_share : how many of the crops are shown dark on bright
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        crop_px: int,
        scales: tuple[float, float],
        rng: np.random.Generator,
        inverted_share: float = 0.0,
    ) -> None:
        self.parts = parts
        self.crop_px = crop_px
        self.scales = scales
        self.rng = rng
        self.inverted_share = inverted_share
        shares = np.array([part.share for part in parts])
        self.shares = shares / shares.sum()

    def batch(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Draw crops (size, 3, crop, crop) in [0, 1] and targets (n, 6): crop, class 0, cx, cy, w, h in px."""
        crops, targets = [], []
        for index in range(size):
            crop, boxes_px = self.crop()
            crops.append(crop)
            targets.append(np.column_stack([np.full(len(boxes_px), index), np.zeros(len(boxes_px)), boxes_px]))
        batch = np.repeat(np.stack(crops)[:, None], 3, axis=1)
        return batch, np.concatenate(targets).astype(np.float32)

    def crop(self) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Draw one crop (crop, crop) and its boxes (n, 4) as cx, cy, w, h in px of the crop."""
        part = self.parts[self.rng.choice(len(self.parts), p=self.shares)]
        image = part.images[self.rng.integers(len(part.images))]
        enlarge = part.source.enlargement(image)
        turn = random_turn(self.rng, low_scale=self.scales[0] * enlarge, high_scale=self.scales[1] * enlarge)
        back = np.linalg.inv(turn)
        centre = self._centre_px(image, part.source, np.abs(back).sum(axis=1) * self.crop_px / 2)
        offset = centre - back @ np.full(2, self.crop_px / 2)
        picture = Image.fromarray(image.grey).transform(
            (self.crop_px, self.crop_px),
            Image.Transform.AFFINE,
            (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1]),
            Image.Resampling.BILINEAR,
        )
        grey = change_intensity(self.rng, np.asarray(picture, np.float32) / np.float32(255))
        if self.rng.random() < self.inverted_share:
            grey = 1 - grey
        return grey, self._boxes_px(image, turn, centre, part.source.box_factor)

    def _centre_px(self, image: AnnotatedImage, source: Source, reach_px: NDArray[np.float64]) -> NDArray[np.float64]:
        size_px = np.array(image.grey.shape[::-1], float)
        if source.around_spines and len(image.boxes_px):
            spine = image.centres_px[self.rng.integers(len(image.boxes_px))]
            return np.asarray(spine + self.rng.uniform(-0.8, 0.8, 2) * reach_px, np.float64)
        low = np.minimum(reach_px, size_px / 2)
        return self.rng.uniform(low, size_px - low)

    def _boxes_px(
        self, image: AnnotatedImage, turn: NDArray[np.float64], centre: NDArray[np.float64], factor: float
    ) -> NDArray[np.float64]:
        """Boxes after the turn: each is the box around the turned ellipse that its annotated box holds."""
        centres = (image.centres_px - centre) @ turn.T + self.crop_px / 2
        sizes = factor * np.sqrt((image.boxes_px[:, 2:].astype(float) ** 2) @ (turn.T**2))
        inside = ((centres > 0) & (centres < self.crop_px)).all(axis=1)
        low = np.clip(centres - sizes / 2, 0, self.crop_px)[inside]
        high = np.clip(centres + sizes / 2, 0, self.crop_px)[inside]
        return np.concatenate([(low + high) / 2, high - low], axis=1)
