"""What can be changed on many images at once, and the samples of an experiment."""

from __future__ import annotations

from django import forms

from spines.imaging import Projection
from webapp.images.polarity_form import PolarityField


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
