"""How blurred a picture is by its narrowest necks, and what of textbook spines rules can still tell at that blur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np

from spines.measure.rules import RULE_PRESETS, TEXTBOOK
from spines.measure.types import Quality, SpineMeasures
from spines.vocabulary.measures import NECK_WIDTH

LEAST_NECKS, NECK_PERCENTILE = 5, 10
# Necks below the resolution read as wide as the blur and so much (docs/measures.md).
NECK_OVER_BLUR_UM = 0.02
# A class that fewer textbook spines of it get cannot occur.
LEAST_SHARE = 0.1

# What widths read, by true width and blur (full width at half maximum), all in µm; of the phantoms in docs/measures.md.
_BLURS = (0.0, 0.25, 0.35, 0.45)
_HEADS = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2)
_HEAD_ERRORS = (
    (0.0,) * 7,
    (0.110, 0.051, 0.013, -0.023, -0.058, -0.079, -0.098),
    (0.220, 0.144, 0.084, 0.043, -0.024, -0.062, -0.091),
    (0.327, 0.250, 0.184, 0.126, 0.035, -0.025, -0.064),
)
_NECK_READS = (0.277, 0.368, 0.469)


def blur_um(necks_um: Iterable[float]) -> float | None:
    """A picture's blur (full width at half maximum, µm) by the widths that its necks read; None for fewer than 5.

    Nearly all necks are narrower than what light resolves, so that the narrowest tell the blur. Where all of them are
    wide it is read too large.
    """
    necks = np.array(list(necks_um), np.float64)
    if len(necks) < LEAST_NECKS:
        return None
    return max(float(np.percentile(necks, NECK_PERCENTILE)) - NECK_OVER_BLUR_UM, 0.05)


def withheld(preset: str, blur: float | None) -> dict[str, str]:
    """Classes that a preset cannot tell at a blur in µm, and what textbook spines of them get instead.

    What they get is withheld, too: it is mostly them. Nothing is withheld where the blur is not known.
    """
    return {} if blur is None else dict(_withheld(preset, round(blur, 2)))


def withheld_classes(preset: str, blur: float | None) -> frozenset[str]:
    """All classes that are not given: those that cannot occur, and those that their spines would get."""
    names = withheld(preset, blur)
    return frozenset(names) | frozenset(names.values())


@cache
def _withheld(preset: str, blur: float) -> tuple[tuple[str, str], ...]:
    found = []
    for name in TEXTBOOK:
        given = Counter(RULE_PRESETS[preset].classify(*sizes) for sizes in _read(name, blur))
        if given[name] < LEAST_SHARE * given.total():
            found.append((name, given.most_common(1)[0][0]))
    return tuple(found)


def _read(name: str, blur: float) -> list[tuple[float, float, float | None]]:
    """Length, head and neck of the textbook spines of a class as they are measured at a blur."""
    lengths, heads, neck = TEXTBOOK[name]
    neck_um = None if neck is None else float(np.interp(blur, _BLURS, (neck, *_NECK_READS)))
    errors = [float(np.interp(blur, _BLURS, column)) for column in zip(*_HEAD_ERRORS, strict=True)]
    read = [head + float(np.interp(head, _HEADS, errors)) for head in heads]
    return [(length, head, neck_um) for length in lengths for head in read]


def necks_um(spines: Iterable[object]) -> list[float]:
    """Widths of the necks of spines that have one, of rows and of measures alike."""
    widths = (getattr(spine, NECK_WIDTH.key) for spine in spines)
    return [width for width in widths if width is not None]


def withheld_by_rules(preset: str, spines: Iterable[object]) -> str:
    """The sentence that says what a preset withholds in the picture of these spines, and why; empty where nothing."""
    blur = blur_um(necks_um(spines))
    names = withheld(preset, blur) if preset in RULE_PRESETS else {}
    if not names or blur is None:
        return ""
    parts = "; ".join(f"{name} spines would read as {instead} by these rules" for name, instead in names.items())
    kept_back = " and ".join(sorted(withheld_classes(preset, blur)))
    return f"At this picture's blur, about {blur:.2f} µm by its narrowest necks, {parts}. So {kept_back} are not given."


def blur_of(spines: Iterable[SpineMeasures]) -> float | None:
    """The blur of the picture that these spines were measured in, as `blur_um`."""
    return blur_um(necks_um(spine for spine in spines if spine.quality is Quality.TRUSTED))
