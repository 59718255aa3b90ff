"""What the charts share: colours, symbols, places of points, and figures that say why they are empty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from spines.selectors.results.mean_interval import Spread
from spines.vocabulary.classes import SpineClass
from spines.vocabulary.measures import HEAD_WIDTH
from spines.vocabulary.numbers import in_words

Rows = Iterator[tuple[Any, ...]]
GAP = 0.8
_JITTER = 0.5
_GOLDEN = 0.618034

_ANIMAL_COLOURS = ("#4477AA", "#EE6677", "#228833", "#AA8800", "#33A0C8", "#AA3377", "#7A7A7A")  # after Tol's "bright"
_ANIMAL_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "hexagon", "bowtie")
MOST_IN_A_LEGEND = 12


@dataclass(frozen=True, kw_only=True)
class ChartChoice:
    """What the address chooses of a chart beside the filters: a measure, a page of dendrites."""

    measure: str = HEAD_WIDTH.key
    page: int = 1


NO_CHOICE = ChartChoice()


@dataclass(frozen=True, kw_only=True)
class AnimalMark:
    """How an animal's points look in one chart: colours return after 7 animals, symbols after 9, the pair after 63."""

    colour: str
    symbol: str


def animal_marks(animals: Iterable[tuple[str, str]]) -> dict[tuple[str, str], AnimalMark]:
    """A mark for each (condition, animal)."""
    return {
        key: AnimalMark(
            colour=_ANIMAL_COLOURS[at % len(_ANIMAL_COLOURS)], symbol=_ANIMAL_SYMBOLS[at % len(_ANIMAL_SYMBOLS)]
        )
        for at, key in enumerate(dict.fromkeys(animals))
    }


def rgba(of: SpineClass, alpha: float) -> str:
    """The colour of a class, so opaque."""
    red, green, blue = of.rgb
    return f"rgba({red},{green},{blue},{alpha})"


def interval_bars(spreads: Iterable[Spread], *, width: int) -> dict[str, Any]:
    """The intervals of means as Plotly's error bars, in the order of the marks."""
    chosen = list(spreads)
    return {
        "type": "data",
        "symmetric": False,
        "array": [spread.above for spread in chosen],
        "arrayminus": [spread.below for spread in chosen],
        "thickness": 1.5,
        "width": width,
    }


def side_by_side(count: int) -> list[float]:
    """Where so many points of one column stand side by side, symmetric about 0.

    >>> side_by_side(3)
    [-0.25, 0.0, 0.25]
    """
    return [_JITTER * ((i + 0.5) / count - 0.5) * count / max(count - 1, 1) for i in range(count)]


def scattered(count: int) -> list[float]:
    """Where many points of one column stand, spread evenly without a pattern that reads as one.

    >>> all(-0.35 <= shift <= 0.35 for shift in scattered(1000))
    True
    """
    return [0.7 * ((i * _GOLDEN) % 1 - 0.5) for i in range(count)]


def legend_beneath(plot_px: float = 270) -> dict[str, Any]:
    """A legend beneath the axis and its title, where it leaves the buttons alone, for a plot of about this height."""
    return {"orientation": "h", "yanchor": "top", "y": -54 / plot_px, "x": 0}


def empty_figure(sentence: str) -> go.Figure:
    """Nothing drawn, and why."""
    figure = go.Figure()
    figure.update_layout(meta={"note": sentence, "empty": True})
    return figure


def drawn_of(drawn: int, there: int, noun: str) -> str:
    """How many points stand for how many; empty where all are drawn."""
    if drawn >= there:
        return ""
    return (
        f"{drawn:,} of {in_words(there, noun)} are drawn, of each animal a random sample that is the same each time; "
        "means are of all."
    )


@dataclass(frozen=True, kw_only=True)
class ConditionLook:
    """How a condition's lines look: colour and dash say the same."""

    colour: str
    dash: str


_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def condition_looks(count: int) -> list[ConditionLook]:
    """A look for each of so many conditions, in their order."""
    return [
        ConditionLook(colour=_ANIMAL_COLOURS[at % len(_ANIMAL_COLOURS)], dash=_DASHES[at % len(_DASHES)])
        for at in range(count)
    ]
