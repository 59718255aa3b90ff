"""Classes from measures by published rules: a second opinion beside the network's, never ground truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spines.measure.types import SpineMeasures

NECK_RATIO = 1.1


@dataclass(frozen=True, kw_only=True)
class RulePreset:
    """A published scheme: its name, where it comes from, its rules in words, and the rules.

    `classify` takes length, head width and neck width, all in µm; the neck's width is None where there is no neck.
    """

    name: str
    citation: str
    rules: tuple[str, ...]
    classify: Callable[[float, float, float | None], str]


def _neuronstudio(length_um: float, head_width_um: float, neck_width_um: float | None) -> str:
    has_neck = neck_width_um is not None and head_width_um > NECK_RATIO * neck_width_um
    if has_neck and head_width_um >= 0.35:
        return "mushroom"
    if not has_neck and length_um < 2.5 * head_width_um:
        return "stubby"
    return "filopodia" if length_um > 3 else "thin"


def _golgi(length_um: float, head_width_um: float, neck_width_um: float | None) -> str:
    if length_um > 2 or (head_width_um < 0.25 * length_um and length_um > 1.5):
        return "filopodia"
    if head_width_um > 0.6:
        return "mushroom"
    if length_um < head_width_um and length_um < 1:
        return "stubby"
    return "thin"


RULE_PRESETS: dict[str, RulePreset] = {
    "dendritic_spine_counter": RulePreset(
        name="Dendritic Spine Counter (NeuronStudio scheme, Rodriguez 2008)",
        citation=(
            "Rodriguez A, Ehlenberger DB, Dickstein DL, Hof PR, Wearne SL. Automated three-dimensional detection and "
            "shape classification of dendritic spines from fluorescence microscopy images. PLoS ONE 3:e1997, 2008; "
            "with the thresholds of the program Dendritic Spine Counter."
        ),
        rules=(
            "A neck counts when the head is more than 1.1 times as wide.",
            "Neck, and a head of at least 0.35 µm: mushroom.",
            "No neck, and shorter than 2.5 times the head's width: stubby.",
            "Otherwise, longer than 3 µm: filopodia; else thin.",
        ),
        classify=_neuronstudio,
    ),
    "golgi": RulePreset(
        name="Golgi scheme (after Risher 2014)",
        citation=(
            "Risher WC, Ustunkaya T, Singh Alvarado J, Eroglu C. Rapid Golgi analysis method for efficient and "
            "unbiased classification of dendritic spines. PLoS ONE 9:e107591, 2014; with the thresholds and order of "
            "the program ManualSpineTypes-GOLGI."
        ),
        rules=(
            "The first rule that fits counts.",
            "Longer than 2 µm, or longer than 1.5 µm with a head narrower than a quarter of that: filopodia.",
            "Head wider than 0.6 µm: mushroom.",
            "Shorter than 1 µm and than its head is wide: stubby.",
            "Otherwise thin.",
        ),
        classify=_golgi,
    ),
}
"""The presets that an experiment can choose from, by the key that is stored."""


TEXTBOOK: dict[str, tuple[tuple[float, ...], tuple[float, ...], float | None]] = {
    "mushroom": ((1.2, 1.5, 1.8), (0.6, 0.8, 1.0), 0.2),
    "thin": ((0.8, 1.1, 1.4, 1.8), (0.3, 0.4, 0.5), 0.15),
    "stubby": ((0.5, 0.65, 0.8), (0.55, 0.7, 0.85), None),
    "filopodia": ((2.2, 3.2, 4.2), (0.3,), None),
}
"""Lengths, head widths and neck of each class as textbooks have them, in µm; None: no neck."""


def rule_class(preset: str, measures: SpineMeasures) -> str | None:
    """The class that a preset gives a measured spine; None where a measure that it needs is missing.

    A neck that is there but too faint for a width counts as narrower than the head.

    Raises
    ------
    KeyError
        When there is no such preset.
    """
    classify = RULE_PRESETS[preset].classify
    if measures.length_um is None or measures.head_width_um is None:
        return None
    neck_width_um = measures.neck_width_um
    if neck_width_um is None and measures.neck_length_um is not None:
        neck_width_um = 0.0
    return classify(measures.length_um, measures.head_width_um, neck_width_um)
