"""Stained tissue under transmitted light: what absorbs besides the neuron, and the picture that a camera takes of it.

Golgi: silver chromate, opaque and nearly black, in a cleared section with droplets and grit of the same precipitate.
DAB: a brown polymer that light passes, in tissue that takes some of it up, sometimes with nuclei counterstained blue.
Light is in multiples of an in-focus shaft before absorption, and the share of the lamp's light that is held back after.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

from spines.synthesis.columns import Columns, Window, ellipsoid_columns
from spines.synthesis.parameters import Look, SceneParameters
from spines.synthesis.shapes import Ellipsoid, Points

# Absorbance in red, green and blue over that in green: published stain vectors for DAB and haematoxylin (Ruifrok &
# Johnston, Anal Quant Cytol Histol 23:291, 2001); silver chromate is nearly black, cleared tissue amber.
STAIN_COLOURS = {Look.GOLGI: (0.85, 1.0, 1.15), Look.DAB: (0.47, 1.0, 1.37)}
TISSUE_COLOUR = (0.45, 1.0, 2.4)
NUCLEUS_COLOUR = (0.93, 1.0, 0.41)
# Litter as large as a spine keeps this far from dendrites: nearer, no observer could tell the two apart.
CLEAR_OF_DENDRITES_UM = 1.2
SPINE_LIKE_UM = 0.75
DRIFT = 40
SOFT_CLAMP = 0.06


def absorbed(light: NDArray[np.floating[Any]], stain_od: float) -> NDArray[np.float64]:
    """The share of light that columns as deep as `light` shafts hold back, where a shaft's absorbance is `stain_od`."""
    return np.asarray(1 - 10.0 ** (-stain_od * light), np.float64)


def droplets(
    parameters: SceneParameters, silhouette: NDArray[np.bool_], random: np.random.Generator
) -> Iterator[Columns]:
    """Round bits of precipitate at any depth, as solids; those like a spine's head stay clear of dendrites."""
    side, scale = parameters.side_px, parameters.pixel_size_um
    away_um = distance_transform_edt(~silhouette) * scale
    field_um2 = (side * scale) ** 2
    for _ in range(random.poisson(parameters.droplets_per_100um2 * field_um2 / 100)):
        radius_um = float(np.clip(random.lognormal(np.log(0.35), 0.6), 0.08, 2.5))
        x, y = random.uniform(0, side, 2)
        depth_um = random.normal(0, 3.0)
        gap_um = away_um[int(y), int(x)] - radius_um
        if gap_um < (CLEAR_OF_DENDRITES_UM if radius_um < SPINE_LIKE_UM else 0.3):
            continue
        flat, angle = random.uniform(0.75, 1.0), random.uniform(0, np.pi)
        solid = Ellipsoid(
            centre=np.array([x, y, depth_um / scale]),
            axis=np.array([np.cos(angle), np.sin(angle), 0.0]),
            half_length=radius_um / scale,
            half_width=flat * radius_um / scale,
        )
        reach = int(np.ceil(radius_um / scale)) + 1
        left, top = max(int(x) - reach, 0), max(int(y) - reach, 0)
        width, height = min(int(x) + reach + 1, side) - left, min(int(y) + reach + 1, side) - top
        yield ellipsoid_columns(solid, Window(left=left, top=top, width=width, height=height))


def grit(
    parameters: SceneParameters, silhouette: NDArray[np.bool_], random: np.random.Generator
) -> tuple[Points, NDArray[np.float64], NDArray[np.float64]]:
    """Fine dust in drifts, as points (n, 3), their volumes (n,) and radii (n,); all in pixels."""
    side, scale = parameters.side_px, parameters.pixel_size_um
    away_um = distance_transform_edt(~silhouette) * scale
    drifts = random.poisson(parameters.grit_per_100um2 * (side * scale) ** 2 / 100 / DRIFT)
    places = [
        random.uniform(0, side, 2) + random.normal(0, random.uniform(1, 6) / scale, (40, 2)) for _ in range(drifts)
    ]
    flat = np.concatenate([*places, np.empty((0, 2))])
    inside = np.all((flat >= 0) & (flat < side), axis=1)
    flat = flat[inside]
    flat = flat[away_um[flat[:, 1].astype(int), flat[:, 0].astype(int)] > CLEAR_OF_DENDRITES_UM]
    radius = random.uniform(0.06, 0.16, len(flat)) / scale
    depth = random.normal(0, 1.5, len(flat)) / scale
    return np.column_stack([flat, depth]), 4 / 3 * np.pi * radius**3, radius


def transmitted(
    held_back: NDArray[np.float32],
    silhouette: NDArray[np.bool_],
    parameters: SceneParameters,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """What the camera counts, lamp = 1: (side, side) grey or (side, side, 3) colour, with the noise of its photons.

    Parameters
    ----------
    held_back : (side, side), the shares that solids hold back, added up after blur
    silhouette : (side, side), where dendrites and spines are; blots keep away from it
    """
    side, scale = parameters.side_px, parameters.pixel_size_um
    passes = SOFT_CLAMP * np.logaddexp(0.0, (1 - held_back) / SOFT_CLAMP)
    passes = parameters.flare + (1 - parameters.flare) * np.clip(passes, 0.0, 1.0)
    passes *= _blots(parameters, silhouette, random)
    stain = -np.log10(passes)
    tissue = parameters.tissue_od * np.maximum(
        1
        + parameters.background_unevenness * _cloud(random, side, 12 / scale)
        + 0.15 * _cloud(random, side, 2 / scale),
        0.0,
    )
    nuclei = parameters.counterstain_od * _nuclei(parameters, random) if parameters.counterstain_od else 0.0
    lamp = _lamp(parameters, random)
    colours = zip(STAIN_COLOURS[parameters.look], TISSUE_COLOUR, NUCLEUS_COLOUR, strict=True)
    channels = [
        lamp * 10.0 ** -(stain * of_stain + tissue * of_tissue + nuclei * of_nucleus)
        for of_stain, of_tissue, of_nucleus in (colours if parameters.coloured else [(1.0, 1.0, 1.0)])
    ]
    picture = np.stack(channels, axis=-1) if parameters.coloured else channels[0]
    photons = picture * parameters.shaft_photons
    photons += np.sqrt(photons + parameters.read_noise_photons**2) * random.standard_normal(photons.shape)
    return np.asarray(np.maximum(photons / parameters.shaft_photons, 0.0), np.float32)


def _blots(parameters: SceneParameters, silhouette: NDArray[np.bool_], random: np.random.Generator) -> Any:
    """Light that passes masses of precipitate, cell bodies and glia, (side, side); 1 where there are none."""
    if not parameters.blot_share:
        return 1.0
    side, scale = parameters.side_px, parameters.pixel_size_um
    shape = _cloud(random, side, random.uniform(5, 14) / scale) + 0.25 * _cloud(random, side, 1.5 / scale)
    mass = shape > np.quantile(shape, 1 - parameters.blot_share)
    mass &= distance_transform_edt(~silhouette) * scale > 2.5
    edge = gaussian_filter(mass.astype(np.float32), random.uniform(0.15, 0.6) / scale)
    return 10.0 ** (-random.uniform(0.8, 1.5) * parameters.stain_od * edge)


def _nuclei(parameters: SceneParameters, random: np.random.Generator) -> NDArray[np.float32]:
    """Discs of counterstained nuclei, (side, side), 1 inside."""
    side, scale = parameters.side_px, parameters.pixel_size_um
    rows, columns = np.indices((side, side))
    shade = np.zeros((side, side), np.float32)
    for _ in range(random.poisson(1 + (side * scale) ** 2 / 900)):
        x, y = random.uniform(-0.05, 1.05, 2) * side
        radius = random.uniform(2.5, 5.0) / scale
        away = np.hypot(columns - x, (rows - y) * random.uniform(0.8, 1.25))
        shade += 1 / (1 + np.exp(np.clip((away - radius) / (0.1 * radius), -30, 30)))
    return np.asarray(np.minimum(shade, 1.5) * (1 + 0.2 * _cloud(random, side, 0.8 / scale)), np.float32)


def _lamp(parameters: SceneParameters, random: np.random.Generator) -> NDArray[np.float64]:
    """Light of the lamp over the field, (side, side), about 1: brightest somewhere, less towards the corners."""
    side = parameters.side_px
    at = np.linspace(-1, 1, side)
    x, y = random.uniform(-0.4, 0.4, 2)
    square = (at[None, :] - x) ** 2 + (at[:, None] - y) ** 2
    return np.asarray(1 - parameters.vignette * square / 2)


def _cloud(random: np.random.Generator, side: int, over_px: float) -> NDArray[np.float32]:
    """A smooth random field, (side, side), of unit deviation, varying over about `over_px` pixels."""
    step = max(int(over_px / 2), 1)
    cells = -(-side // step) + 6
    coarse = gaussian_filter(random.standard_normal((cells, cells)), 1.0) * 3.5
    fine = Image.fromarray(coarse.astype(np.float32)).resize((cells * step,) * 2, Image.Resampling.BICUBIC)
    start = random.integers(0, step, 2) + 2 * step
    return np.asarray(fine)[start[0] : start[0] + side, start[1] : start[1] + side]
