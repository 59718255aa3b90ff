"""What an address may ask of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from spines.errors import InvalidInput
from spines.imaging import Projection
from spines.models import Image
from spines.services.review.stated import Stated
from spines.vocabulary.classes import ClassSet

LOW_PERCENT, HIGH_PERCENT = 0.5, 99.9


@dataclass(frozen=True, kw_only=True)
class PictureView:
    """Channel, projection and contrast of a picture. Percentiles are of the whole plane."""

    channel: int
    projection: Projection
    plane: int
    low_percent: float
    high_percent: float
    gamma: float
    invert: bool


class PictureForm(forms.Form):
    """Every field may be left out; then the image's own view and the usual contrast stand."""

    low = forms.FloatField(min_value=0, max_value=100, required=False)
    high = forms.FloatField(min_value=0, max_value=100, required=False)
    gamma = forms.FloatField(min_value=0.1, max_value=5, required=False)
    invert = forms.BooleanField(required=False)
    channel = forms.IntegerField(min_value=0, required=False)
    projection = forms.ChoiceField(choices=[(p.value, p.value) for p in Projection], required=False)
    plane = forms.IntegerField(min_value=0, required=False)


class ShownForm(forms.Form):
    """Which spines an annotated picture shows: `class` may come several times."""

    least_score = forms.FloatField(min_value=0, max_value=1, required=False)
    classes = forms.MultipleChoiceField(required=False)

    def __init__(self, query: QueryDict, *, classes: ClassSet) -> None:
        super().__init__(query)
        self.fields["classes"].choices = [(name, name) for name in classes.counted]  # type: ignore[attr-defined]

    def add_prefix(self, field_name: str) -> str:
        """Short names in the address."""
        return {"least_score": "score", "classes": "class"}.get(field_name, field_name)


class EditForm(forms.Form):
    """What each edit states: the version that the page has seen, and a key of its own."""

    version = forms.IntegerField(min_value=0)
    key = forms.UUIDField(required=False)


class ResultForm(EditForm):
    """The result that the page shows."""

    result = forms.IntegerField()


def stated_in(cleaned: dict[str, Any]) -> Stated:
    """As the services take it."""
    return Stated(version=cleaned["version"], key=cleaned["key"])


def checked(form: forms.Form) -> dict[str, Any]:
    """The cleaned values, or an `InvalidInput` that names the first wrong part of the address."""
    if form.is_valid():
        return form.cleaned_data
    field, messages = next(iter(form.errors.items()))
    raise InvalidInput(f"The address has a wrong “{form.add_prefix(field)}”: {messages[0]} Reload the page.")


def picture_view(query: QueryDict, image: Image) -> PictureView:
    """The view that an address asks for, with the image's own for what it leaves out."""
    asked = checked(PictureForm(query))
    view = PictureView(
        channel=_or(asked["channel"], image.channel),
        projection=Projection(asked["projection"] or image.projection),
        plane=_or(asked["plane"], image.plane),
        low_percent=_or(asked["low"], LOW_PERCENT),
        high_percent=_or(asked["high"], HIGH_PERCENT),
        gamma=_or(asked["gamma"], 1.0),
        invert=asked["invert"],
    )
    if view.channel >= image.channels or view.plane >= image.planes:
        raise InvalidInput(
            f"This image has {image.channels} channels and {image.planes} planes; the address asks for more."
        )
    if view.low_percent >= view.high_percent:
        raise InvalidInput("The lower contrast limit must be below the upper one.")
    return view


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value
