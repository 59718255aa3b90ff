"""Factors of an experiment, such as genotype and treatment, and the condition that their levels make together."""

from __future__ import annotations

import re
from collections.abc import Mapping

FACTOR_COLUMNS: dict[str, tuple[str, ...]] = {"genotype": (), "treatment": ()}
"""Factors that have a column of their own in a sheet, in the order in which they are crossed, with other heads."""
BETWEEN_LEVELS = " · "
_OTHER_FACTOR = re.compile(r"factor[\s:_]+(.+)", re.IGNORECASE)


def factor_of_head(head: str) -> str | None:
    """The factor that a column head of the form `factor: housing` names, in small letters; None for other heads."""
    found = _OTHER_FACTOR.fullmatch(head.strip())
    return " ".join(found.group(1).lower().split()) if found else None


def head_of_factor(factor: str) -> str:
    """The column head of a factor: its name where the factor is a usual one, else `factor: housing`."""
    return factor if factor in FACTOR_COLUMNS else f"factor: {factor}"


def in_order(factors: Mapping[str, str]) -> list[str]:
    """Names of factors as they are crossed and shown: the usual ones first, then the others by name."""
    usual = list(FACTOR_COLUMNS)
    return sorted(factors, key=lambda name: (usual.index(name) if name in usual else len(usual), name))


def crossed(factors: Mapping[str, str]) -> str:
    """The name of the condition that these levels make.

    >>> crossed({"treatment": "saline", "genotype": "WT"})
    'WT · saline'
    """
    return BETWEEN_LEVELS.join(factors[name] for name in in_order(factors))
