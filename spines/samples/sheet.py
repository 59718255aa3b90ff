"""Sample sheets: a CSV file with one row a picture."""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from spines.errors import InvalidInput
from spines.imaging.calibration import LARGEST_PIXEL_UM, SMALLEST_PIXEL_UM
from spines.samples.fields import LONGEST_NAME

COLUMNS: dict[str, tuple[str, ...]] = {
    "file_name": ("file", "filename", "image", "image_name", "image_file", "name"),
    "animal": ("animal_id", "subject", "subject_id", "mouse", "mouse_id", "rat", "rat_id"),
    "cell": ("cell_id", "neuron", "neuron_id"),
    "condition": ("group", "treatment", "genotype"),
    "sex": ("gender",),
    "age_days": ("age", "age_in_days", "age_d"),
    "pixel_size_um": ("pixel_size", "um_per_pixel", "um_px", "um_per_px"),
}
MOST_ROWS = 100_000
_MOST_ERRORS_SHOWN = 8
_MOST_AGE_DAYS = 3_650

_SEXES = {"": "", "f": "female", "female": "female", "♀": "female", "m": "male", "male": "male", "♂": "male"}


@dataclass(frozen=True, kw_only=True)
class SampleRow:
    """One picture's row. Names are empty, numbers None, where the sheet says nothing."""

    row_number: int
    file_name: str
    animal: str = ""
    cell: str = ""
    condition: str = ""
    sex: str = ""
    age_days: int | None = None
    pixel_size_um: float | None = None


class SampleSheetError(InvalidInput):
    """All that is wrong with a sheet. `sentences` has one a fault, `sentence` the first of them together."""

    def __init__(self, sentences: list[str]) -> None:
        shown = " ".join(sentences[:_MOST_ERRORS_SHOWN])
        rest = len(sentences) - _MOST_ERRORS_SHOWN
        super().__init__(f"{shown} And {rest} more faults like these." if rest > 0 else shown)
        self.sentences = tuple(sentences)


def parse_sample_sheet(content: str | bytes) -> list[SampleRow]:
    """Read a sheet with commas, semicolons or tabs between its columns.

    Bytes may be UTF-8 with or without a mark, UTF-16 with one, or Latin-1. Columns are told by their heads, in
    any order, with the aliases of `COLUMNS`, in capitals or not; others are left alone. Rows are numbered as in
    a spreadsheet, the heads being row 1; empty rows are skipped.

    Raises SampleSheetError with every fault found.
    """
    text = content if isinstance(content, str) else _decode(content)
    text = text.removeprefix("\ufeff")
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        raise SampleSheetError(["The sheet is no CSV file: save it again as CSV from the spreadsheet."]) from error
    if not table or not any(head.strip() for head in table[0]):
        raise SampleSheetError(["The sheet is empty: give one row a picture below a row of column heads."])
    if len(table) > MOST_ROWS + 1:
        raise SampleSheetError([f"The sheet has more than {MOST_ROWS:,} rows: split it."])
    columns = _columns(table[0])
    faults: list[str] = []
    rows: list[SampleRow] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(table[1:], start=2):
        values = {column: cells[i].strip() for column, i in columns.items() if i < len(cells)}
        if not any(cell.strip() for cell in cells):
            continue
        found = list(_faults(values))
        name = values.get("file_name", "").replace("\\", "/")
        if name and name in seen:
            found.append(f"{name} is in row {seen[name]} already: keep one of the two.")
        seen.setdefault(name, number)
        faults.extend(f"Row {number}: {fault}" for fault in found)
        if not found:
            rows.append(_row(number, name, values))
    if faults:
        raise SampleSheetError(faults)
    if not rows:
        raise SampleSheetError(["The sheet has column heads and no rows: give one row a picture."])
    return rows


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


def _delimiter(text: str) -> str:
    heads = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t", key=heads.count)


def _columns(heads: list[str]) -> dict[str, int]:
    """Column to its place. Heads that name no column are left alone."""
    aliases = {alias: column for column, others in COLUMNS.items() for alias in (column, *others)}
    columns: dict[str, int] = {}
    faults: list[str] = []
    for place, head in enumerate(heads):
        plain = head.strip().lower().replace("µ", "u").replace("μ", "u")
        column = aliases.get(re.sub(r"[^a-z0-9]+", "_", plain).strip("_"))
        if column in columns:
            faults.append(f"Columns “{heads[columns[column]].strip()}” and “{head.strip()}” mean the same: keep one.")
        elif column:
            columns[column] = place
    if "file_name" not in columns:
        faults.append("The sheet has no column file_name: name the column with the pictures' file names so.")
    elif len(columns) == 1:
        faults.append("The sheet has only file names: add a column animal, cell, condition or pixel_size_um.")
    if faults:
        raise SampleSheetError(faults)
    return columns


def _faults(values: dict[str, str]) -> Iterator[str]:
    """What is wrong with a row, a sentence each."""
    if not values.get("file_name"):
        yield "the file name is missing: write it, or delete the row."
    for column in ("animal", "cell", "condition"):
        if len(values.get(column, "")) > LONGEST_NAME:
            yield f"the {column} is longer than {LONGEST_NAME} characters: shorten it."
    if not values.get("animal") and any(values.get(column) for column in ("cell", "condition", "sex", "age_days")):
        yield "the animal is missing, to which the rest of the row belongs: write it."
    if values.get("sex", "").lower() not in _SEXES:
        yield f"“{values['sex']}” is no sex: write female, male, or nothing."
    age = values.get("age_days", "")
    if age and (_number(age) is None or not 0 <= float(_number(age) or 0) <= _MOST_AGE_DAYS):
        yield f"“{age}” is no age in days: write a whole number, or nothing."
    size = values.get("pixel_size_um", "")
    size_um = _number(size)
    if size and (size_um is None or not SMALLEST_PIXEL_UM <= size_um <= LARGEST_PIXEL_UM):
        yield (
            f"“{size}” is no pixel size in µm: write a number from {SMALLEST_PIXEL_UM} to {LARGEST_PIXEL_UM:g}, "
            "such as 0.065, or nothing."
        )


def _row(number: int, name: str, values: dict[str, str]) -> SampleRow:
    age = _number(values.get("age_days", ""))
    return SampleRow(
        row_number=number,
        file_name=name,
        animal=values.get("animal", ""),
        cell=values.get("cell", ""),
        condition=values.get("condition", ""),
        sex=_SEXES[values.get("sex", "").lower()],
        age_days=None if age is None else int(age),
        pixel_size_um=_number(values.get("pixel_size_um", "")),
    )


def _number(text: str) -> float | None:
    """A number with a decimal point or, as European spreadsheets write it, a decimal comma."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
