"""A sheet's bytes to a table of texts: encoding, separator, and where its column heads stand."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from spines.errors import SeveralFaults
from spines.samples.fields import as_name
from spines.vocabulary.formula_guard import unguarded

MOST_ROWS = 100_000
HEADS_WITHIN = 20
"""Column heads are looked for in so many rows: spreadsheets often have a title above them."""
_SEPARATORS = ",;\t"


class SampleSheetError(SeveralFaults):
    """All that is wrong with a sheet."""


@dataclass(frozen=True)
class SheetTable:
    """Column heads as written, and the rows below them, each with its number in a spreadsheet."""

    heads: list[str]
    rows: list[tuple[int, list[str]]]


def sheet_table(content: str | bytes, *, known_heads: Callable[[list[str]], int]) -> SheetTable:
    """Read a sheet with commas, semicolons or tabs between its columns, or what its line `sep=;` says.

    Parameters
    ----------
    content : str or bytes
        Bytes may be UTF-8 with or without a mark, UTF-16 with one, or Latin-1.
    known_heads : callable
        How many of a row's cells are known column heads. The row with most of them within the first `HEADS_WITHIN`
        holds the heads; the first row with text does where none has any.

    Raises
    ------
    SampleSheetError
        When it is no text table, is empty, or has too many rows.
    """
    text = content if isinstance(content, str) else _decode(content)
    text, separator = _separator_line(text.removeprefix("\ufeff"))
    if not separator:
        separator = max(_SEPARATORS, key=lambda each: _best(text, each, known_heads))
    try:
        table = [[_text(cell) for cell in row] for row in _reader(text, separator)]
    except csv.Error as error:
        raise SampleSheetError(["The sheet is no CSV file: save it again as CSV from the spreadsheet."]) from error
    filled = [i for i, row in enumerate(table) if any(row)]
    if not filled:
        raise SampleSheetError(["The sheet is empty: give one row a picture below a row of column heads."])
    if len(table) > MOST_ROWS + HEADS_WITHIN:
        raise SampleSheetError([f"The sheet has more than {MOST_ROWS:,} rows: split it."])
    at = max((i for i in filled if i < HEADS_WITHIN), key=lambda i: known_heads(table[i]), default=filled[0])
    return SheetTable(heads=table[at], rows=[(i + 1, table[i]) for i in filled if i > at])


def _text(cell: str) -> str:
    """What a cell says; space that the formula guard protects belongs to it."""
    trimmed = cell.strip()
    return unicodedata.normalize("NFC", text) if (text := unguarded(trimmed)) != trimmed else as_name(trimmed)


def _decode(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SampleSheetError(["The sheet is a spreadsheet program's own file: save it as CSV and give that."])
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise SampleSheetError(["The sheet is no text: save it as CSV from the spreadsheet."])
    return text


def _separator_line(text: str) -> tuple[str, str]:
    """The sheet without Excel's first line `sep=;`, which no spreadsheet counts as a row, and what it says."""
    line, _, rest = text.partition("\n")
    said = line.rstrip("\r").strip('"')
    if said[:4].lower() == "sep=" and len(said) == 5:
        return rest, said[4]
    return text, ""


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _best(text: str, separator: str, known_heads: Callable[[list[str]], int]) -> tuple[int, int]:
    """How well a separator fits: known heads in the best of the first rows, then columns in the first."""
    rows: list[list[str]] = []
    try:
        rows += islice(_reader(text, separator), HEADS_WITHIN)
    except csv.Error:
        return 0, 0
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return max((known_heads(row) for row in filled), default=0), len(filled[0]) if filled else 0
