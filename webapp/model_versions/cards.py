"""A model card as the page shows it. Cards are written by training; unknown entries are shown, not dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spines.models import ModelVersion
from webapp.model_versions.card_drawings import without_drawn

_APART = {"kind", "name", "version", "sha256", "created", "data", "licences", "recipe", "figures"}
_APART |= {"figures_command", "limits", "shipped", "summary", "look", "curve"}
_FOR_PROGRAMS = {"input", "outputs", "output", "input_scale", "input_offset"}
"""What a program that loads the network reads; it goes with the network and its card."""
SERVING_IN_WORDS = {
    "classes": "classes",
    "score_threshold": "a box is a spine from a score of",
    "nms_iou": "of two boxes that share more than this, one stays",
    "nms_centre_distance": "of two whose centres are nearer, in sides of a box, one stays",
    "target_pixel_size_um": "it is shown pictures at, µm a pixel",
    "network_scale": "and enlarged so many times",
    "tile_px": "side of the tiles that it looks at, px",
    "overlap_px": "by which tiles overlap, px",
    "window_px": "side of the crop around a spine, px",
    "input_size_px": "which it is shown at, px a side",
    "uncertain_below": "a spine is uncertain below a probability of",
    "temperature": "temperature, which makes its probabilities as sure as right",
    "test_time_flips": "mirrored views of each crop",
    "turned_windows": "crops turned towards their light",
}
"""How the settings that a network is used with are called on its page, in this order."""

Lines = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """What the network was trained on."""

    name: str
    part: str
    licence: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ShownCard:
    """A card's parts in reading order; lists of (what, value)."""

    summary: str
    created: str
    data: list[DataSet]
    licences: list[str]
    figures: Lines
    figures_command: str
    serving: Lines
    recipe: Lines
    limits: list[str]


def in_words(key: str) -> str:
    """A key of a card as a label.

    >>> in_words("wide512_val_centre_f1"), in_words("target_pixel_size_um")
    ('wide512 val centre F1', 'target pixel size µm')
    """
    words = [{"f1": "F1", "um": "µm", "nms": "NMS", "iou": "IoU"}.get(w, w) for w in key.split("_")]
    return " ".join(words)


def lines_of(value: Mapping[str, Any], before: str = "") -> Lines:
    """Nested figures as flat lines, in the order of their names: the database does not keep the card's.

    >>> lines_of({"val": {"f1": 0.81234, "n": 12}, "channels": ["red"]})
    [('channels', 'red'), ('val F1', '0.812'), ('val n', '12')]
    """
    lines: Lines = []
    for key, entry in sorted(value.items()):
        label = f"{before} {in_words(str(key))}".strip()
        if isinstance(entry, Mapping):
            lines += lines_of(entry, label)
        else:
            lines.append((label, _text(entry)))
    return lines


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return "; ".join(f"{label} {text}" for label, text in lines_of(value))
    if isinstance(value, list | tuple):
        is_table = any(isinstance(each, list | tuple | Mapping) for each in value)
        return (" / " if is_table else ", ").join(_text(each) for each in value)
    return str(value)


def _look_in_short(card: Mapping[str, Any]) -> dict[str, str]:
    """The look of the training images is thousands of numbers, of which the page says what they are for."""
    look = card.get("look")
    if not isinstance(look, Mapping):
        return {}
    return {"look of the training images": f"{len(look.get('features', []))} figures, to tell images unlike them"}


def _serving(card: Mapping[str, Any]) -> Lines:
    """Known settings in words, then those that this release does not know, by their names."""
    known = {words: card[key] for key, words in SERVING_IN_WORDS.items() if key in card}
    said = [(words, _text(value)) for words, value in known.items()]
    unknown = set(card) - _APART - _FOR_PROGRAMS - set(SERVING_IN_WORDS)
    return said + lines_of({key: card[key] for key in unknown} | _look_in_short(card))


def _dataset(entry: Any) -> DataSet:
    if not isinstance(entry, Mapping):
        return DataSet(name=str(entry), part="", licence="", source="")
    return DataSet(**{key: str(entry.get(key, "")) for key in ("name", "part", "licence", "source")})


def shown_card(version: ModelVersion) -> ShownCard:
    """Take a version's card apart."""
    card: dict[str, Any] = version.card
    return ShownCard(
        summary=str(card.get("summary", "")),
        created=str(card.get("created", "")),
        data=[_dataset(entry) for entry in card.get("data", [])],
        licences=[str(licence) for licence in card.get("licences", [])],
        figures=lines_of(without_drawn(card.get("figures", {}))),
        figures_command=str(card.get("figures_command", "")),
        serving=_serving(card),
        recipe=lines_of(card.get("recipe", {})),
        limits=[str(limit) for limit in card.get("limits", [])],
    )
