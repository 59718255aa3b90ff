"""What the Review page's address and its script ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from spines.models import ReviewOrder
from spines.selectors.review.orders import MOST_AN_ANIMAL, SAMPLE_AN_ANIMAL, Asked
from spines.services.review.queue import Given
from webapp.images.forms import EditForm, checked
from webapp.requests import is_number

MOST_HELD = 200


class AskedForm(forms.Form):
    """Which queue; what is left out is the usual."""

    order = forms.ChoiceField(choices=ReviewOrder.choices, required=False)
    n = forms.IntegerField(min_value=1, max_value=MOST_AN_ANIMAL, required=False)
    hide = forms.BooleanField(required=False)


class StepsForm(AskedForm):
    """The next steps, beside those that the page still has."""

    held = forms.CharField(required=False, max_length=20 * MOST_HELD)

    def clean_held(self) -> list[int]:
        """Ids."""
        parts = self.cleaned_data["held"].split()
        if not all(map(is_number, parts)):
            raise forms.ValidationError("These are no spines.")
        return [int(part) for part in parts]


class GivenForm(EditForm, AskedForm):
    """An answer."""

    answer = forms.CharField(max_length=30)


def asked_queue(cleaned: dict[str, Any], usual: ReviewOrder = ReviewOrder.UNCERTAIN) -> Asked:
    """Which queue is asked for; `usual` where no order is."""
    order = ReviewOrder(cleaned["order"] or usual)
    return Asked(order=order, an_animal=cleaned["n"] or SAMPLE_AN_ANIMAL)


def asked_in(query: QueryDict, usual: ReviewOrder) -> tuple[Asked, bool]:
    """Which queue the address asks for, and whether what the network says is to be hidden: in a sample by lot it is,
    unless the address says `hide=no`, so that nobody is led by it."""
    cleaned = checked(AskedForm({**query.dict(), "hide": query.get("hide") == "yes"}))
    asked = asked_queue(cleaned, usual)
    return asked, cleaned["hide"] or (asked.order == ReviewOrder.RANDOM and query.get("hide") != "no")


def given_in(cleaned: dict[str, Any]) -> Given:
    """As the service takes it."""
    return Given(answer=cleaned["answer"], order=asked_queue(cleaned).order, unseen=cleaned["hide"])
