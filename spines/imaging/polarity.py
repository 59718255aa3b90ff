"""Is the neuron lighter or darker than its ground? Told from a plane, and turned light on dark. Plain numpy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from spines.imaging.types import Polarity

LOOKED_AT_PX = 384
LEAST_SIDE_PX = 48
SCALES_PX = (1.5, 3.0, 6.0)
STRONGEST = 0.02
FLAT_WITHIN = 0.01
# Logistic regression without a constant, none below 0, on pictures of three laboratories and made ones of all looks.
WEIGHTS = np.array([12.0, 1.1, 1.2, 1.7, 6.5, 5.0, 5.5])
UNDECIDED_BELOW = 0.6
_FULL_16 = 65535


@dataclass(frozen=True, kw_only=True)
class ToldPolarity:
    """What a plane says of its polarity: 0 sure of nothing, 1 quite sure. Unsure of itself it says light on dark."""

    polarity: Polarity
    sureness: float


UNTOLD = ToldPolarity(polarity=Polarity.LIGHT_ON_DARK, sureness=0.0)


def tell_polarity(plane: NDArray[Any]) -> ToldPolarity:
    """Tell a plane's polarity.

    Neurons are fine and rare: lines, dots and the long tail of brightness lie on their side, most pixels on the other.
    Every sign used changes when the plane is inverted, so an inverted picture is told exactly the other way round.

    Parameters
    ----------
    plane : (M, N), any real dtype

    Returns
    -------
    ToldPolarity
        Light on dark, with what sureness there is, where dark on light is not sure enough.

    >>> cell = np.zeros((64, 64)); cell[30:33] = 1.0
    >>> tell_polarity(cell).polarity, tell_polarity(1 - cell).polarity
    (<Polarity.LIGHT_ON_DARK: 'light_on_dark'>, <Polarity.DARK_ON_LIGHT: 'dark_on_light'>)
    """
    lightness = float(np.tanh(signs_of_light(plane) @ WEIGHTS / 2))
    is_dark = lightness < -UNDECIDED_BELOW
    return ToldPolarity(
        polarity=Polarity.DARK_ON_LIGHT if is_dark else Polarity.LIGHT_ON_DARK, sureness=round(abs(lightness), 3)
    )


def signs_of_light(plane: NDArray[Any]) -> NDArray[np.float64]:
    """Signs that the neuron is light, each from -1 to 1 and turned about by inversion; in the order of `WEIGHTS`.

    How much of the plane is of its darkest grey rather than its brightest, as where a dendrite was cut out, cubed, for
    little says nothing and nearly all says it alone; which way
    the tail of brightness goes; by scale, which way goes what stands out from its surroundings, and whether the
    strongest lines are light.
    """
    grey = _looked_at(plane)
    if grey is None:
        return np.zeros(len(WEIGHTS))
    flat = float(np.mean(grey <= FLAT_WITHIN)) - float(np.mean(grey >= 1 - FLAT_WITHIN))
    third_moment = float(np.mean((grey - grey.mean()) ** 3)) / max(float(grey.std()), 1e-6) ** 3
    signs = [flat**3, float(np.clip(third_moment / 3, -1, 1))]
    smooth = [gaussian_filter(grey, scale_px) for scale_px in SCALES_PX]
    signs += [_tail(smooth[at] - gaussian_filter(grey, 4 * SCALES_PX[at])) for at in (1, 2)]
    return np.array([*signs, *(_lines(at_scale) for at_scale in smooth)])


def light_on_dark(plane: NDArray[Any], polarity: Polarity, *, is_stain: bool = False) -> NDArray[Any]:
    """The plane as it is analysed, bright where the neuron is.

    Parameters
    ----------
    plane : (M, N), any real dtype
    polarity
        Of the plane. Light on dark comes back as it is.
    is_stain
        The plane is light along a stain's colour: it becomes the stain's absorbance, float32.

    Returns
    -------
    (M, N)
        Otherwise brightness is turned round: 8 bits within 0 … 255, anything else within the plane's own range, so that
        an inverted picture comes out as the one it was made from, but for a constant.
    """
    if polarity is Polarity.LIGHT_ON_DARK or not plane.size:
        return plane
    if is_stain:
        return np.asarray(-np.log10(np.maximum(plane, 1).astype(np.float32) / np.float32(_FULL_16)))
    if plane.dtype == np.uint8:
        return np.asarray(np.subtract(255, plane, dtype=np.uint8))
    low, high = plane.min(), plane.max()
    if plane.dtype.kind == "i":
        turned: NDArray[Any] = int(high) + int(low) - plane.astype(np.int64)
        return turned.astype(plane.dtype)
    return np.asarray((high - plane) + low, plane.dtype)


def _looked_at(plane: NDArray[Any]) -> NDArray[np.float32] | None:
    """The plane reduced, from 0 to 1 between its darkest and brightest; None where it is tiny or has no contrast."""
    if min(plane.shape) < LEAST_SIDE_PX:
        return None
    step = max(1, min(round(max(plane.shape) / LOOKED_AT_PX), min(plane.shape) // LEAST_SIDE_PX))
    height, width = (side // step * step for side in plane.shape)
    blocks = plane[:height, :width].reshape(height // step, step, width // step, step)
    grey = blocks.mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
    low, high = np.percentile(grey, [0.5, 99.5])
    if high <= low:
        low, high = grey.min(), grey.max()
    return np.clip((grey - low) / (high - low), 0, 1) if high > low else None


def _lines(smooth: NDArray[np.float32]) -> float:
    """Whether the strongest lines are light: one curvature strong, the other weaker."""
    down, across = np.gradient(smooth)
    down_down, down_across = np.gradient(down)
    across_across = np.gradient(across, axis=1)
    middle = (down_down + across_across) / 2
    half = np.hypot((down_down - across_across) / 2, down_across)
    most, least = middle + half, middle - half
    light, dark = _strongest(-least - np.abs(most)), _strongest(most - np.abs(least))
    return (light - dark) / max(light + dark, 1e-12)


def _strongest(ridges: NDArray[np.float32]) -> float:
    count = max(int(ridges.size * STRONGEST), 1)
    return max(float(np.partition(ridges, -count, axis=None)[-count:].mean()), 0.0)


def _tail(detail: NDArray[np.float32]) -> float:
    """Which way what stands out from its surroundings goes."""
    low, middle, high = np.percentile(detail, [1, 50, 99])
    return float((high + low - 2 * middle) / max(high - low, 1e-9))
