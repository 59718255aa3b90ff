"""Forms of accounts: signing in, one's own page, accepting an invitation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils import timezone

from spines.models import User
from spines.services.accounts.tokens import LONGEST_NAME

LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "a year")]
_NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})
_RULE = "At least 12 characters; a few words in a row are good. Not your name, and not a password that many use."


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth carries no types
    """Does not tell whether the name or the password was wrong."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields.pop("login")
        name.label = "Name"
        name.widget.attrs = {"autocomplete": "username", "autofocus": True}
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""
        self.fields = {"username": name, **self.fields}

    def clean(self) -> dict[str, Any]:
        """As allauth does, whose field has another name."""
        self.cleaned_data["login"] = (self.cleaned_data.get("username") or "").strip()
        return dict(super().clean())


class NameForm(forms.ModelForm[User]):
    """How others read of the user."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")
        labels = {"first_name": "First name", "last_name": "Last name", "email": "Mail address"}
        help_texts = {
            "email": "For a link when you forget your password, where this site sends mail. A change asks who you are."
        }


class PasswordForm(forms.Form):
    """The old one and, twice, the new one."""

    old = forms.CharField(
        label="Your password now", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )
    new = forms.CharField(label="New password", widget=_NEW_PASSWORD, strip=False, help_text=_RULE)
    again = forms.CharField(label="New password again", widget=_NEW_PASSWORD, strip=False)

    def clean(self) -> dict[str, Any]:
        """Both new ones are the same."""
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "The two new passwords differ. Write the same one twice.")
        return cleaned


class JoinForm(forms.Form):
    """What a new account needs."""

    username = forms.CharField(
        label="Name to sign in with", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    full_name = forms.CharField(label="Your name", max_length=200, required=False)
    email = forms.EmailField(
        label="Mail address", required=False, help_text="For a link when you forget your password."
    )
    password = forms.CharField(label="Password", widget=_NEW_PASSWORD, strip=False, help_text=_RULE)
    again = forms.CharField(label="Password again", widget=_NEW_PASSWORD, strip=False)

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same."""
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "The two passwords differ. Write the same one twice.")
        return cleaned


class TokenForm(forms.Form):
    """What it is for, what it may do, and for how long."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        label="What it is for",
        help_text="For example “upload from the confocal’s computer”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    may = forms.ChoiceField(
        label="What it may do",
        choices=[("read", "Read only"), ("write", "Read, and change what you may change")],
        initial="read",
    )
    days = forms.TypedChoiceField(coerce=int, choices=LIFETIMES, initial="90", label="Works for")

    def expires_at(self) -> datetime:
        """When it ends."""
        return timezone.now() + timedelta(days=self.cleaned_data["days"])
