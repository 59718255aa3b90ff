"""CSV that streams and that a spreadsheet cannot be made to run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from spines.vocabulary.formula_guard import guarded


def _cell(value: Any) -> Any:
    """A value as it stands in the file. A text that a spreadsheet would run as a formula gets a quote."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value


class _Echo:
    """A file that hands each written line back, so that a table of any length streams."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Each row as a line of CSV, one at a time.

    >>> list(csv_lines([("image", "spines"), ("=1+1", 0.25), (None, True)]))
    ['image,spines\\r\\n', "'=1+1,0.25\\r\\n", ',true\\r\\n']
    """
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])
