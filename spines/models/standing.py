"""What a person says of whether an image counts."""

from __future__ import annotations

from django.db import models


class Standing(models.TextChoices):
    """Of an image; empty where nobody says, and the grade of its result decides."""

    ADMITTED = "admitted", "admitted"
    SET_ASIDE = "set_aside", "set aside"
