"""What a column and a table of a data dictionary are, and how they read as Frictionless Table Schema (version 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ColumnType = Literal["string", "integer", "number", "boolean", "datetime"]

DATETIME_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its name ends in its unit, its description says what an empty cell means where it can be empty."""

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] = ()

    def field(self) -> dict[str, Any]:
        """As a field descriptor of Table Schema."""
        said = f"{self.description} Unit: {self.unit}." if self.unit else self.description
        field: dict[str, Any] = {"name": self.name, "type": self.type, "description": said}
        if self.type == "datetime":
            field["format"] = DATETIME_FORMAT
        named = {"required": self.required, "unique": self.unique, "enum": list(self.enum)}
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        constraints = {k: v for k, v in named.items() if v} | {k: v for k, v in limits.items() if v is not None}
        return field | ({"constraints": constraints} if constraints else {})


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: one row for each of what, under which key, and which of its columns name rows of other tables."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    key: str
    """A column, or several with a space between."""
    references: tuple[tuple[str, str], ...] = ()
    """(column, table): the column has the name of the other table's key."""

    @property
    def header(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def schema(self) -> dict[str, Any]:
        """As a Table Schema."""
        return {
            "fields": [column.field() for column in self.columns],
            "missingValues": [""],
            "primaryKey": self.key.split(),
            "foreignKeys": [
                {"fields": [column], "reference": {"resource": table, "fields": [column]}}
                for column, table in self.references
            ],
        }


def key(name: str, what: str) -> Column:
    """The primary key of a table."""
    description = f"Stable number of the {what}, unique in this installation."
    return Column(name=name, type="integer", description=description, required=True, unique=True, minimum=1)


def reference(name: str, what: str, *, required: bool = False) -> Column:
    """The key of a row of another table."""
    description = f"The {what} it belongs to." if required else f"The {what} it belongs to; empty for none."
    return Column(name=name, type="integer", description=description, required=required, minimum=1)


def text(name: str, description: str, *enum: str, required: bool = False) -> Column:
    """Words, or one of a few."""
    return Column(name=name, type="string", description=description, enum=enum, required=required)


def number(
    name: str, description: str, unit: str = "", *, required: bool = False, maximum: float | None = None
) -> Column:
    """A measured quantity, never below 0."""
    return Column(
        name=name, type="number", description=description, unit=unit, required=required, minimum=0, maximum=maximum
    )


def count(name: str, description: str, *, required: bool = True) -> Column:
    """How many."""
    return Column(name=name, type="integer", description=description, required=required, minimum=0)


def flag(name: str, description: str) -> Column:
    """True or false."""
    return Column(name=name, type="boolean", description=description, required=True)


def moment(name: str, description: str) -> Column:
    """A time in UTC."""
    return Column(name=name, type="datetime", description=f"{description} UTC.")
