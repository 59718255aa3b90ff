"""API tokens: made after a fresh confirmation, shown once, listed and revoked on the account page."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from spines.models import ApiToken, AuditEvent, User
from spines.services.accounts import tokens
from tests.factories import PASSWORD, Study, make_study, make_user

pytestmark = pytest.mark.django_db


def confirm(client: Client) -> None:
    """Say once more who is signed in, as the page asks."""
    answer = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()


def make(client: Client, **fields: str) -> str:
    """Make a token on the page and read it there."""
    confirm(client)
    sent = {"name": "upload script", "days": "90", "may": "write"} | fields
    answer = client.post(reverse("accounts:make_token"), sent)
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["Cache-Control"]
    shown = re.search(r'id="token"[^>]*>(spinula_[\w-]{43})<', answer.content.decode())
    assert shown is not None
    return shown[1]


def test_a_token_is_shown_once_and_kept_as_a_digest(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    token = make(client)
    row = ApiToken.objects.get()
    assert row.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert token not in "".join(str(value) for value in vars(row).values())
    page = client.get(reverse("accounts:account")).content.decode()
    assert token not in page
    for words in ("upload script", "never", f"{row.expires_at:%Y}"):
        assert words in page
    assert tokens.user_of_token(token) == study.viewer
    event = AuditEvent.objects.get(action="token.created")
    assert (event.actor, event.subject_id) == (study.viewer, row.pk)
    assert token not in str(event.details)


def test_a_reload_makes_no_second_token(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    make(client)
    again = client.post(reverse("accounts:make_token"), {"name": "upload script", "days": "90", "may": "read"})
    assert again.status_code == 422
    assert "You have a token named upload script already" in again.content.decode()
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 81}, {"name": "a\x00b"}, {"days": "0"}, {"days": "1000000"}, {"may": "all"}]
)
def test_what_makes_no_token(client: Client, study: Study, fields: dict[str, str]) -> None:
    client.force_login(study.owner)
    confirm(client)
    sent = {"name": "script", "days": "30", "may": "read"} | fields
    answer = client.post(reverse("accounts:make_token"), sent)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_revoking_ends_it_at_once(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    token = make(client)
    row = ApiToken.objects.get()
    assert row.expires_at is not None
    answer = client.post(reverse("accounts:revoke_token", args=[row.pk]), follow=True)
    assert "The token upload script is revoked" in answer.content.decode()
    with pytest.raises(NotSignedIn, match="unknown or revoked"):
        tokens.user_of_token(token)
    assert AuditEvent.objects.filter(action="token.revoked", actor=study.viewer).count() == 1


def test_nobody_sees_or_revokes_another_persons_tokens(client: Client, study: Study) -> None:
    row, _ = tokens.create_token(user=study.viewer, name="of the viewer")
    acts = (reverse("accounts:make_token"), reverse("accounts:revoke_token", args=[row.pk]))
    for other in (study.owner, make_study().owner, make_user(staff=True)):
        client.force_login(other)
        assert "of the viewer" not in client.get(reverse("accounts:account")).content.decode()
        assert client.post(acts[1]).status_code == 404
    client.logout()
    for act in acts:
        assert client.post(act).headers["Location"].startswith(reverse("accounts:sign_in"))
    assert ApiToken.objects.get() == row


def test_making_one_asks_who_it_is_and_goes_on(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    sent = {"name": "upload script", "days": "90", "may": "read"}
    asked = client.post(reverse("accounts:make_token"), sent)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(asked.headers["Location"], {"password": "guess", "next": reverse("accounts:make_token")})
    assert "This is not your password" in wrong.content.decode()
    assert not ApiToken.objects.exists()
    answer = client.post(asked.headers["Location"], {"password": PASSWORD, "next": reverse("accounts:make_token")})
    assert answer.status_code == 200
    assert "spinula_" in answer.content.decode()
    assert ApiToken.objects.get().may_write is False


def test_a_token_that_only_reads_changes_nothing(client: Client, study: Study) -> None:
    _, token = tokens.create_token(user=study.owner, name="reader", may_write=False)
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/labs", headers=headers).status_code == 200
    answer = client.post(
        f"/api/v1/labs/{study.lab.pk}/projects", {"name": "P"}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 403
    assert "only reads" in answer.json()["error"]
    assert study.lab.projects.count() == 1


def test_tokens_end_with_the_password_but_not_with_a_newer_hash(study: Study, settings: Any) -> None:
    for change in ("set_password", "administration", "hash"):
        _, token = tokens.create_token(user=study.owner, name=change)
        user = User.objects.get(pk=study.owner.pk)
        if change == "hash":
            settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
            before = user.password
            assert user.check_password("a new long pass phrase 2")
            assert User.objects.get(pk=user.pk).password != before
            assert tokens.user_of_token(token) == user
            continue
        user.set_password(f"a new long pass phrase {1 if change == 'set_password' else 2}")
        user.save(update_fields=["password"] if change == "administration" else None)
        with pytest.raises(NotSignedIn):
            tokens.user_of_token(token)


def test_use_is_noted_at_most_once_a_minute(study: Study) -> None:
    _, token = tokens.create_token(user=study.owner, name="script")
    uses = [ApiToken.objects.get().last_used_at]
    for _ in range(2):
        tokens.user_of_token(token)
        uses.append(ApiToken.objects.get().last_used_at)
    assert uses[0] is None
    assert uses[1] is not None
    assert uses[2] == uses[1]
    long_ago = uses[1] - timedelta(seconds=61)
    ApiToken.objects.update(last_used_at=long_ago)
    tokens.user_of_token(token)
    assert ApiToken.objects.get(last_used_at__gt=long_ago)


def test_only_a_whole_living_token_of_an_active_user_counts(study: Study) -> None:
    row, token = tokens.create_token(user=study.owner, name="script", expires_at=timezone.now() + timedelta(days=1))
    for wrong in ("", "spinula_", token[:-1], token + "a", token.removeprefix(tokens.PREFIX), row.sha256, "\ud800"):
        with pytest.raises(NotSignedIn):
            tokens.user_of_token(wrong)
    ApiToken.objects.update(expires_at=timezone.now())
    with pytest.raises(NotSignedIn, match="The token script has expired"):
        tokens.user_of_token(token)
    ApiToken.objects.update(expires_at=None)  # of the time when tokens had no end
    User.objects.filter(pk=study.owner.pk).update(is_active=False)
    with pytest.raises(NotSignedIn):
        tokens.user_of_token(token)


def test_limits_are_told(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="expired already"):
        tokens.create_token(user=study.owner, name="script", expires_at=timezone.now())
    monkeypatch.setattr(tokens, "MOST_TOKENS", 1)
    tokens.create_token(user=study.owner, name="one")
    with pytest.raises(Conflict, match="the most there may be"):
        tokens.create_token(user=study.owner, name="two")
    tokens.create_token(user=study.viewer, name="one")
    with pytest.raises(NotFound):
        tokens.revoke_token(user=study.owner, token_id=2**62)
