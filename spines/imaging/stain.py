"""Colour brightfield: the light that passes along the stain's own colour, as if the lamp shone in it. Plain numpy.

Where light is held back, absorbances add up and intensities do not (Beer and Lambert). So red, green and blue become
absorbances; the stain's colour is that of what stands out against its surroundings (Macenko et al., ISBI 2009, take
the main directions of absorbance likewise); and the channel weighs the three so that the stain stands out most against
what else varies: noise, uneven tissue of another colour, counterstained nuclei (Fisher's linear discriminant).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from spines.imaging.polarity import tell_polarity
from spines.imaging.types import Polarity

LOOKED_AT_PX = 512
SURROUNDINGS_SHARE = 12
STANDS_OUT = 0.02
FULL = 65535
DIMMEST_GROUND = 0.12
LEAST_COLOUR = 0.02


@dataclass(frozen=True, kw_only=True)
class Stain:
    """The lamp's light in red, green and blue, and how much each absorbance counts."""

    lamp: NDArray[np.float32]
    weights: NDArray[np.float32]

    def transmitted(self, colours: NDArray[Any]) -> NDArray[np.uint16]:
        """Light along the stain's colour, (M, N) uint16 of full scale, from (M, N, 3): dark where the stain is."""
        absorbance = _absorbances(colours, self.lamp) @ self.weights
        return np.asarray(np.rint(FULL * 10.0 ** -np.maximum(absorbance, 0)), np.uint16)


def find_stain(colours: NDArray[Any]) -> Stain | None:
    """The stain of a colour picture, (M, N, 3 or more) red, green, blue; None where it is not dark on light."""
    step = max(1, round(max(colours.shape[:2]) / LOOKED_AT_PX))
    height, width = (side // step * step for side in colours.shape[:2])
    blocks = colours[:height, :width, :3].reshape(height // step, step, width // step, step, 3)
    small = blocks.mean(axis=(1, 3), dtype=np.float32)
    ground = np.percentile(small, 90, axis=(0, 1))
    if ground.min() < DIMMEST_GROUND * ground.max():
        return None
    if tell_polarity(small.mean(axis=2)).polarity is not Polarity.DARK_ON_LIGHT:
        return None
    lamp = np.maximum(np.percentile(small, 99, axis=(0, 1)), 1.0).astype(np.float32)
    absorbance = _absorbances(small, lamp)
    around = max(small.shape[:2]) // SURROUNDINGS_SHARE | 1
    detail = absorbance - uniform_filter(absorbance, (around, around, 1), mode="nearest")
    total = detail.sum(axis=2)
    stands_out = total >= np.quantile(total, 1 - STANDS_OUT)
    colour = detail[stands_out].mean(axis=0)
    colour = np.maximum(colour, LEAST_COLOUR * float(colour.max()))
    colour /= colour.mean()
    # What is no darker than its surroundings is ground: its spread is what the stain has to stand out from.
    spread = np.cov(absorbance[total < np.median(total)].T)
    spread += np.eye(3) * (0.1 * np.trace(spread) / 3 + 1e-6)
    weights = np.maximum(np.linalg.solve(spread, colour), 0.0)
    return Stain(lamp=lamp, weights=(weights / (weights @ colour)).astype(np.float32))


def _absorbances(colours: NDArray[Any], lamp: NDArray[np.float32]) -> NDArray[np.float32]:
    """-log10 of the share of the lamp's light, by colour; at least half a grey level is taken to have come through."""
    passed = np.maximum(colours[..., :3].astype(np.float32), np.float32(0.5))
    return np.asarray(-np.log10(passed / lamp), np.float32)
