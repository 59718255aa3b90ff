"""What a run changes in its recipe, checked when it is asked for and not hours later."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from spines.errors import InvalidInput
from spines.training.bounds import check_bounds, check_together

BUDGET = {"minutes": 1.0, "steps": 1}
"""How long a run goes on: no fields of a recipe. The values show the type."""
LONGEST_QUOTED = 40


def checked_overrides(
    recipe: Any, overrides: Mapping[str, Any], *, budget: Mapping[str, float] = BUDGET
) -> dict[str, Any]:
    """The overrides as values that JSON holds, each of the type of the recipe's field.

    `budget` names what may be given besides the fields.

    Raises
    ------
    InvalidInput
        A name is no field, a value is of another type or one that no training can go on with, or both `minutes` and
        `steps` are given.
    """
    present = {field.name: getattr(recipe, field.name) for field in fields(recipe)} | dict(budget)
    checked: dict[str, Any] = {}
    for name, value in overrides.items():
        if name not in present:
            raise InvalidInput(f"A recipe has no field “{name}”. It has {', '.join(sorted(present))}.")
        try:
            checked[name] = _as_like(present[name], value)
        except (ValueError, TypeError) as error:
            shown = argument(present[name])
            said = str(value) if len(str(value)) <= LONGEST_QUOTED else f"{str(value)[:LONGEST_QUOTED]}…"
            raise InvalidInput(f"{name} cannot be “{said}”: give a value like {shown}.") from error
    if BUDGET.keys() <= checked.keys():
        raise InvalidInput("Give either minutes or steps, not both.")
    for name in BUDGET.keys() & checked.keys():
        if not checked[name] > 0:
            raise InvalidInput(f"{name} must be above 0.")
    for name, value in checked.items():
        check_bounds(name, value)
    check_together(recipe, checked)
    return checked


def argument(value: Any) -> str:
    """A value as the command line of a training writes it: pairs as "0.7,1.5".

    >>> argument([0.7, 1.5])
    '0.7,1.5'
    """
    if isinstance(value, list | tuple):
        return ",".join(map(argument, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_like(present: Any, value: Any) -> Any:
    if isinstance(present, tuple):
        parts = value.split(",") if isinstance(value, str) else list(value)
        return [_as_like(each, part) for each, part in zip(present, parts, strict=True)]
    if isinstance(present, bool):
        if str(value).lower() not in {"true", "false"}:
            raise ValueError(value)
        return str(value).lower() == "true"
    if isinstance(present, str):
        return str(value).strip()
    number = type(present)(value)
    if not math.isfinite(number) or (isinstance(value, float) and number != value):
        raise ValueError(value)
    return number
