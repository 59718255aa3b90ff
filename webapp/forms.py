"""What pages with forms share."""

from __future__ import annotations

from typing import Any

from django import forms

from spines.errors import InvalidInput


def cleaned(form: forms.BaseForm) -> dict[str, Any]:
    """The form's values, or its first complaint as the sentence that the user reads."""
    if form.is_valid():
        return form.cleaned_data
    name, errors = next(iter(form.errors.items()))
    sentence = str(errors[0])
    raise InvalidInput(sentence if sentence.count(" ") > 5 else f"{name.replace('_', ' ').capitalize()}: {sentence}")
