"""The scale at which an image is shown to the detector: from its pixel size, and from what it shows.

A detector finds spines over about two octaves of scale, and boxes them smallest where they are at the lower end. So
the image is shown at several scales, and the boxes found at each tell how well it fits: their scores, and how near
their median side comes to that of spines at the network's own scale (`DetectorCard.typical_box_px`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log2

import numpy as np
from numpy.typing import NDArray

from spines.vocabulary.picture_scale import ScaleDoubt, ScaleSource, UsedScale, doubt_of, doubt_sentence
from worker.inference.card import DetectorCard
from worker.inference.detector import LARGEST_SCALE, SMALLEST_SCALE, Detection, scale_for

SMALLEST_SIDE_PX = 24
"""Of the longer side of a copy that can show a spine."""
MOST_ENLARGED_PX = 2048**2
"""An image is not enlarged beyond this to see whether it fits better: that would take minutes."""
PART_SIDE_PX = 768
"""Of the part of a large image that is enlarged first, in px of the copy: the whole follows where that fits better."""
ENLARGED_FOR = 3
ENLARGED_SCORES = 0.6
"""An image is enlarged only for so many spines of such scores: enlarged noise looks like small spines."""

COARSE_OCTAVES = (-1, -2, -3)
SAME_WITHIN_OCTAVES = 1.0
"""A stated pixel size and the picture disagree where they differ by more: twofold."""
CLEAR_SPINES = 5
CLEAR_SCORES = 0.65
CLEAR_OCTAVES = (-0.2, 0.25)
"""Where the median box may lie about the typical one, for an image to be taken at a scale without a look at others."""
FIT_OCTAVES_BELOW, FIT_OCTAVES_ABOVE = 0.3, 0.4
"""How fast the fit falls with the median box's distance from the typical one: noise is boxed small."""
ENOUGH_SPINES = 4.0
LEAST_FIT = 0.1
"""Below it nothing in the picture tells its scale."""
SURE_FIT = 0.4
BETTER = 1.5
"""How much better than the stated one another scale must fit to be believed instead."""
HALF_STEP_BETTER = 1.15
SAME_LOOK_OCTAVES = 0.55
"""A stated pixel size is gone by where the picture asks for no more: images of one microscope are shown alike."""


@dataclass(frozen=True, kw_only=True)
class ChosenScale(UsedScale):
    """The scale of an image; `scale` is in pixels of the picture that the networks see to one of the image.

    The detector's own `network_scale` comes on top of it.
    """

    scale: float


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was found at one scale, and `fit`, about 1 for a typical image at the network's own scale.

    `detections` may hold doubtful ones below the card's threshold, `spines` are those at or above it.
    """

    scale: float
    detections: list[Detection]
    spines: int
    fit: float
    scores: float
    octaves: float
    """Of the median box above the typical one; 0 where nothing was found."""


def stated_scale(card: DetectorCard, pixel_size_um: float | None) -> float:
    """As `scale_for`, but 1 for a pixel size at which spines cannot be resolved: nothing comes of enlarging those."""
    return scale_for(card, None if doubt_of(pixel_size_um) else pixel_size_um)


def look_at(card: DetectorCard, detections: Sequence[Detection], *, scale: float) -> Look:
    """How well what was found at a scale fits what the network finds at its own."""
    found = [d for d in detections if d.score >= card.score_threshold]
    look = partial(Look, scale=scale, detections=list(detections), spines=len(found))
    if not found:
        return look(fit=0.0, scores=0.0, octaves=0.0)
    sides = np.sqrt([d.box_px[2] * d.box_px[3] for d in found]) * scale
    octaves = log2(float(np.median(sides)) / card.typical_box_px)
    above = float(np.mean([d.score for d in found])) - card.score_threshold
    scores = above / max(card.typical_score - card.score_threshold, 1e-3)
    width = FIT_OCTAVES_BELOW if octaves < 0 else FIT_OCTAVES_ABOVE
    fit = scores * (1 - exp(-len(found) / ENOUGH_SPINES)) * exp(-((octaves / width) ** 2) / 2)
    return look(fit=fit, scores=scores, octaves=octaves)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A square of an image, its left and top in px; it may reach beyond the image's right and lower side."""

    x_px: int
    y_px: int
    side_px: int

    def of(self, detections: Sequence[Detection]) -> list[Detection]:
        """Those whose centre lies in it."""
        low, high = np.array([self.x_px, self.y_px]), np.array([self.x_px, self.y_px]) + self.side_px
        centres = _centres(detections)
        within = ((centres >= low) & (centres < high)).all(axis=1)
        return [detections[number] for number in np.flatnonzero(within).tolist()]


def _centres(detections: Sequence[Detection]) -> NDArray[np.float64]:
    boxes = np.array([each.box_px for each in detections], np.float64).reshape(-1, 4)
    return boxes[:, :2] + boxes[:, 2:] / 2


class ScaleSearch:
    """Looks at one image at several scales, each at most once.

    `detect` gives what is found at a scale, `detect_in` the same in a part of the image, boxes in px of that part;
    without it the whole is always looked at.
    """

    def __init__(
        self,
        card: DetectorCard,
        detect: Callable[[float], list[Detection]],
        *,
        size_px: tuple[int, int],
        detect_in: Callable[[float, Part], list[Detection]] | None = None,
    ) -> None:
        self._card = card
        self._detect = detect
        self._detect_in = detect_in
        self._size_px = size_px
        self._start, self._largest = 1.0, LARGEST_SCALE
        self._passed_over: set[float] = set()
        self.looks: dict[float, Look] = {}

    def at(self, scale: float) -> Look:
        """What is found at a scale."""
        if scale not in self.looks:
            self.looks[scale] = look_at(self._card, self._detect(scale), scale=scale)
        return self.looks[scale]

    def best(self, start: float, *, is_stated: bool = False, largest: float = LARGEST_SCALE) -> Look:
        """The scale that fits best, looked for from `start`.

        There alone where it is clear, else on smaller copies, on larger ones where good but small spines ask for it or
        next to nothing is found anywhere, and half an octave beside the best. No copy is larger than `largest`, and
        nothing is enlarged for want of spines where a pixel size says where to look.
        """
        self._start, self._largest = start, largest
        first = self.at(start)
        coarse = self._try(start / 4)
        if self._is_clear(first) and (coarse is None or coarse.fit < first.fit):
            return first
        for octaves in COARSE_OCTAVES:
            self._try(start * 2.0**octaves)
        while self._asks_for_more(best := self._fittest(), factor=2) and self._larger(best, factor=2) is not None:
            if self._fittest() is best:
                break
        if not is_stated and first.spines < ENLARGED_FOR and self._fittest().fit < SURE_FIT:
            self._enlarge_blindly(start * 2)
        return self._refined()

    def _enlarge_blindly(self, scale: float) -> None:
        """Keep a look at a larger copy only where what it shows is sure, and not as small as noise."""
        look = self._try(scale)
        if look is not None and (look.fit < SURE_FIT or look.octaves < CLEAR_OCTAVES[0]):
            self._passed_over.add(scale)

    def _asks_for_more(self, look: Look, *, factor: float) -> bool:
        are_good = look.spines >= ENLARGED_FOR and look.scores >= ENLARGED_SCORES
        return look.octaves < CLEAR_OCTAVES[0] and (are_good or look.scale * factor <= 1)

    def _refined(self) -> Look:
        best = self._fittest()
        low, high = CLEAR_OCTAVES
        if low <= best.octaves <= high:
            return best
        if best.octaves < low and not self._asks_for_more(best, factor=2**0.5):
            return best
        is_small = best.octaves < low
        if is_small:
            beside = self._larger(best, factor=2**0.5, better=HALF_STEP_BETTER)
        else:
            beside = self._try(best.scale * 2**-0.5)
        return beside if beside is not None and beside.fit > HALF_STEP_BETTER * best.fit else best

    def _fittest(self) -> Look:
        looks = (look for scale, look in self.looks.items() if scale not in self._passed_over)
        return max(looks, key=lambda look: look.fit)

    def _larger(self, best: Look, *, factor: float, better: float = 1.0) -> Look | None:
        """As `_try` for a larger copy; None, too, where the part with most spines fits not `better` times as well."""
        scale = best.scale * factor
        part = self._part_of(best, scale)
        if part is not None and self._detect_in is not None and self._can(scale):
            here = look_at(self._card, part.of(best.detections), scale=best.scale)
            tells = here.spines >= CLEAR_SPINES
            if tells and look_at(self._card, self._detect_in(scale, part), scale=scale).fit <= better * here.fit:
                return None
        return self._try(scale)

    def _part_of(self, look: Look, scale: float) -> Part | None:
        """The part with most spines, to be asked before the whole; None where that costs little or was looked at."""
        height, width = self._size_px
        side_px = round(PART_SIDE_PX / scale)
        if scale in self.looks or scale <= self._start or height * width < 2 * side_px**2:
            return None
        centres = _centres([each for each in look.detections if each.score >= self._card.score_threshold])
        corners = np.clip(np.round(centres - side_px / 2), 0, np.maximum(np.array([width, height]) - side_px, 0))
        offsets = centres[None] - corners[:, None]
        counts = ((offsets >= 0) & (offsets < side_px)).all(axis=2).sum(axis=1)
        if not len(counts):
            return None
        x_px, y_px = corners[int(counts.argmax())].astype(int).tolist()
        return Part(x_px=x_px, y_px=y_px, side_px=side_px)

    def _can(self, scale: float) -> bool:
        height, width = self._size_px
        if not SMALLEST_SCALE <= scale <= self._largest or max(height, width) * scale < SMALLEST_SIDE_PX:
            return False
        return scale <= 1 or scale in self.looks or height * width * scale**2 <= MOST_ENLARGED_PX

    def _try(self, scale: float) -> Look | None:
        return self.at(scale) if self._can(scale) else None

    def _is_clear(self, look: Look) -> bool:
        low, high = CLEAR_OCTAVES
        return look.spines >= CLEAR_SPINES and look.scores >= CLEAR_SCORES and low <= look.octaves <= high


def choose_scale(
    search: ScaleSearch, card: DetectorCard, pixel_size_um: float | None, *, confirmed: bool = False
) -> ChosenScale:
    """The scale at which an image is to be analysed; `search.at` then has what is found there.

    A pixel size that a person confirmed is gone by without a look. One that the picture agrees with within half an
    octave is gone by too, so that images of one microscope are shown alike whatever the spines on them; within an
    octave it says where to begin, and the spines themselves tell the rest. Where they differ by more, the picture is
    believed if it is sure of itself and fits clearly better than the pixel size does.

    Parameters
    ----------
    pixel_size_um : as the file or a person states it, µm a pixel; None when not known.
    """
    start, doubt = stated_scale(card, pixel_size_um), doubt_of(pixel_size_um)
    usable_um = None if doubt else pixel_size_um
    as_stated = ScaleSource.STATED if usable_um else ScaleSource.ASSUMED
    target_um = card.target_pixel_size_um
    if target_um is None:
        return ChosenScale(scale=start, pixel_um=None, source=ScaleSource.ASSUMED, doubt=doubt)
    if confirmed and usable_um:
        return ChosenScale(scale=start, pixel_um=target_um * start, source=as_stated)
    # A pixel size at which spines cannot be resolved is not mended by enlarging.
    best = search.best(start, is_stated=usable_um is not None, largest=start if doubt else LARGEST_SCALE)
    if best.fit < LEAST_FIT:
        return ChosenScale(scale=start, pixel_um=target_um * start, source=as_stated, doubt=doubt)
    seen_um = target_um * best.scale / 2 ** float(np.clip(best.octaves, *CLEAR_OCTAVES))
    chosen = partial(ChosenScale, sureness=min(1.0, best.fit), seen_pixel_um=seen_um)
    if usable_um is None:
        return chosen(scale=best.scale, pixel_um=target_um * best.scale, source=ScaleSource.SEEN, doubt=doubt)
    if abs(log2(seen_um / usable_um)) < SAME_WITHIN_OCTAVES:
        first = search.at(start)
        is_beside = abs(log2(best.scale / start)) <= SAME_LOOK_OCTAVES
        as_good = first.spines > 0 and first.scores * BETTER >= best.scores
        scale = start if is_beside and as_good else best.scale
        return chosen(scale=scale, pixel_um=target_um * scale, source=ScaleSource.BOTH)
    if best.fit >= max(SURE_FIT, BETTER * search.at(start).fit):
        doubt = ScaleDoubt.DISAGREES
        return chosen(scale=best.scale, pixel_um=target_um * best.scale, source=ScaleSource.SEEN, doubt=doubt)
    return chosen(scale=start, pixel_um=target_um * start, source=as_stated)


def doubt_in(chosen: ChosenScale, pixel_size_um: float | None) -> str:
    """What a user of headless analysis reads of a doubtful pixel size; empty where there is no doubt."""
    if pixel_size_um is None or not chosen.doubt:
        return ""
    said = doubt_sentence(chosen.doubt, pixel_size_um=pixel_size_um, seen_pixel_um=chosen.seen_pixel_um)
    if chosen.source is not ScaleSource.SEEN:
        return said
    return f"{said} Spines were found at the scale of the picture, and measured by the stated size: correct it."
