"""What a report consists of. Page and PDF are both made from this, so that they cannot say different things.

`kind` names a block's part of the page's template. All texts are plain: whoever sets them escapes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A few sentences."""

    kind: ClassVar = "paragraph"
    text: str
    is_lead: bool = False
    """The answer itself, set larger."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """A list."""

    kind: ClassVar = "points"
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names and what they are."""

    kind: ClassVar = "facts"
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under headings. The first `texts` columns are words, the others numbers; every cell is formatted."""

    kind: ClassVar = "table"
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    note: str = ""

    def columns(self) -> list[tuple[str, bool]]:
        """Each heading, and whether it stands over numbers."""
        return [(name, at >= self.texts) for at, name in enumerate(self.head)]

    def cells(self) -> list[list[tuple[str, bool]]]:
        """Each row's cells, and whether they are numbers."""
        return [[(text, at >= self.texts) for at, text in enumerate(row)] for row in self.rows]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A figure with its words. `note` says what is true of this drawing only; without `figure` why there is none.

    The figure is Plotly's JSON; `digest` is another for another figure.
    """

    kind: ClassVar = "chart"
    title: str
    caption: str
    note: str
    figure: dict[str, Any] | None
    digest: str = ""


Block = Paragraph | Points | Facts | Table | Chart


@dataclass(frozen=True, kw_only=True)
class Section:
    """Blocks under a heading."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of it, for one experiment under one set of filters."""

    title: str
    made_at: datetime
    made_by: str
    facts: Facts
    sections: tuple[Section, ...]
