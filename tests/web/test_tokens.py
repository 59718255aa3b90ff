"""API tokens: made, shown once, listed and revoked on the settings page of a lab."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from spines.models import ApiToken, AuditEvent, User
from spines.services.accounts import tokens
from tests.factories import Study, make_study, make_user

pytestmark = pytest.mark.django_db


def make(client: Client, study: Study, **fields: str) -> str:
    """Make a token on the page and read it there."""
    sent = {"name": "upload script", "days": "90"} | fields
    answer = client.post(reverse("labs:make_token", args=[study.lab.pk]), sent)
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["Cache-Control"]
    shown = re.search(r'id="token"[^>]*>(spinula_[\w-]{43})<', answer.content.decode())
    assert shown is not None
    return shown[1]


def test_a_token_is_shown_once_and_kept_as_a_digest(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    token = make(client, study)
    row = ApiToken.objects.get()
    assert row.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert token not in "".join(str(value) for value in vars(row).values())
    page = client.get(reverse("labs:settings", args=[study.lab.pk])).content.decode()
    assert token not in page
    for words in ("upload script", "never", f"{row.expires_at:%Y}"):
        assert words in page
    assert tokens.user_of_token(token) == study.viewer
    event = AuditEvent.objects.get(action="token.created")
    assert (event.actor, event.subject_id) == (study.viewer, row.pk)
    assert token not in str(event.details)


def test_a_reload_makes_no_second_token(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    make(client, study)
    again = client.post(reverse("labs:make_token", args=[study.lab.pk]), {"name": "upload script", "days": "90"})
    assert again.status_code == 422
    assert "You have a token named upload script already" in again.content.decode()
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x" * 81}, {"name": "a\x00b"}, {"days": "1000000"}])
def test_what_makes_no_token(client: Client, study: Study, fields: dict[str, str]) -> None:
    client.force_login(study.owner)
    sent = {"name": "script", "days": "30"} | fields
    answer = client.post(reverse("labs:make_token", args=[study.lab.pk]), sent)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_revoking_ends_it_at_once(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    token = make(client, study, days="0")
    row = ApiToken.objects.get()
    assert row.expires_at is None
    answer = client.post(reverse("labs:revoke_token", args=[study.lab.pk, row.pk]), follow=True)
    assert "The token upload script is revoked" in answer.content.decode()
    with pytest.raises(NotSignedIn, match="unknown or revoked"):
        tokens.user_of_token(token)
    assert AuditEvent.objects.filter(action="token.revoked", actor=study.viewer).count() == 1


def test_nobody_sees_or_revokes_another_persons_tokens(client: Client, study: Study) -> None:
    row, _ = tokens.create_token(user=study.viewer, name="of the viewer")
    page = reverse("labs:settings", args=[study.lab.pk])
    acts = (reverse("labs:make_token", args=[study.lab.pk]), reverse("labs:revoke_token", args=[study.lab.pk, row.pk]))
    client.force_login(study.owner)
    assert "of the viewer" not in client.get(page).content.decode()
    assert client.post(acts[1]).status_code == 404
    for other in (make_study().owner, make_user(staff=True)):
        client.force_login(other)
        assert [client.post(act, {"name": "script"}).status_code for act in acts] == [404, 404]
    client.logout()
    for act in acts:
        assert client.post(act).headers["Location"].startswith(reverse("accounts:sign_in"))
    assert ApiToken.objects.get() == row


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
    ApiToken.objects.update(expires_at=None)
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
