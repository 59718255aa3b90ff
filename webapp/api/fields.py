"""Kinds of fields that requests and answers share. Limits stand in the schema, so that a client can know them."""

from __future__ import annotations

from typing import Annotated, Any, get_origin

from ninja import Schema
from ninja.params import models as params
from pydantic import ConfigDict, Field

from spines.export.columns import Table

GREATEST_ID = 2**63 - 1
LONGEST_TEXT = 10_000

_NO_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
NAME_PATTERN = rf"^[^\s{_NO_CONTROLS}]([^{_NO_CONTROLS}]*[^\s{_NO_CONTROLS}])?$"
TEXT_PATTERN = r"^[^\u0000]*$"

PathId = Annotated[int, params.Path(..., ge=1, le=GREATEST_ID, description="Its number, from a list or an answer.")]
RowId = Annotated[int, Field(ge=1, le=GREATEST_ID)]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=NAME_PATTERN)]
ShortName = Annotated[str, Field(max_length=80, pattern=rf"^$|{NAME_PATTERN}")]
Text = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=TEXT_PATTERN)]


class Asked(Schema):
    """Parameters in an address; those that no `Asked` of an operation names are refused."""

    @classmethod
    def parameters(cls) -> dict[str, bool]:
        """Their names in the address, and whether each may come several times."""
        return {field.alias or name: get_origin(field.annotation) is list for name, field in cls.model_fields.items()}


class Sent(Schema):
    """The JSON body of a request: exactly the fields that it names, of exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True)


def described(table: Table, column: str, **limits: Any) -> Any:
    """A field of an answer that is a column of an export: its definition and unit stand in the data dictionary."""
    known = next(each for each in table.columns if each.name == column)
    said = known.description.replace("Empty", "Null").replace("empty", "null")
    return Field(description=f"{said} Unit: {known.unit}." if known.unit else said, **limits)
