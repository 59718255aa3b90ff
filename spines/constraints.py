"""Which rule of the database a write broke."""

from __future__ import annotations

from django.db import IntegrityError


def broken_constraint(error: IntegrityError) -> str:
    """The constraint's name, as the model states it; "" where the database names none."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
