"""What a lab says of classes of its own, read, checked and stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from spines.errors import InvalidInput
from spines.vocabulary.classes import CANNOT_SAY, LINES, NETWORK_CLASSES, NETWORK_KEYS, ClassSet, SpineClass
from spines.vocabulary.densities import ALL, without

MOST_CLASSES = 12
KEY_PATTERN = re.compile(r"[a-z][a-z0-9_]{1,29}")
_RESERVED = frozenset(
    ("uncertain", CANNOT_SAY.key, ALL.key, "spine", "all", "other", without(frozenset()).key, "dendrites", "images")
)
_KEYS_OF_THE_PAGE = frozenset("uaecljnpbodkxvwiygqh")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TOLD = ("key", "name", "letter", "keyboard", "colour", "line", "meaning", "onto")
"""What a lab says of a class of its own."""


def as_rows(own: Iterable[SpineClass]) -> list[dict[str, str]]:
    """A lab's own classes as they are stored."""
    return [{name: value for name, value in asdict(each).items() if name in _TOLD} for each in own]


def class_set(rows: Iterable[Mapping[str, str]]) -> ClassSet:
    """The four and a lab's own classes. Raises InvalidInput, with a sentence, for what cannot be one."""
    known = {field.name for field in fields(SpineClass)} & set(_TOLD)
    classes = list(NETWORK_CLASSES)
    for number, row in enumerate(rows, start=1):
        if strange := set(row) - known:
            raise InvalidInput(f"Class {number} has a field {min(strange)}, which classes have not. Take it out.")
        if not {"key", "name"} <= set(row):
            raise InvalidInput(f"Class {number} needs a key and a name.")
        told = {name: str(value).strip() for name, value in row.items()}
        said: dict[str, Any] = {"letter": told["name"][:1].upper(), "colour": _free_colour(classes)} | _said(told)
        made = SpineClass(**said)
        _check(made, classes)
        classes.append(replace(made, keyboard=made.keyboard.lower()))
    if len(classes) > MOST_CLASSES:
        raise InvalidInput(f"A set has at most {MOST_CLASSES} classes, the four of the networks among them.")
    return ClassSet(tuple(classes))


def _said(told: Mapping[str, str]) -> dict[str, str]:
    return {name: value.lower() if name == "colour" else value for name, value in told.items() if value}


_MORE_COLOURS = ("#56b4e9", "#d55e00", "#f0e442", "#8f6bd1", "#8c564b", "#17becf", "#bcbd22", "#e377c2")


def _free_colour(classes: Iterable[SpineClass]) -> str:
    taken = {each.colour for each in classes}
    return next((colour for colour in _MORE_COLOURS if colour not in taken), _MORE_COLOURS[0])


def _check(made: SpineClass, others: list[SpineClass]) -> None:
    what = f"Class “{made.name}”"
    if not KEY_PATTERN.fullmatch(made.key) or made.key in _RESERVED:
        raise InvalidInput(
            f"{what}: {made.key!r} cannot be a key. Use 2 to 30 small letters, digits and _, a letter first, and none "
            "of the words that tables use."
        )
    if not made.name or len(made.name) > 40:
        raise InvalidInput(f"{what} needs a name of at most 40 letters.")
    if len(made.letter) != 1:
        raise InvalidInput(f"{what} needs one letter, to stand in its box.")
    if made.onto and made.onto not in NETWORK_KEYS:
        raise InvalidInput(f"{what} can stand for {', '.join(NETWORK_KEYS)} or for none of them, not for {made.onto}.")
    if not _COLOUR.fullmatch(made.colour):
        raise InvalidInput(f"{what}: {made.colour} is no colour. Write it as #rrggbb.")
    if made.line not in LINES:
        raise InvalidInput(f"{what}: there is no line {made.line}. Choose one of {', '.join(LINES)}.")
    key = made.keyboard.lower()
    if key and (len(key) != 1 or not key.isalnum() or key in _KEYS_OF_THE_PAGE):
        raise InvalidInput(f"{what}: the key {made.keyboard} does something else on the image page. Choose another.")
    for other in others:
        for words, mine, its in (
            ("key", made.key, other.key),
            ("name", made.name.lower(), other.name.lower()),
            ("letter", made.letter, other.letter),
            ("key on the keyboard", key, other.keyboard),
        ):
            if mine and mine == its:
                raise InvalidInput(f"{what} has the same {words} as {other.name}. Give it another.")
