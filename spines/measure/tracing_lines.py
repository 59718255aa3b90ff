"""From a chain of pixels to a dendrite's centreline: centred, smooth, as long as the dendrite, of few points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates, percentile_filter

from spines.measure.polylines import normals, resampled, smoothed_line

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SMOOTHING_UM = 0.7
SIDEWAYS_UM = 0.6
TIP_UM, DIRECTION_UM, BESIDE_UM = 0.6, 1.5, 1.6
FURTHEST_EXTENSION_UM = 3.5
FURTHEST_RETREAT_UM = 1.2
LEVEL_FROM_UM = 3.0
HALF = 0.5
# Fields are often darker along their edges, where dendrites go on nevertheless.
AT_EDGE = 0.2
WIDEST_UM = 2.0
ALONG_UM = 0.15
EDGE_WINDOW_UM, EDGE_PERCENTILE = 3.0, 35


@dataclass(frozen=True, kw_only=True)
class Brightness:
    """A picture to follow lines in, in units of its own pixels of `step_um`: (0, 0) is the first pixel's corner."""

    grey: Floats32
    step_um: float

    def at(self, x: Floats, y: Floats) -> Floats:
        """Brightness between pixels; beyond the edge that of the edge."""
        return np.asarray(map_coordinates(self.grey, [y - 0.5, x - 0.5], order=1, mode="nearest", output=np.float64))

    def across(self, points: Floats, offsets: Floats) -> Floats:
        """Profiles (n, k) at right angles to a line (n, 2), at signed distances (k,) from it."""
        side = normals(points)
        x, y = (points[:, None, axis] + offsets * side[:, None, axis] for axis in (0, 1))
        return self.at(x, y)


def centred(points: Floats, picture: Brightness) -> Floats:
    """A line moved sideways to the middle of the brightness about it, twice, and smoothed along itself."""
    sigma = SMOOTHING_UM / picture.step_um
    width = SIDEWAYS_UM / picture.step_um
    offsets = np.linspace(-width, width, 9)
    line = smoothed_line(resampled(points, 1.0), sigma)
    for _round in range(2):
        profile = picture.across(line, offsets)
        weight = (profile - profile.min(axis=1, keepdims=True)) ** 2
        aside = (weight @ offsets) / np.maximum(weight.sum(axis=1), 1e-12)
        line = smoothed_line(resampled(line + aside[:, None] * normals(line), 1.0), sigma)
    return line


def moved_aside(points: Floats, aside: Floats, step_um: float) -> Floats:
    """A line moved to its right by (n,), smoothed along itself and with points 1 apart again."""
    moved = resampled(points + aside[:, None] * normals(points), 1.0)
    return smoothed_line(moved, SMOOTHING_UM / 2 / step_um)


def reaching(points: Floats, picture: Brightness, *, start: bool, end: bool) -> Floats:
    """A line's open ends moved to where the shaft ends: to the picture's edge, or to half of its brightness."""
    if end:
        points = _end_moved(points, picture)
    if start:
        points = _end_moved(points[::-1], picture)[::-1]
    return points


def _end_moved(points: Floats, picture: Brightness) -> Floats:
    """The last end of a line, points about 1 apart. A skeleton's very tip leans to a corner: it is left out first."""
    step = picture.step_um
    cut = min(round(TIP_UM / step), len(points) // 5)
    base = points[: len(points) - cut]
    way = base[-1] - base[-1 - min(int(np.ceil(DIRECTION_UM / step)), len(base) - 1)]
    way /= max(float(np.hypot(*way)), 1e-9)
    back = min(int(FURTHEST_RETREAT_UM / step), len(base) // 3)
    ahead = 0.25 * np.arange(1, round(4 * (cut + FURTHEST_EXTENSION_UM / step)))
    course = np.concatenate([base[len(base) - back :], base[-1] + ahead[:, None] * way])
    inner = base[max(len(base) - back - int(LEVEL_FROM_UM / step), 0) : len(base) - back + 2]
    height, width = picture.grey.shape
    outside = np.any((course < 0) | (course > [width, height]), axis=1)
    above, shaft_above = _above_sides(course, picture), np.median(_above_sides(inner, picture))
    over = above - HALF * shaft_above
    if outside.any() and np.all(above[: outside.argmax()] >= AT_EDGE * shaft_above):
        over = above
    stops = np.flatnonzero((over < 0) | outside)
    if not len(stops):
        return points
    stop = int(stops[0])
    if stop == 0:
        return points[: len(base) - back + 1]
    if outside[stop]:
        last = np.clip(course[stop], 0, [width, height])
    else:
        last = course[stop - 1] + (course[stop] - course[stop - 1]) * over[stop - 1] / (over[stop - 1] - over[stop])
    return np.concatenate([base[: len(base) - back], course[:stop], last[None]])


def _above_sides(line: Floats, picture: Brightness) -> Floats:
    """How much brighter a line is than what lies beside it on its darker side, (n,); at least two points."""
    middle = picture.across(line, np.array([-0.25, 0.0, 0.25]) / picture.step_um).mean(axis=1)
    beside = picture.across(line, np.array([-BESIDE_UM, BESIDE_UM]) / picture.step_um)
    return np.asarray(np.maximum(middle - beside.min(axis=1), 0))


def shaft(points: Floats, picture: Brightness, sigma_um: float) -> tuple[Floats, Floats]:
    """How far a line whose points are about 1 apart is off the middle of its shaft, and the shaft's radius, (n,) each.

    On both sides, the distance to half of the brightness above the surround. Where a spine stands, its side is wider
    than most of that side: a percentile along the line leaves it out. `sigma_um` is all the blur of the picture, which
    is taken off the width.
    """
    step = picture.step_um
    reach = round(2 * WIDEST_UM / step)
    offsets = 0.5 * np.arange(-reach, reach + 1, dtype=np.float64)
    profile = picture.across(points, offsets)
    profile = gaussian_filter1d(profile, ALONG_UM / step, axis=0, mode="nearest")
    # Only what falls on the way out belongs to the shaft: a spine or a neighbour rises again.
    sides = np.minimum.accumulate(np.stack([profile[:, reach::-1], profile[:, reach:]]), axis=2)
    top, floor = sides[:, :, :1], sides[:, :, -1:]
    above = sides - (floor + HALF * (top - floor))
    last = np.clip((above > 0).sum(axis=2), 1, reach)[:, :, None]
    inner, outer = (np.take_along_axis(above, place, axis=2)[:, :, 0] for place in (last - 1, last))
    edges = 0.5 * (last[:, :, 0] - 1 + inner / np.maximum(inner - outer, 1e-9))
    window = min(max(round(EDGE_WINDOW_UM / step), 1), 2 * len(points) - 1)
    edges = percentile_filter(edges, EDGE_PERCENTILE, size=(1, window), mode="nearest")
    left, right = gaussian_filter1d(edges, SMOOTHING_UM / step, axis=1, mode="nearest")
    return (right - left) / 2, unblurred((left + right) / 2 * step, sigma_um) / step


def unblurred(half_width_um: Floats, sigma_um: float) -> Floats:
    """Radius of a cylinder from half its width at half maximum in a picture blurred by a Gaussian.

    Where the picture turns out sharper than that, a radius of at least half of what is seen.
    """
    radius = sigma_um * np.interp(half_width_um / sigma_um, _HALF_WIDTHS, _RADII)
    return np.asarray(np.maximum(radius, half_width_um / 2))


def _half_widths(radii: Floats) -> Floats:
    """Half width at half maximum of a cylinder's projection, blurred by a Gaussian of deviation 1, for each radius."""
    fine = 0.02
    places = np.arange(0, 16, fine)
    spot_places = np.arange(-4, 4 + fine / 2, fine)
    spot = np.exp(-(spot_places**2) / 2)
    widths = []
    for radius in radii:
        chord = np.sqrt(np.maximum(radius**2 - np.concatenate([-places[:0:-1], places]) ** 2, 0))
        profile = np.convolve(chord, spot, mode="same")[len(places) - 1 :]
        widths.append(np.interp(-profile[0] / 2, -profile, places))
    return np.array(widths)


_RADII = np.concatenate([np.arange(0.2, 3, 0.2), np.arange(3, 13, 1.0)])
_HALF_WIDTHS = _half_widths(_RADII)


def softened(grey: Floats32, sigma: float) -> Floats32:
    """A picture against its noise smoothed."""
    return np.asarray(gaussian_filter(grey, sigma, mode="nearest", truncate=3.0))
