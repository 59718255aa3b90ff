"""The quote that keeps a spreadsheet from running a text as a formula, put there and taken away again.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and a name may
begin so: the genotype `+/+`, a file `=1.tif`. Such a text is written with a single quote before it. A text that begins
with quotes and then one of these gets one more, so that taking one away always gives what was there.
"""

from __future__ import annotations

import re

_GUARDED = re.compile(r"'*[=+\-@\t\r]")

RULE = (
    "A text that begins with =, +, -, @, a tab or a carriage return, or with single quotes and then one of these, is "
    "written with one single quote before it, so that a spreadsheet does not run it as a formula. Take that quote away "
    "to have the text as it is; a sample sheet that Spinula reads may carry it."
)
UNGUARD_IN_R = r"""sub("^'(?='*[=+@\t\r-])", "", x, perl = TRUE)"""
UNGUARD_IN_PYTHON = r"""x.str.replace(r"^'(?='*[=+@\t\r-])", "", regex=True)"""


def guarded(text: str) -> str:
    """The text as it stands in a file.

    >>> guarded("+/+"), guarded("'+/+"), guarded("'quoted'")
    ("'+/+", "''+/+", "'quoted'")
    """
    return f"'{text}" if _GUARDED.match(text) else text


def unguarded(cell: str) -> str:
    """The text that a cell of a file stands for: `guarded` undone.

    >>> unguarded("'+/+"), unguarded("+/+")
    ('+/+', '+/+')
    """
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell
