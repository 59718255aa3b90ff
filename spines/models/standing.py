"""Whether an image's result counts: what the program says of the picture, and what a person says over it."""

from __future__ import annotations

from django.db import models


class Grade(models.TextChoices):
    """How far a picture is from what the detector was trained on, from like to unlike; empty where nobody told."""

    AS_TRAINED = "as_trained", "as trained"
    OTHER_LAB = "other_lab", "another lab, probably fine"
    OTHER_KIND = "other_kind", "another kind of picture"
    NO_NEURON = "no_neuron", "no neuron"


COUNTED_GRADES = ("", Grade.AS_TRAINED, Grade.OTHER_LAB)
"""Results of these count unless a person sets their image aside; the others stand aside until a person admits them."""


class Standing(models.TextChoices):
    """What a person says of an image; empty where nobody does, and the grade of its result decides."""

    ADMITTED = "admitted", "admitted"
    SET_ASIDE = "set_aside", "set aside"
