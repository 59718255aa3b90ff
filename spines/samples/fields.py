"""What somebody says of a picture: a file name, a row of a sheet, a form, a program."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# As long as the names of animals, cells and conditions may be where they are stored.
LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class SampleFields:
    """Names without space around them. What is empty or None says nothing, and so changes nothing.

    `condition`, `factors` (a level by the factor's name), `sex`, `age_days` and `litter` are facts of the animal;
    `cell`, `session` and `pixel_size_um` are facts of the picture.
    """

    animal: str = ""
    cell: str = ""
    condition: str = ""
    factors: Mapping[str, str] = field(default_factory=dict)
    sex: str = ""
    age_days: int | None = None
    litter: str = ""
    session: str = ""
    pixel_size_um: float | None = None

    def as_stored(self) -> SampleFields:
        """The same with every name as it is stored and compared."""
        factors = {name: plain for name, level in self.factors.items() if (plain := as_name(level))}
        return replace(
            self,
            animal=as_name(self.animal),
            cell=as_name(self.cell),
            condition=as_name(self.condition),
            litter=as_name(self.litter),
            session=as_name(self.session),
            factors=factors,
        )


NOTHING = SampleFields()
"""What says nothing."""


def as_name(text: str) -> str:
    """A name as it is stored and compared: without space around it, its letters composed (Unicode NFC).

    macOS writes é as two characters, other systems as one; both are the same name.
    """
    return unicodedata.normalize("NFC", text).strip()
