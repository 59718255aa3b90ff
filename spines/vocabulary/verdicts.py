"""What a comparison of two networks may say, and what it takes. Plain words, for rules, pages and networks."""

from __future__ import annotations

from enum import StrEnum

LEAST_GROUPS = 8
"""Independent groups (animals, dendrites, acquisitions) without which a difference says nothing."""

MARGINS = {"f1": 0.03, "macro_f1": 0.05}
"""By figure, what a network may lose elsewhere and still be called no worse."""


class Verdict(StrEnum):
    """How a network stands beside the one in use."""

    BETTER = "better"
    NO_WORSE = "no worse"
    NOT_SHOWN = "not shown"
    WORSE = "worse"
    NONE = "none"

    @property
    def label(self) -> str:
        """As a heading says it."""
        return _LABELS[self]

    @property
    def of_old(self) -> str:
        """What it says of an old domain, where the question is what was lost; "" for no verdict."""
        return _OF_OLD[self]


_LABELS = {
    Verdict.BETTER: "Better",
    Verdict.NO_WORSE: "No worse",
    Verdict.NOT_SHOWN: "Not shown to be better",
    Verdict.WORSE: "Worse",
    Verdict.NONE: "No verdict",
}
_OF_OLD = {
    Verdict.BETTER: "no loss shown",
    Verdict.NO_WORSE: "no loss shown",
    Verdict.NOT_SHOWN: "may have lost",
    Verdict.WORSE: "lost",
    Verdict.NONE: "",
}
