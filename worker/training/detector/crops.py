"""Random crops with spine boxes for the detector, and where in them anybody looked."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.training.data.augment import add_noise, change_intensity, random_turn
from worker.training.data.coco import AnnotatedImage
from worker.training.data.known import known_at
from worker.training.data.parts import Part
from worker.training.data.sources import Source

KNOWN_STRIDE_PX = 8  # the finest of the network's strides: its anchors lie in the middle of such cells


class Crop(NamedTuple):
    """One crop (side, side) in [0, 1], its boxes (n, 4) as cx, cy, w, h in px, and what is known about it.

    `known` (side / 8, side / 8) is 1 where somebody looked for spines and said what is there, else 0. `click_slack`
    is how much larger boxes are assigned, since their centres are clicked.
    """

    grey: NDArray[np.float32]
    boxes_px: NDArray[np.float64]
    known: NDArray[np.float32]
    click_slack: float


class Batch(NamedTuple):
    """Crops (n, 3, side, side), targets (m, 6) as crop, class 0, cx, cy, w, h in px, known (n, side / 8, side / 8),
    click slack (n,)."""

    crops: NDArray[np.float32]
    targets: NDArray[np.float32]
    known: NDArray[np.float32]
    click_slack: NDArray[np.float32]


class CropSampler:
    """Draws training batches.

    Parameters
    ----------
    parts : what to draw from, by the share of each source
    crop_px : side of the square crops, a multiple of 32
    scales : the range of the random scale around the pictures' own
    inverted_share : how many of the crops are shown dark on bright
    noisy_share : how many get the noise of few photons or of a poor detector on top
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        crop_px: int,
        scales: tuple[float, float],
        rng: np.random.Generator,
        inverted_share: float = 0.0,
        noisy_share: float = 0.0,
    ) -> None:
        self.parts = parts
        self.crop_px = crop_px
        self.scales = scales
        self.rng = rng
        self.inverted_share = inverted_share
        self.noisy_share = noisy_share
        shares = np.array([part.share for part in parts])
        self.shares = shares / shares.sum()
        middles = np.arange(KNOWN_STRIDE_PX / 2, crop_px, KNOWN_STRIDE_PX)
        self._cell_middles = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)

    def batch(self, size: int) -> Batch:
        """Draw `size` crops."""
        drawn = [self.crop() for _ in range(size)]
        rows = [
            np.column_stack([np.full(len(crop.boxes_px), index), np.zeros(len(crop.boxes_px)), crop.boxes_px])
            for index, crop in enumerate(drawn)
        ]
        return Batch(
            crops=np.repeat(np.stack([crop.grey for crop in drawn])[:, None], 3, axis=1),
            targets=np.concatenate(rows).astype(np.float32),
            known=np.stack([crop.known for crop in drawn]),
            click_slack=np.array([crop.click_slack for crop in drawn], np.float32),
        )

    def crop(self) -> Crop:
        """Draw one crop."""
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
        if self.rng.random() < self.noisy_share:
            # Noise is of the picture's own pixels, which the network sees enlarged.
            grey = add_noise(self.rng, grey, grain_px=max(1.0, float(np.sqrt(abs(np.linalg.det(turn))))))
        if self.rng.random() < self.inverted_share:
            grey = 1 - grey
        places = self._cell_middles @ back.T + offset
        return Crop(
            grey=grey,
            boxes_px=self._boxes_px(image, turn, centre, part.source.box_factor),
            known=known_at(places, image, part.source).reshape(self.crop_px // KNOWN_STRIDE_PX, -1).astype(np.float32),
            click_slack=part.source.click_slack,
        )

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
