"""What the audit trail is narrowed to, kept in the address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from spines.selectors.audit import AuditFilters


class AuditFilterForm(forms.Form):
    """Who, about what, which words, when; what is not valid does not narrow, and says so."""

    who = forms.CharField(required=False, label="Who", max_length=150)
    about = forms.ChoiceField(required=False, label="About")
    text = forms.CharField(required=False, label="Words", max_length=200)
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, kinds: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about = self.fields["about"]
        assert isinstance(about, forms.ChoiceField)
        about.choices = [("", "anything"), *((kind, kind) for kind in kinds)]
        for field in self.fields.values():
            field.widget.attrs |= {"class": "input"}

    def filters(self) -> AuditFilters:
        """The filters that are valid."""
        self.full_clean()
        return AuditFilters(**{name: value for name, value in self.cleaned_data.items() if value})
