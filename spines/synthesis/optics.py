"""From columns to light: a Gaussian beam's focus, in closed form along the axis and in layers across it.

Two-photon excitation by a Gaussian beam of Rayleigh length z_R goes with 1 / (1 + (z / z_R)²) in a plane at depth z
while the spot's variance grows with 1 + (z / z_R)² (Zipfel, Williams & Webb, Nature Biotechnology 21:1369, 2003).
So light from a column between two depths is z_R (arctan(high / z_R) - arctan(low / z_R)), and its lateral blur follows
from its depth. Blur is done in layers, each with twice the spread of the one before on a grid twice as coarse; a
depth between two layers is shared between them so that the variance is right.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from spines.synthesis.columns import Columns, Depths

FWHM_PER_SIGMA = 2.3548
# On the axis the intensity falls with the square of 1 + (z / z_R)²: it is halved at z_R √(√2 - 1).
AXIAL_FWHM_PER_RAYLEIGH_LENGTH = 2 * np.sqrt(np.sqrt(2) - 1)
LAYER_COUNT = 6


@dataclass(frozen=True, kw_only=True)
class Optics:
    """Blur in the focal plane and Rayleigh length, both in pixels.

    No Rayleigh length: a projection through all planes, each seen in focus. Without sectioning, as under transmitted
    light, what is out of focus is blurred and stays as strong.
    """

    sigma_px: float
    rayleigh_px: float | None
    sections: bool = True

    @classmethod
    def from_fwhm(
        cls, *, lateral_fwhm_um: float, axial_fwhm_um: float | None, pixel_size_um: float, sections: bool = True
    ) -> "Optics":
        """The optics whose spot has these full widths at half maximum."""
        rayleigh_um = None if axial_fwhm_um is None else axial_fwhm_um / AXIAL_FWHM_PER_RAYLEIGH_LENGTH
        return cls(
            sigma_px=lateral_fwhm_um / FWHM_PER_SIGMA / pixel_size_um,
            rayleigh_px=None if rayleigh_um is None else rayleigh_um / pixel_size_um,
            sections=sections,
        )

    def seen(self, columns: Columns) -> Columns:
        """The columns with every depth z replaced by z_R arctan(z / z_R).

        In that measure an interval's length is its light, in pixels of in-focus solid. Where there is no solid,
        `low` stays above `high`.
        """
        if self.rayleigh_px is None or not self.sections:
            return columns
        low, high = (self.rayleigh_px * np.arctan(bound / self.rayleigh_px) for bound in (columns.low, columns.high))
        return replace(columns, low=low, high=high)

    def widening(self, depth: Depths) -> Depths:
        """Variance of the blur at a depth over that in focus."""
        return np.ones_like(depth) if self.rayleigh_px is None else 1 + (depth / self.rayleigh_px) ** 2

    def widening_seen(self, depth: Depths) -> Depths:
        """The same for a depth in the measure of `seen`."""
        if not self.sections:
            return self.widening(depth)
        return np.ones_like(depth) if self.rayleigh_px is None else 1 + np.tan(depth / self.rayleigh_px) ** 2

    def shaft_light(self, radius_px: float) -> float:
        """Light of a shaft of this radius in focus, through its middle."""
        if self.rayleigh_px is None or not self.sections:
            return 2 * radius_px
        return 2 * self.rayleigh_px * float(np.arctan(radius_px / self.rayleigh_px))


@dataclass(kw_only=True)
class Field:
    """Light gathered from a scene, (side, side), still sharp, sorted by the blur it will get."""

    side: int
    optics: Optics
    _gathered: list[tuple[NDArray[np.intp], NDArray[np.intp], Depths, NDArray[np.float64]]] = field(
        default_factory=list, init=False
    )

    def add_columns(self, columns: Columns, light: Depths) -> None:
        """Add the light, (h, w), of a solid's columns as `Optics.seen`."""
        row, column = np.nonzero(light > 0)
        if not len(row):
            return
        depth = (columns.low[row, column] + columns.high[row, column]) / 2
        widening = self.optics.widening_seen(depth)
        self._gathered.append((row + columns.window.top, column + columns.window.left, light[row, column], widening))

    def add_points(self, points: NDArray[np.float64], volume: NDArray[np.float64], radius: NDArray[np.float64]) -> None:
        """Add solids far from focus as points (n, 3) of a volume (n,), blurred by their own radius (n,) as well."""
        inside = np.all((points[:, :2] >= 0) & (points[:, :2] < self.side), axis=1)
        if not inside.any():
            return
        points, volume, radius = points[inside], volume[inside], radius[inside]
        widening = self.optics.widening(points[:, 2])
        own = (radius / 2 / self.optics.sigma_px) ** 2
        row, column = points[:, 1].astype(np.intp), points[:, 0].astype(np.intp)
        self._gathered.append((row, column, volume / widening if self.optics.sections else volume, widening + own))

    def _layers(self) -> list[NDArray[np.float32]]:
        """The light by blur: layer n is for twice the spread of layer n - 1, on cells twice as wide."""
        layers = [np.zeros((-(-self.side // 2**level),) * 2, np.float32) for level in range(LAYER_COUNT)]
        if not self._gathered:
            return layers
        row, column, light, widening = (np.concatenate(part) for part in zip(*self._gathered, strict=True))
        level = np.minimum((np.log2(widening) / 2).astype(np.intp), LAYER_COUNT - 2)
        further = np.minimum((widening / 4.0**level - 1) / 3, 1)
        for at, layer in enumerate(layers):
            for part, share in ((level == at, 1 - further), (level == at - 1, further)):
                chosen = np.flatnonzero(part)
                place = (row[chosen] >> at) * len(layer) + (column[chosen] >> at)
                np.add.at(layer.reshape(-1), place, (light[chosen] * share[chosen] / 4**at).astype(np.float32))
        return layers

    def blurred(self) -> NDArray[np.float32]:
        """The light as the microscope sees it, (side, side)."""
        layers = self._layers()
        total = np.zeros((1, 1), np.float32)
        for level in reversed(range(LAYER_COUNT)):
            layer = layers[level]
            # Cells of width b and the linear interpolations down to single pixels blur with variance 0.3 b² already.
            variance = self.optics.sigma_px**2 - (0.0, 0.25, 0.3)[min(level, 2)]
            if layer.any():
                layer = gaussian_filter(layer, np.sqrt(max(variance, 0.05)), mode="nearest", truncate=3.0)
            total = layer if level == LAYER_COUNT - 1 else layer + enlarged(total, 2, len(layer))
        return total


def enlarged(coarse: NDArray[np.float32], factor: int, side: int) -> NDArray[np.float32]:
    """A coarse field interpolated linearly to `factor` times its size and cut to (side, side)."""
    if factor == 1:
        return coarse
    size = (coarse.shape[1] * factor, coarse.shape[0] * factor)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR))[:side, :side]
