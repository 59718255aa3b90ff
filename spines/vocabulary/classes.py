"""The classes of spines, and sets of them. The four of the networks are the default set; a lab's own set begins with
them and adds classes of its own, each of which may stand for one of the four where only these are known.

Names, letters, keys, colours, lines and meanings of classes stand here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Line:
    """How a class's boxes are drawn, so that no class is told by its colour alone.

    `screen_px` and `picture_px` are widths on pages and in annotated pictures; dashes are (drawn, left out).
    """

    screen_px: float = 2
    picture_px: int = 2
    screen_dash: tuple[float, float] | None = None
    picture_dash: tuple[int, int] | None = None
    is_double: bool = False
    chip: str = "solid"
    """As CSS calls a border."""


LINES = {
    "thick": Line(screen_px=3.5, picture_px=4, chip="3px solid"),
    "thin": Line(screen_px=1.5, picture_px=2, chip="1px solid"),
    "double": Line(screen_px=5, picture_px=2, is_double=True, chip="4px double"),
    "dotted": Line(screen_px=2.5, picture_px=3, screen_dash=(2.5, 3.5), picture_dash=(3, 4), chip="2px dotted"),
    "dashed": Line(screen_px=2, picture_px=2, screen_dash=(7, 4), picture_dash=(9, 6), chip="2px dashed"),
    "solid": Line(chip="2px solid"),
}
"""By name; `thin` and `thick` are whole lines."""

SYMBOLS = {
    "thick": "circle",
    "thin": "triangle-up",
    "double": "square",
    "dotted": "diamond",
    "dashed": "x-thin-open",
    "solid": "cross",
}
"""The sign of a class in charts, by its line."""


@dataclass(frozen=True, kw_only=True)
class SpineClass:
    """A class. `key` is its name in tables, files and the API; `keyboard` the key that gives it on the image page.

    `colour` is #rrggbb, `outline` that of outlines over a picture where the colour is too dark for them. `onto` is the
    network's class that it stands for in maturity index, densities without filopodia, rules and training; empty for
    none. `many` are its spines in a sentence, `held_to_mean` what the field holds of them, `also_called` what sets of
    others call it.
    """

    key: str
    name: str
    letter: str
    colour: str
    line: str = "solid"
    meaning: str = ""
    keyboard: str = ""
    onto: str = ""
    is_of_network: bool = False
    many: str = ""
    held_to_mean: str = ""
    also_called: tuple[str, ...] = ()
    outline: str = ""

    @property
    def spines(self) -> str:
        """Its spines, in a sentence."""
        return self.many or f"{self.name.lower()} spines"

    @property
    def stands_for(self) -> str:
        """The network's class: itself, where it is one."""
        return self.key if self.is_of_network else self.onto

    @property
    def drawn(self) -> Line:
        """Its line."""
        return LINES[self.line]

    @property
    def symbol(self) -> str:
        """Its sign in charts."""
        return SYMBOLS[self.line]

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Its colour, 0 to 255."""
        return int(self.colour[1:3], 16), int(self.colour[3:5], 16), int(self.colour[5:7], 16)


MUSHROOM = SpineClass(
    key="mushroom",
    name="Mushroom",
    letter="M",
    keyboard="m",
    colour="#0072b2",
    outline="#4fb3ea",
    line="thick",
    meaning="A large head on a neck.",
    held_to_mean="Mushroom spines are held to be strong, long-lived synapses.",
    also_called=("mushrooms",),
    is_of_network=True,
)
THIN = SpineClass(
    key="thin",
    name="Thin",
    letter="T",
    keyboard="t",
    colour="#e69f00",
    line="thin",
    meaning="A small head on a long neck.",
    held_to_mean="Thin spines are held to be dynamic and to take part in learning.",
    is_of_network=True,
)
STUBBY = SpineClass(
    key="stubby",
    name="Stubby",
    letter="S",
    keyboard="s",
    colour="#009e73",
    outline="#1fcf9c",
    line="double",
    meaning="No neck.",
    held_to_mean="Stubby spines are held to be frequent early in development and few in adults.",
    is_of_network=True,
)
FILOPODIA = SpineClass(
    key="filopodia",
    name="Filopodia",
    letter="F",
    keyboard="f",
    colour="#cc79a7",
    line="dotted",
    meaning="Long and thin, without a head.",
    many="filopodia",
    held_to_mean="Filopodia are held to belong to developing neurons that seek contact.",
    also_called=("filopodium", "filopodial"),
    is_of_network=True,
)
UNCERTAIN = SpineClass(
    key="uncertain",
    name="Uncertain",
    letter="?",
    colour="#9aa1aa",
    line="dashed",
    meaning="No person said, and the network is unsure.",
)
"""No class of its own: counted apart until a person looks."""
CANNOT_SAY = SpineClass(
    key="cannot_say",
    name="Cannot say",
    letter="–",
    keyboard=",",
    colour=UNCERTAIN.colour,
    line="dashed",
    meaning="A person looked and could not tell the class.",
)
"""A person's answer, and no class: such a spine counts with the uncertain ones, whatever the network says of it."""

NETWORK_CLASSES = (MUSHROOM, THIN, STUBBY, FILOPODIA)
"""In the order of the networks' outputs and of every stored array of probabilities."""
NETWORK_KEYS = tuple(each.key for each in NETWORK_CLASSES)
MATURE, IMMATURE = (MUSHROOM.key, STUBBY.key), (THIN.key, FILOPODIA.key)
HEADED = (MUSHROOM.key, THIN.key)
"""Those with a head on a neck, the wide one first."""
NECKLESS = STUBBY.key
"""The one that sits on its dendrite without a neck."""
LEFT_OUT = FILOPODIA.key
"""The one that many papers leave out of a density, because it is held to be no spine yet."""
INDEX_IN_WORDS = f"({' + '.join(MATURE)}) / ({' + '.join(IMMATURE)})"
"""The maturity index."""
INDEX_CAVEAT = (
    f"The maturity index counts {STUBBY.spines} as mature, although they are frequent early in development; read it "
    "with the shares beside it."
)


@dataclass(frozen=True)
class ClassSet:
    """Classes in the order of every table, chart and export, the network's four first."""

    classes: tuple[SpineClass, ...] = NETWORK_CLASSES

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Of the classes that a person can give."""
        return tuple(each.key for each in self.classes)

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """Those that spines are counted under: uncertain ones apart, last."""
        return (*self.keys, UNCERTAIN.key)

    @cached_property
    def styles(self) -> dict[str, SpineClass]:
        """By key, uncertain too."""
        return {each.key: each for each in (*self.classes, UNCERTAIN)}

    @property
    def answers(self) -> tuple[str, ...]:
        """What a person can say of a spine: a class, or that they cannot say."""
        return (*self.keys, CANNOT_SAY.key)

    def style(self, key: str) -> SpineClass:
        """A class by its key; one that the set has not looks as uncertain ones do, under its own name."""
        if key == CANNOT_SAY.key:
            return CANNOT_SAY
        return self.styles.get(key) or replace(UNCERTAIN, name=key.capitalize(), letter=key[:1].upper())

    @cached_property
    def onto(self) -> dict[str, str]:
        """Class → the network's class that it stands for; those that stand for none are left out."""
        return {each.key: each.stands_for for each in self.classes if each.stands_for}

    def standing_for(self, *network: str) -> frozenset[str]:
        """The classes that stand for one of these."""
        return frozenset(key for key, onto in self.onto.items() if onto in network)

    def of_network(self, by_class: Mapping[str, int]) -> dict[str, int]:
        """Counts by the network's classes; what stands for none of them is left out."""
        found = dict.fromkeys(NETWORK_KEYS, 0)
        for key, n in by_class.items():
            if key in self.onto:
                found[self.onto[key]] += n
        return found

    @property
    def own(self) -> tuple[SpineClass, ...]:
        """Those that a lab added."""
        return self.classes[len(NETWORK_CLASSES) :]

    def for_scripts(self) -> dict[str, Any]:
        """As the scripts of a page take it."""
        return {
            "network": list(NETWORK_KEYS),
            "classes": [
                {"key": c.key, "name": c.name, "letter": c.letter, "keyboard": c.keyboard}
                for c in (*self.styles.values(), CANNOT_SAY)
            ],
        }

    def probabilities(self, values: Iterable[float] | None) -> dict[str, float] | None:
        """A stored array by class."""
        return None if values is None else dict(zip(NETWORK_KEYS, values, strict=True))


def certain(by_class: Mapping[str, int]) -> int:
    """Spines of certain class: what the share of a class is a share of."""
    return sum(n for name, n in by_class.items() if name != UNCERTAIN.key)


def share_is_of(by_class: Mapping[str, int], key: str) -> int:
    """What the share of a class is of: spines of certain class; for uncertain ones all spines."""
    return sum(by_class.values()) if key == UNCERTAIN.key else certain(by_class)


def class_share(by_class: Mapping[str, int], key: str) -> float | None:
    """Share of a class, 0 to 1, of counts by class: the one definition of it. None where nothing was counted.

    A class's is of the spines of certain class, so that noise, which makes spines uncertain, does not halve it; that of
    uncertain ones is of all.

    >>> counts = {"mushroom": 3, "thin": 1, "uncertain": 4}
    >>> class_share(counts, "mushroom"), class_share(counts, "uncertain"), class_share({"thin": 0}, "thin")
    (0.75, 0.5, None)
    """
    of = share_is_of(by_class, key)
    return by_class[key] / of if of else None


DEFAULT = ClassSet()
"""Mushroom, thin, stubby, filopodia."""
