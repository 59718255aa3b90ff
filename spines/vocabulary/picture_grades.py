"""How far a picture is from what the networks are made for."""

from __future__ import annotations

from enum import StrEnum


class Grade(StrEnum):
    """From like to unlike. Where nobody told it is empty."""

    AS_TRAINED = "as_trained"
    OTHER_LAB = "other_lab"
    OTHER_KIND = "other_kind"
    NO_NEURON = "no_neuron"


GRADE_WORDS = {
    Grade.AS_TRAINED: "as trained",
    Grade.OTHER_LAB: "another lab, probably fine",
    Grade.OTHER_KIND: "another kind of picture",
    Grade.NO_NEURON: "no neuron",
}

COUNTED_GRADES = ("", Grade.AS_TRAINED, Grade.OTHER_LAB)
"""Results of these count unless a person sets their image aside; the others stand aside until a person admits them."""
