"""How the classes of a set look, as CSS."""

from __future__ import annotations

from spines.vocabulary.classes import UNCERTAIN, ClassSet, SpineClass

_DARK = 0.2
"""Relative luminance (WCAG) below which a letter on the colour is white."""


def sheet(classes: ClassSet) -> str:
    """Chips, boxes, outlines, bars and drawings of each class. What is uncertain looks the same in every set."""
    return "\n".join(_rules(each) for each in classes.styles.values() if each.key != UNCERTAIN.key)


def _rules(each: SpineClass) -> str:
    line, key = each.drawn, each.key
    width, style = line.chip.split()
    rules = [
        f".chip-{key} {{ --chip: {each.colour}; border-width: {width}; border-style: {style}; }}",
        f".roi-{key} {{ --class: {each.colour}; --line: {line.screen_px}px; --letter: {_letter(each)}; }}",
        f".shape-{key} {{ --class: {each.outline or each.colour}; }}",
        f".bar-{key} {{ background: {each.colour}; }}",
        f".drawn-{key} {{ --drawn: {each.colour}; }}",
    ]
    if line.is_double:
        rules.append(f".roi-{key} .roi-core {{ stroke: #000000; stroke-width: 1.75px; }}")
    if line.screen_dash:
        dash = "{} {}".format(*line.screen_dash)
        rules.append(f".roi-{key} .roi-line, .drawn-{key} {{ stroke-dasharray: {dash}; }}")
    return "\n".join(rules)


def _letter(each: SpineClass) -> str:
    red, green, blue = (_linear(value / 255) for value in each.rgb)
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < _DARK else "#000000"


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
