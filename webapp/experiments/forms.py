"""What can be changed on many images at once, and the samples of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from spines.errors import InvalidInput
from spines.imaging import Polarity, Projection


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


class ChangeForm(forms.Form):
    """Pixel size, polarity, animal, cell and condition. An empty field changes nothing."""

    pixel_size_um = forms.FloatField(
        required=False, error_messages={"invalid": "The pixel size is not a number. Write it like 0.1."}
    )
    polarity = PolarityField(required=False)
    animal = forms.CharField(required=False, max_length=80)
    cell = forms.CharField(required=False, max_length=80)
    condition = forms.CharField(required=False, max_length=80)


class ViewForm(forms.Form):
    """Channel and plane as people count them, from 1."""

    channel = forms.IntegerField(required=False, min_value=1)
    projection = forms.ChoiceField(required=False, choices=[("", ""), *[(p.value, p.value) for p in Projection]])
    plane = forms.IntegerField(required=False, min_value=1)


class SheetForm(forms.Form):
    """A sample sheet."""

    sheet = forms.FileField(
        max_length=255, error_messages={"required": "No sheet is chosen. Choose a CSV file, then apply it."}
    )
    animals_recur = forms.BooleanField(required=False)


def cleaned(form: forms.BaseForm) -> dict[str, Any]:
    """The form's values, or its first complaint as the sentence that the user reads."""
    if form.is_valid():
        return form.cleaned_data
    name, errors = next(iter(form.errors.items()))
    sentence = str(errors[0])
    raise InvalidInput(sentence if sentence.count(" ") > 5 else f"{name.replace('_', ' ').capitalize()}: {sentence}")
