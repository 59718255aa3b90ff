"""What of a set was not taken, and why. Nothing is left out without a line here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST_EXAMPLES = 5
LONGEST_SHOWN = 200


@dataclass
class _Dropped:
    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Counts of what was dropped, by reason, with a few names; and notes on what was changed.

    A reason completes "5 pictures: …", for example "cannot be read".
    """

    _dropped: dict[tuple[str, str], _Dropped] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)

    def drop_picture(self, reason: str, name: str) -> None:
        """Say that a picture, named `name`, is left out with its boxes."""
        self._drop("pictures", reason, name)

    def drop_box(self, reason: str, name: str) -> None:
        """Say that a box of the picture `name` is left out."""
        self._drop("boxes", reason, name)

    def drop_file(self, reason: str, name: str) -> None:
        """Say that a file of the set was not used."""
        self._drop("files", reason, name)

    def drop_size(self, reason: str, name: str) -> None:
        """Say that the pixel size that the picture `name` states is not taken."""
        self._drop("pixel sizes", reason, name)

    def note(self, sentence: str) -> None:
        """Say something that a user of the set should know."""
        sentence = _printable(sentence)
        if sentence not in self._notes:
            self._notes.append(sentence)

    def _drop(self, what: str, reason: str, name: str) -> None:
        name, reason = _printable(name), _printable(reason)
        dropped = self._dropped.setdefault((what, reason), _Dropped())
        dropped.count += 1
        if len(dropped.examples) < MOST_EXAMPLES and name not in dropped.examples:
            dropped.examples.append(name)

    def count(self, what: str) -> int:
        """How many "pictures", "boxes" or "files" were dropped."""
        return sum(dropped.count for (kind, _), dropped in self._dropped.items() if kind == what)

    def as_json(self) -> dict[str, Any]:
        """Plain values: {"dropped": [{"what", "reason", "count", "examples"}], "notes": [sentence]}."""
        return {
            "dropped": [
                {"what": what, "reason": reason, "count": dropped.count, "examples": dropped.examples}
                for (what, reason), dropped in sorted(self._dropped.items())
            ],
            "notes": list(self._notes),
        }

    def lines(self) -> list[str]:
        """The report for a terminal."""
        return report_lines(self.as_json())


def _printable(text: str) -> str:
    """Without what no database keeps (NUL, halves of characters), and no longer than is read."""
    cut = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return (
        cut
        if cut.isprintable()
        else "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cut)
    )


def report_lines(report: dict[str, Any]) -> list[str]:
    """A stored report as lines of text.

    >>> report_lines({"dropped": [{"what": "boxes", "reason": "have no area", "count": 7, "examples": ["a.png"]}]})
    ['7 boxes left out: have no area (a.png …)']
    """
    lines = []
    for dropped in report.get("dropped", ()):
        names = ", ".join(dropped["examples"]) + (" …" if dropped["count"] > len(dropped["examples"]) else "")
        lines.append(f"{dropped['count']} {dropped['what']} left out: {dropped['reason']} ({names})")
    return lines + list(report.get("notes", ()))
