"""A scene drawn: its light gathered solid by solid, its truth written down on the way."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spines.synthesis.camera import expose
from spines.synthesis.columns import (
    Columns,
    Depths,
    Window,
    ellipsoid_columns,
    spine_window,
    tube_columns,
    tube_window,
)
from spines.synthesis.layout import Stand, background_branches, lay_dendrites, lay_spines
from spines.synthesis.optics import Field, Optics
from spines.synthesis.parameters import Look, SceneParameters, draw_parameters
from spines.synthesis.shapes import Tube
from spines.synthesis.stained import absorbed, droplets, grit
from spines.synthesis.truth import MadeDendrite, MadeImage, MadeSpine, Visibility

# Against a detector trained on experts' marks alone: it finds half of the spines about these limits.
FAINTEST_SIGNAL = 0.12
FAINTEST_IN_CUT_OUT = 0.05
FAINTEST_IN_PROJECTION = 0.04
FAINTEST_OVER_NOISE = 2.0  # in a projection: over the ground's shot noise of one pixel
LEAST_PROTRUSION_FWHM = 0.75
MOST_OVERLAP = 0.5
LEAST_LIGHT_PX = 0.02


def make_image(parameters: SceneParameters, *, seed: int | tuple[int, ...]) -> MadeImage:
    """Make one picture and its truth; the same parameters and seed give the same bits."""
    return _Painter(parameters, np.random.default_rng(seed)).paint()


def make_series_image(
    look: Look, *, seed: int, number: int, side_px: int, pixel_size_um: float, coloured: bool = False
) -> MadeImage:
    """Picture `number` of a varied series: parameters drawn for the look, everything from (seed, number).

    Raises
    ------
    spines.errors.InvalidInput
        When side or pixel size are out of range, or a look that has no colours is asked for in colour.
    """
    random = np.random.default_rng((seed, number))
    sizes = {"side_px": side_px, "pixel_size_um": pixel_size_um, "coloured": coloured}
    parameters = draw_parameters(look, random, **sizes)
    return _Painter(parameters, random).paint()


class _Painter:
    """Draws one scene; lives for one picture."""

    def __init__(self, parameters: SceneParameters, random: np.random.Generator) -> None:
        self.parameters = parameters
        self.random = random
        self.optics = Optics.from_fwhm(
            lateral_fwhm_um=parameters.lateral_fwhm_um,
            axial_fwhm_um=parameters.axial_fwhm_um,
            pixel_size_um=parameters.pixel_size_um,
            sections=not parameters.look.is_stained,
        )
        side = parameters.side_px
        self.field = Field(side=side, optics=self.optics)
        self.shafts = np.zeros((side, side), np.bool_)
        self.spines = np.zeros((side, side), np.bool_)
        self.darkest: dict[int, tuple[int, int]] = {}
        # What is cut out by hand or by a threshold is what somebody saw.
        self.shows_unseen = parameters.look is not Look.CUT_OUT
        self.faintest = _faintest(parameters)
        self.shaft_light = self.optics.shaft_light(parameters.dendrite_radius_um / parameters.pixel_size_um)
        self.shaft_signal = float(self._held(np.array(self.shaft_light)))

    def paint(self) -> MadeImage:
        parameters, random = self.parameters, self.random
        tubes = lay_dendrites(parameters, random)
        shafts = [self._draw_shaft(tube) for tube in tubes]
        spines: list[MadeSpine] = []
        heads: list[Depths] = []
        for number, (tube, shaft) in enumerate(zip(tubes, shafts, strict=True), start=1):
            for stand in lay_spines(parameters, tube, heads, random):
                spines.append(self._draw_spine(stand, tube, shaft, dendrite=number, number=len(spines) + 1))
        for points, volume, radius in background_branches(parameters, random):
            self.field.add_points(points, self._held_by_points(volume, radius), radius)
        if parameters.look.is_stained:
            self._litter()
        light = self.field.blurred() / np.float32(1 if parameters.look.is_stained else self.shaft_light)
        if parameters.look.is_stained:
            spines = [self._against_the_dark(spine, light) for spine in spines]
        return MadeImage(
            pixels=expose(light, self.shafts | self.spines, parameters, random),
            parameters=parameters,
            dendrites=tuple(self._dendrite_truth(number, tube) for number, tube in enumerate(tubes, start=1)),
            spines=tuple(spines),
        )

    def _held(self, light: Depths) -> Depths:
        """What a depth of solid adds to the field: its light, or in a stained look the share that it holds back."""
        if not self.parameters.look.is_stained:
            return light
        return absorbed(light / self.shaft_light, self.parameters.stain_od)

    def _held_by_points(self, volume: Depths, radius: Depths) -> Depths:
        """The same for solids given as volumes: they hold back as columns one and a half radii deep do."""
        if not self.parameters.look.is_stained:
            return volume
        depth = 1.5 * radius
        return volume / depth * self._held(depth)

    def _against_the_dark(self, spine: MadeSpine, held_back: NDArray[np.float32]) -> MadeSpine:
        """The spine, faint where what lies over or under it is so dark that it adds little to it."""
        if spine.visibility is not Visibility.VISIBLE:
            return spine
        here, own = float(held_back[self.darkest[spine.number]]), spine.signal * self.shaft_signal
        adds = min(here, 1.0) - min(here - own, 1.0)
        return spine if adds >= self.faintest * self.shaft_signal else replace(spine, visibility=Visibility.FAINT)

    def _litter(self) -> None:
        silhouette = self.shafts | self.spines
        for solid in droplets(self.parameters, silhouette, self.random):
            light = np.where(solid.mask, solid.high - solid.low, 0.0)
            self.field.add_columns(solid, self._held(1.5 * light))
        points, volume, radius = grit(self.parameters, silhouette, self.random)
        self.field.add_points(points, self._held_by_points(volume, radius), radius)

    def _draw_shaft(self, tube: Tube) -> Columns:
        window = tube_window(tube, self.parameters.side_px)
        assert window is not None, "the layout cuts dendrites to the picture"
        shaft = self.optics.seen(tube_columns(tube, window))
        solid = shaft.mask
        grain = self.random.standard_normal(np.count_nonzero(solid), dtype=np.float32)
        light = np.zeros(solid.shape)
        light[solid] = shaft.fill * (shaft.high - shaft.low)[solid]
        light[solid] *= np.maximum(1 + self.parameters.dye_texture * grain, 0.0)
        self.field.add_columns(shaft, self._held(light))
        self.shafts[window.slices] |= solid
        return shaft

    def _draw_spine(self, stand: Stand, tube: Tube, shaft: Columns, *, dendrite: int, number: int) -> MadeSpine:
        scale, side = self.parameters.pixel_size_um, self.parameters.side_px
        brightness = self.parameters.spine_brightness * float(self.random.lognormal(0, 0.35))
        midline = stand.solid.midline
        tip = (float(midline[-1, 0]), float(midline[-1, 1]))
        box, area_px, overlap, signal = (*tip, 0.0, 0.0), 0, 1.0, 0.0
        across, down = tube.points[:, 0] - tip[0], tube.points[:, 1] - tip[1]
        protrusion_um = scale * float((np.sqrt(across * across + down * down) - tube.radius).min())
        window = spine_window(stand.solid, side)
        if window is not None:
            columns, light = self._spine_light(stand, shaft.cut(window), window)
            shown = light > 0
            if shown.any():
                held = self._held(brightness * light)
                self.field.add_columns(columns, held)
                box, area_px = _bounds(shown, window), int(shown.sum())
                overlap = float((shown & self.shafts[window.slices]).sum() / area_px)
                signal = self._peak(columns, held)
                row, column = np.unravel_index(int(held.argmax()), held.shape)
                self.darkest[number] = window.top + int(row), window.left + int(column)
        visibility = self._visibility(tip, overlap, protrusion_um, signal)
        if area_px and window is not None and (self.shows_unseen or visibility is Visibility.VISIBLE):
            self.spines[window.slices] |= shown
        return MadeSpine(
            number=number,
            dendrite_number=dendrite,
            spine_class=stand.spine_class,
            box_px=box,
            centre_px=(box[0] + box[2] / 2, box[1] + box[3] / 2),
            base_px=(float(midline[0, 0]), float(midline[0, 1])),
            tip_px=tip,
            sizes_um=stand.sizes_um,
            projected_length_um=float(np.hypot(*np.diff(midline[:, :2], axis=0).T).sum() * scale),
            projected_area_um2=area_px * scale**2,
            position_um=stand.position_px * scale,
            azimuth_deg=float(np.degrees(stand.azimuth)),
            depth_um=float(midline[-1, 2] * scale),
            shaft_overlap=overlap,
            protrusion_um=protrusion_um,
            signal=signal,
            visibility=visibility,
        )

    def _spine_light(self, stand: Stand, shaft: Columns, window: Window) -> tuple[Columns, Depths]:
        """A spine's columns, and the light of what lies outside the shaft; the neck's outside the head as well."""
        solid = stand.solid
        parts = []
        inner = [shaft]
        if solid.head is not None:
            parts.append(self.optics.seen(ellipsoid_columns(solid.head, window)))
        if solid.neck is not None:
            parts.append(self.optics.seen(tube_columns(solid.neck, window)))
        total = np.zeros((window.height, window.width))
        for part in parts:
            own = part.high - part.low
            for other in inner:
                shared = np.minimum(part.high, other.high) - np.maximum(part.low, other.low)
                own -= np.maximum(shared, 0.0)
            total += np.where(own > LEAST_LIGHT_PX, part.fill * own, 0.0)
            inner.append(part)
        return (parts[0] if len(parts) == 1 else parts[0].united_with(parts[1])), total

    def _peak(self, columns: Columns, light: Depths) -> float:
        """A spine's light at its brightest pixel, after blur, over that of the shaft."""
        row, column = np.unravel_index(int(light.argmax()), light.shape)
        depth = (columns.low[row, column] + columns.high[row, column]) / 2
        variance = self.optics.sigma_px**2 * float(self.optics.widening_seen(depth))
        down = np.exp(-((np.arange(light.shape[0]) - row) ** 2) / (2 * variance))
        across = np.exp(-((np.arange(light.shape[1]) - column) ** 2) / (2 * variance))
        return float(down @ light @ across / (2 * np.pi * variance) / self.shaft_signal)

    def _visibility(
        self, tip_px: tuple[float, float], overlap: float, protrusion_um: float, signal: float
    ) -> Visibility:
        side = self.parameters.side_px
        if not (0 <= tip_px[0] <= side and 0 <= tip_px[1] <= side):
            return Visibility.CUT_BY_EDGE
        if overlap > MOST_OVERLAP or protrusion_um < LEAST_PROTRUSION_FWHM * self.parameters.lateral_fwhm_um:
            return Visibility.HIDDEN_BY_SHAFT
        return Visibility.FAINT if signal < self.faintest else Visibility.VISIBLE

    def _dendrite_truth(self, number: int, tube: Tube) -> MadeDendrite:
        scale = self.parameters.pixel_size_um
        steps_um = np.diff(tube.points, axis=0) * scale
        return MadeDendrite(
            number=number,
            centreline_px=tube.points[:, :2].copy(),
            radius_um=tube.radius * scale,
            depth_um=tube.points[:, 2] * scale,
            length_um=float(tube.arc[-1] * scale),
            length_3d_um=float(np.linalg.norm(steps_um, axis=1).sum()),
        )


def _faintest(parameters: SceneParameters) -> float:
    """The least peak of a spine, over a shaft in focus, that an observer can be asked to find."""
    if parameters.look is Look.PROJECTION:
        noise = float(np.sqrt(parameters.background / parameters.shaft_photons))
        return max(FAINTEST_IN_PROJECTION, FAINTEST_OVER_NOISE * noise)
    if parameters.look is Look.CUT_OUT:
        return max(FAINTEST_IN_CUT_OUT, 1.3 * parameters.cut_level)
    return FAINTEST_SIGNAL


def _bounds(shown: NDArray[np.bool_], window: Window) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return float(window.left + columns[0]), float(window.top + rows[0]), float(width), float(height)
