"""Sample sheets: a CSV file with one row a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spines.imaging.calibration import LARGEST_PIXEL_UM, SMALLEST_PIXEL_UM
from spines.samples.factors import FACTOR_COLUMNS, factor_of_head, head_of_factor
from spines.samples.fields import LONGEST_NAME, SampleFields
from spines.samples.sheet_text import SampleSheetError, sheet_table

COLUMNS: dict[str, tuple[str, ...]] = {
    "file_name": ("file", "filename", "image", "image_name", "image_file", "name"),
    "animal": ("animal_id", "subject", "subject_id", "mouse", "mouse_id", "rat", "rat_id"),
    "cell": ("cell_id", "neuron", "neuron_id"),
    "condition": ("group",),
    "sex": ("gender",),
    "age_days": ("age", "age_in_days", "age_d"),
    "pixel_size_um": ("pixel_size", "um_per_pixel", "um_px", "um_per_px"),
}
FURTHER_COLUMNS: dict[str, tuple[str, ...]] = {
    "litter": ("litter_id", "cage", "cage_id", "batch", "batch_id", "dam", "dam_id"),
    "session": ("time_point", "timepoint", "imaging_session"),
}
"""Columns that few experiments have: a sheet is written with those that say something."""
_MOST_AGE_DAYS = 3_650
_SEXES = {"": "", "f": "female", "female": "female", "♀": "female", "m": "male", "male": "male", "♂": "male"}
_ALIASES = {
    alias: column
    for column, others in (COLUMNS | FURTHER_COLUMNS | FACTOR_COLUMNS).items()
    for alias in (column, *others)
}
_OF_THE_ANIMAL = ("cell", "condition", "sex", "age_days", "litter")


@dataclass(frozen=True, kw_only=True)
class SampleRow(SampleFields):
    """One picture's row. Names are empty, numbers None, where the sheet says nothing."""

    row_number: int
    file_name: str


def parse_sample_sheet(content: str | bytes) -> list[SampleRow]:
    """The rows of a sheet, as `read_sample_sheet` reads them. Raises SampleSheetError with every fault found."""
    rows, faults = read_sample_sheet(content)
    if faults:
        raise SampleSheetError(faults)
    return rows


def read_sample_sheet(content: str | bytes) -> tuple[list[SampleRow], list[str]]:
    """The rows that can be used, and a sentence for each fault of the others.

    Columns are told by their heads, in any order, with the aliases of `COLUMNS`, in capitals or not, and the heads may
    stand below a title; others are left alone. `genotype` and `treatment` are factors, and so is `factor: housing`.
    Rows are numbered as in a spreadsheet; empty rows are skipped. The quote of `vocabulary.formula_guard` is taken
    away. See `sheet_text.sheet_table` for what a sheet may be written like.

    Raises
    ------
    SampleSheetError
        When it cannot be read as a table, has no rows, or its heads are not what is expected.
    """
    table = sheet_table(content, known_heads=lambda row: sum(_column(head) is not None for head in row))
    columns = _columns(table.heads)
    faults: list[str] = []
    rows: list[SampleRow] = []
    seen: dict[str, int] = {}
    for number, cells in table.rows:
        values = {column: cells[i] for column, i in columns.items() if i < len(cells)}
        found = list(_faults(values))
        name = values.get("file_name", "").replace("\\", "/")
        if name and name in seen:
            found.append(f"{name} is in row {seen[name]} already: keep one of the two.")
        seen.setdefault(name, number)
        faults.extend(f"Row {number}: {fault}" for fault in found)
        if not found:
            rows.append(_row(number, name, values))
    if not rows and not faults:
        raise SampleSheetError(["The sheet has column heads and no rows: give one row a picture."])
    return rows, faults


def _column(head: str) -> str | None:
    """The column that a head names; of a factor without a column of its own, that in full: `factor: housing`."""
    factor = factor_of_head(head)
    if factor is not None:
        return _ALIASES.get(factor.replace(" ", "_"), head_of_factor(factor))
    plain = head.strip().lower().replace("µ", "u").replace("μ", "u")
    return _ALIASES.get(re.sub(r"[^a-z0-9]+", "_", plain).strip("_"))


def _columns(heads: list[str]) -> dict[str, int]:
    """Column to its place. Heads that name no column are left alone."""
    columns: dict[str, int] = {}
    faults: list[str] = []
    for place, head in enumerate(heads):
        column = _column(head)
        if column in columns:
            faults.append(f"Columns “{heads[columns[column]].strip()}” and “{head.strip()}” mean the same: keep one.")
        elif column:
            columns[column] = place
    if "file_name" not in columns:
        faults.append(
            "The sheet has no column file_name: name the column with the pictures' file names so. Expected is a row of "
            f"column heads with file_name and some of {', '.join([*COLUMNS][1:])}, genotype, treatment, "
            "litter, session; a title may stand above it."
        )
    elif len(columns) == 1:
        faults.append("The sheet has only file names: add a column animal, cell, condition or pixel_size_um.")
    if faults:
        raise SampleSheetError(faults)
    return columns


def _factors(values: Mapping[str, str]) -> dict[str, str]:
    plain = set(COLUMNS) | set(FURTHER_COLUMNS)
    return {
        factor_of_head(column) or column: level for column, level in values.items() if column not in plain and level
    }


def _faults(values: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a row, a sentence each."""
    if not values.get("file_name"):
        yield "the file name is missing: write it, or delete the row."
    factors = _factors(values)
    names = {
        column: values.get(column, "") for column in ("animal", "cell", "condition", "litter", "session")
    } | factors
    for column, name in names.items():
        if len(name) > LONGEST_NAME:
            yield f"the {column} is longer than {LONGEST_NAME} characters: shorten it."
    if not values.get("animal") and (factors or any(values.get(column) for column in _OF_THE_ANIMAL)):
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


def _row(number: int, name: str, values: Mapping[str, str]) -> SampleRow:
    age = _number(values.get("age_days", ""))
    return SampleRow(
        row_number=number,
        file_name=name,
        animal=values.get("animal", ""),
        cell=values.get("cell", ""),
        condition=values.get("condition", ""),
        factors=_factors(values),
        sex=_SEXES[values.get("sex", "").lower()],
        age_days=None if age is None else int(age),
        litter=values.get("litter", ""),
        session=values.get("session", ""),
        pixel_size_um=_number(values.get("pixel_size_um", "")),
    )


def _number(text: str) -> float | None:
    """A number with a decimal point or, as European spreadsheets write it, a decimal comma."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
