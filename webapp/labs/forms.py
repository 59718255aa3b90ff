"""The form for a new API token."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from spines.services.accounts.tokens import LONGEST_NAME

LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("0", "until it is revoked")]


class TokenForm(forms.Form):
    """What it is for, and for how long."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        label="What it is for",
        help_text="For example “upload from the confocal’s computer”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(coerce=int, choices=LIFETIMES, initial="90", label="Works for")

    def expires_at(self) -> datetime | None:
        """When it ends; None for never."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
