"""What sets call their classes, and what they are called here."""

from __future__ import annotations

from collections.abc import Mapping

from spines.errors import InvalidInput
from spines.training_sets.report import Report
from spines.training_sets.types import KNOWN_CLASSES, NO_CLASS
from spines.vocabulary.classes import NETWORK_CLASSES

_ALSO_CALLED = {
    **{name: each.key for each in NETWORK_CLASSES for name in each.also_called},
    "balls": "ball",
    "spines": NO_CLASS,
    "dendritic spine": NO_CLASS,
    "dendritic spines": NO_CLASS,
}


class ClassNames:
    """Renames a set's classes; what is renamed to nothing known is dropped and told to the report.

    Parameters
    ----------
    own : the set's names, lower case or not, to those of `KNOWN_CLASSES`.
    """

    def __init__(self, report: Report, own: Mapping[str, str] | None = None) -> None:
        self._report = report
        self._own = {_key(name): known for name, known in (own or {}).items()}
        for name, known in (own or {}).items():
            if known not in KNOWN_CLASSES:
                raise InvalidInput(
                    f"Class {name} cannot be taken for {known}: choose one of {', '.join(KNOWN_CLASSES)}."
                )

    def known(self, name: str, picture: str) -> str | None:
        """The class's name here, or None when it is of no spine; the box of `picture` is then reported."""
        key = _key(name)
        known = self._own.get(key) or _ALSO_CALLED.get(key) or (key if key in KNOWN_CLASSES else None)
        if known is None:
            self._report.drop_box(f"are of the class {name!r}, which is none of {', '.join(KNOWN_CLASSES)}", picture)
        return known


def _key(name: str) -> str:
    key = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    return key.removesuffix(" spine").removesuffix(" spines") if key.split()[:1] != ["dendritic"] else key
