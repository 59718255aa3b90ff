"""Where a picture is ridge-like at the scale of dendrites: brighter than both sides, over a length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation, gaussian_filter, grey_opening, label

from spines.measure.tracing_spines import without_spines

Floats32 = NDArray[np.float32]

# The picture is reduced to this, where its pixels are smaller: a slender dendrite is then three pixels wide.
WORKING_PIXEL_UM = 0.18
ASSUMED_PIXEL_UM = 0.1
# A shaft of radius r blurred by s has its strongest response at √2 √(r²/4 + s²): these fit radii of 0.2, 0.45, 0.8 µm.
SCALES_UM = (0.28, 0.42, 0.62)
# Without a pixel size: the scales tried, in pixels of a picture reduced to at most this side.
SIDE_FOR_SCALE_PX = 512
SCALES_TRIED_PX = (1.0, 1.5, 2.2, 3.3, 5.0, 7.5, 11.0)
BLOB_PENALTY = 0.5
# The shoulder of an edge curves down as a ridge does, but slopes: a step's is as steep, in its scale, as it is curved.
SLOPE_PENALTY = 0.9
# Ridges as strong as those that at least this area, in a small picture this share of it, has are full strength.
STRONG_AREA_UM2, STRONG_SHARE = 5.0, 0.03
LOW_OF_STRONG, HIGH_OF_STRONG = 0.16, 0.35
LOW_OF_NOISE, HIGH_OF_NOISE = 2.5, 6.0
# The ridges beside four in five of the detected spines are at least as strong as one of them; what is beside no ridge
# that can be told from noise is a speck.
BESIDE_UM, DIM_PERCENTILE, SPECK_OF_NOISE = 0.7, 20, 8.0
LOW_OF_BESIDE, HIGH_OF_BESIDE = 0.5, 0.9
# In noise alone the strongest ridges of that area stay below this many times its deviation.
STRONG_OF_NOISE = 5.0
NOISE_OF_DETAIL = 1.1
CUT_OUT_SHARE, CUT_OUT_LEVEL = 0.5, 0.12
RIM_UM = 0.35
# No dendrite holds a disc as wide as this; where one as bright as a good part of the brightest fits, a cell body lies.
BODY_RADIUS_UM, BODY_BRIGHTNESS, BODY_MARGIN_UM = 2.2, 0.4, 0.7
BODY_PIXEL_UM = 0.7
DARKEST_SHARE = 0.02


@dataclass(frozen=True, kw_only=True)
class Ridges:
    """A picture at working resolution and its ridges.

    `light` (m, n) is brightness between 0 and 1, detected spines taken off. `grey` (m, n) is the square root of
    brightness above the darkest, which makes the noise of counted photons even and dim dendrites comparable to bright
    ones. `strength` (m, n) is 0 where there is no ridge. `mask` (m, n) holds the ridges that stand out. `cut_out` says
    that most of the picture is of one darkest value: a dendrite cut out on black, or a silhouette. `step_um` is the
    working pixel, `scale` (x, y) how many of the picture's pixels it spans.
    """

    light: Floats32
    grey: Floats32
    strength: Floats32
    mask: NDArray[np.bool_]
    cut_out: bool
    step_um: float
    scale: tuple[float, float]


def finite(plane: NDArray[np.generic]) -> Floats32:
    """A plane as float32 whose values are all finite: what is not becomes the darkest."""
    grey = np.asarray(plane, np.float32)
    good = np.isfinite(grey)
    if good.all():
        return grey
    return np.where(good, grey, grey[good].min() if good.any() else 0).astype(np.float32)


def find_ridges(plane: Floats32, pixel_size_um: float | None, boxes_px: NDArray[np.float64]) -> Ridges | None:
    """Ridges of a plane of finite values; None where nothing stands out.

    What carries spines, boxes (k, 4), may be dimmer than the rest.
    """
    low, high = float(plane.min()), float(plane.max())
    if min(plane.shape) < 3 or high <= low:
        return None
    # Made comparable between pixel types first, so that float32 holds what follows.
    light = (plane - np.float32(low)) / np.float32(high - low)
    pixel_um = pixel_size_um or pixel_size_from_ridges(light)
    light = _reduced(light, min(pixel_um / WORKING_PIXEL_UM, 1.0))
    step_um = pixel_um * float(np.sqrt(plane.size / light.size))
    scale = plane.shape[1] / light.shape[1], plane.shape[0] / light.shape[0]
    boxes = boxes_px / np.tile(scale, 2)
    cut_out = float(np.mean(light == light.min())) > CUT_OUT_SHARE
    noise = _noise(_evened(light))
    light = without_spines(light, boxes, step_um)
    grey = _evened(light)
    strength = ridge_strength(grey, [size / step_um for size in SCALES_UM])[0]
    if cut_out:
        mask = light > CUT_OUT_LEVEL
    else:
        beside = _dimmest_beside(strength, boxes, step_um, least=SPECK_OF_NOISE * noise)
        mask = _standing_out(strength, noise, beside, step_um) & ~cell_bodies(light, step_um)
    if not mask.any():
        return None
    return Ridges(light=light, grey=grey, strength=strength, mask=mask, cut_out=cut_out, step_um=step_um, scale=scale)


def cell_bodies(light: Floats32, step_um: float) -> NDArray[np.bool_]:
    """Where cell bodies lie and a little about them, (m, n): dendrites begin there, and their edges are none."""
    small = _reduced(light, min(step_um / BODY_PIXEL_UM, 1.0))
    reach = BODY_RADIUS_UM / (step_um * float(np.sqrt(light.size / small.size)))
    away = np.arange(-int(reach), int(reach) + 1)
    disc = np.hypot(away[:, None], away) <= reach
    dark, bright = np.percentile(small, [10, 99.8])
    wide = grey_opening(small, footprint=disc, mode="nearest") - dark > BODY_BRIGHTNESS * (bright - dark)
    if not wide.any():
        return np.zeros(light.shape, np.bool_)
    margin = 1 + round(BODY_MARGIN_UM / BODY_PIXEL_UM)
    wide = binary_dilation(wide, iterations=margin)
    height, width = light.shape
    return np.asarray(Image.fromarray(wide).resize((width, height), Image.Resampling.NEAREST))


def pixel_size_from_ridges(grey: Floats32) -> float:
    """A pixel size in µm at which the picture's strongest ridges are as wide as dendrites are.

    Good enough to choose scales by, not to measure with. The plane's values are finite.
    """
    low, high = float(grey.min()), float(grey.max())
    if min(grey.shape) < 3 or high <= low:
        return ASSUMED_PIXEL_UM
    grey = (grey - np.float32(low)) / np.float32(high - low)
    shrink = min(SIDE_FOR_SCALE_PX / max(grey.shape), 1.0)
    small = _reduced(grey, shrink)
    strength, best = ridge_strength(small, SCALES_TRIED_PX)
    strongest = strength >= max(_strong(strength, max(strength.size // 1000, 30)), 1e-6)
    if not strongest.any():
        return ASSUMED_PIXEL_UM
    typical = float(np.exp(np.log(np.array(SCALES_TRIED_PX))[best[strongest]].mean()))
    return float(np.clip(SCALES_UM[1] / typical * shrink, 0.02, 0.5))


def ridge_strength(grey: Floats32, scales_px: list[float] | tuple[float, ...]) -> tuple[Floats32, NDArray[np.intp]]:
    """The strongest response over scales of a Hessian ridge filter, and the index of its scale, (m, n) each.

    As Sato et al. 1998: the curvature across the ridge, less some of the curvature along it where the picture is a
    blob, times the scale squared.
    """
    strongest = np.zeros(grey.shape, np.float32)
    best = np.zeros(grey.shape, np.intp)
    for index, scale in enumerate(scales_px):
        smooth = gaussian_filter(grey, scale, mode="nearest", truncate=3.0)
        padded = np.pad(smooth, 1, mode="edge")
        middle = 2 * smooth
        down = padded[2:, 1:-1] + padded[:-2, 1:-1] - middle
        across = padded[1:-1, 2:] + padded[1:-1, :-2] - middle
        mixed = (padded[2:, 2:] + padded[:-2, :-2] - padded[2:, :-2] - padded[:-2, 2:]) / 4
        mean = (down + across) / 2
        half = (down - across) / 2
        spread = np.sqrt(half**2 + mixed**2) + np.float32(1e-9)
        slope_down = (padded[2:, 1:-1] - padded[:-2, 1:-1]) / 2
        slope_across = (padded[1:-1, 2:] - padded[1:-1, :-2]) / 2
        # The squared slope in the direction that curves down the most.
        twice = half * (slope_down**2 - slope_across**2) + 2 * mixed * slope_down * slope_across
        slope2 = ((slope_down**2 + slope_across**2) - twice / spread) / 2
        response = spread - mean - BLOB_PENALTY * np.maximum(-mean - spread, 0)
        response *= np.float32(scale**2)
        response -= np.float32(SLOPE_PENALTY * scale) * np.sqrt(np.maximum(slope2, 0))
        better = response > strongest
        strongest[better] = response[better]
        best[better] = index
    return strongest, best


def _reduced(grey: Floats32, factor: float) -> Floats32:
    if factor >= 1:
        return grey
    height, width = (max(round(side * factor), min(side, 3)) for side in grey.shape)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR))


def _evened(grey: Floats32) -> Floats32:
    """The square root of brightness above the darkest, with a floor that keeps the darkest noise from growing."""
    dark, bright = np.percentile(grey, [0.5, 99.9])
    floor = DARKEST_SHARE * max(float(bright - dark), 1e-6)
    return np.asarray(np.sqrt(np.maximum(grey - np.float32(dark), 0) + np.float32(floor)), np.float32)


def _strong(strength: Floats32, count: int) -> float:
    count = int(np.clip(count, 1, strength.size))
    return float(np.partition(strength, strength.size - count, axis=None)[strength.size - count])


def _noise(grey: Floats32) -> float:
    """About the deviation of ridge strength that noise alone gives, from the finest detail where it is least.

    A quarter of a normal number's values lie within 0.319 of its deviation. Detail of one or two pixels is nearly all
    noise, whatever else there is, and in noise alone its deviation is 0.9 to 1.5 of the finest scale's.
    """
    fine = np.abs(gaussian_filter(grey, 0.7, mode="nearest") - gaussian_filter(grey, 1.1, mode="nearest"))
    return NOISE_OF_DETAIL * float(np.partition(fine, fine.size // 4, axis=None)[fine.size // 4]) / 0.319


def _dimmest_beside(strength: Floats32, boxes: NDArray[np.float64], step_um: float, *, least: float) -> float:
    """Strength that the ridges beside most boxes (k, 4) reach, of those that reach `least`; infinite without any."""
    if not len(boxes):
        return np.inf
    margin = BESIDE_UM / step_um
    low = np.clip(boxes[:, :2] - margin, 0, None).astype(np.intp)
    high = np.ceil(boxes[:, :2] + boxes[:, 2:] + margin).astype(np.intp)
    near = [strength[y : y2 + 1, x : x2 + 1] for (x, y), (x2, y2) in zip(low, high, strict=True)]
    reached = [top for part in near if part.size and (top := float(part.max())) >= least]
    return float(np.percentile(reached, DIM_PERCENTILE)) if reached else np.inf


def _standing_out(strength: Floats32, noise: float, beside: float, step_um: float) -> NDArray[np.bool_]:
    """Ridges above a low threshold that reach a high one somewhere. Both follow the strongest ridges and the noise."""
    strong = _strong(strength, round(min(STRONG_AREA_UM2 / step_um**2, STRONG_SHARE * strength.size)))
    if strong <= STRONG_OF_NOISE * noise:
        return np.zeros(strength.shape, np.bool_)
    low = max(min(LOW_OF_STRONG * strong, LOW_OF_BESIDE * beside), LOW_OF_NOISE * noise)
    high = max(min(HIGH_OF_STRONG * strong, HIGH_OF_BESIDE * beside), HIGH_OF_NOISE * noise)
    parts, count = label(strength > low, np.ones((3, 3)))
    wanted = np.zeros(count + 1, np.bool_)
    wanted[parts[strength > high]] = True
    wanted[0] = False
    mask = wanted[parts]
    # What lies along the picture's edge is half seen: a ridge there is as likely the edge itself.
    rim = max(round(RIM_UM / step_um), 1)
    mask[:rim] = mask[-rim:] = mask[:, :rim] = mask[:, -rim:] = False
    return np.asarray(mask)
