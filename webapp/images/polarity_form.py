"""The polarity of images, as people choose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from spines.imaging import Polarity


@dataclass(frozen=True, kw_only=True)
class WantedPolarity:
    """A polarity that somebody chose; None stands for what the picture tells."""

    polarity: Polarity | None


class PolarityField(forms.ChoiceField):
    """Light on dark, dark on light, or as the picture tells: a `WantedPolarity`, None where the field is empty."""

    def __init__(self, *, required: bool) -> None:
        super().__init__(
            required=required,
            choices=[(value, value) for value in ("told", *(polarity.value for polarity in Polarity))],
            error_messages={
                "required": "No polarity was chosen. Choose light on dark, dark on light, or as the picture tells.",
                "invalid_choice": "That is no polarity. Choose light on dark, dark on light, or as the picture tells.",
            },
        )

    def clean(self, value: Any) -> WantedPolarity | None:
        """The choice as a value."""
        chosen = super().clean(value)
        if not chosen:
            return None
        return WantedPolarity(polarity=None if chosen == "told" else Polarity(chosen))


class PolarityForm(forms.Form):
    """The polarity of one image."""

    polarity = PolarityField(required=True)
