"""The audit trail: written where rows change, whoever changes them, and never changed itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, Lab, Membership, Role, User
from spines.services import audit
from spines.services.labs.making import create_lab
from tests.factories import PASSWORD, Study, make_user

pytestmark = pytest.mark.django_db


def last(action: str) -> AuditEvent:
    """The newest event of this kind."""
    return AuditEvent.objects.filter(action=action).latest("pk")


@pytest.mark.parametrize(
    "harm",
    [
        lambda: AuditEvent.objects.update(action="nothing"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: connection.cursor().execute("UPDATE spines_auditevent SET details = '{}'"),
        lambda: connection.cursor().execute("SET LOCAL spinula.may_empty = 'off'; TRUNCATE spines_auditevent"),
    ],
)
def test_postgresql_refuses_to_change_the_trail(study: Study, harm: Callable[[], object]) -> None:
    before = list(AuditEvent.objects.values())
    assert before
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        harm()
    assert list(AuditEvent.objects.values()) == before


def test_a_row_that_anybody_changes_tells_what_it_was_and_what_it_is(study: Study) -> None:
    membership = Membership.objects.get(user=study.viewer)
    Membership.objects.filter(pk=membership.pk).update(role=Role.ANNOTATOR)
    event = last("membership.row_changed")
    assert event.details == {"before": {"role": "viewer"}, "after": {"role": "annotator"}}
    assert (event.lab, event.lab_name, event.subject_id) == (study.lab, study.lab.name, membership.pk)
    Membership.objects.filter(pk=membership.pk).update(role=Role.ANNOTATOR)
    assert last("membership.row_changed") == event, "what changes nothing says nothing"


def test_secrets_stay_out_of_the_trail() -> None:
    user = make_user("olga")
    user.set_password("another long pass phrase")
    user.save()
    for event in AuditEvent.objects.filter(subject_type="user"):
        assert user.password not in str(event.details)
        assert "md5$" not in str(event.details)
    assert last("user.row_changed").details["after"] == {"password": "(not kept, new)"}


def test_names_outlive_the_account_and_the_lab(study: Study) -> None:
    who, lab = make_user("olga", staff=True), study.lab.name
    create_lab(user=who, name="Of Olga")
    with audit.acting(user=who, origin=audit.Origin(address="10.0.0.7", door="pages"), writes=True):
        study.lab.delete()
    pk = who.pk
    Membership.objects.filter(user=who).delete()
    who.delete()
    event = last("lab.row_removed")
    assert (event.actor_id, event.actor_name, event.lab_name, event.address) == (pk, "olga", lab, "10.0.0.7")
    assert AuditEvent.objects.select_related("actor").get(pk=event.pk).actor is None
    assert event.details["before"]["name"] == lab
    assert last("experiment.row_removed").actor_name == "olga"


def test_outside_of_a_request_nobody_is_named(study: Study) -> None:
    with audit.acting(user=study.owner, origin=audit.Origin(door="pages"), writes=True):
        Lab.objects.filter(pk=study.lab.pk).update(lets_train=True)
    assert last("lab.row_changed").actor == study.owner
    Lab.objects.filter(pk=study.lab.pk).update(lets_train=False)
    assert (last("lab.row_changed").actor_name, last("lab.row_changed").door) == ("", "")


def test_djangos_administration_is_a_door_like_others(client: Client, study: Study) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root)
    other = make_user()
    sent = {"name": study.lab.name, "rule_preset": study.lab.rule_preset, "memberships-TOTAL_FORMS": "3"}
    sent |= {"memberships-INITIAL_FORMS": "2", "memberships-MIN_NUM_FORMS": "0", "memberships-MAX_NUM_FORMS": "1000"}
    for at, row in enumerate(study.lab.memberships.order_by("pk")):
        sent |= {f"memberships-{at}-id": str(row.pk), f"memberships-{at}-lab": str(study.lab.pk)}
        sent |= {f"memberships-{at}-user": str(row.user_id), f"memberships-{at}-role": row.role}
    sent |= {
        "memberships-2-lab": str(study.lab.pk),
        "memberships-2-user": str(other.pk),
        "memberships-2-role": "manager",
    }
    answer = client.post(reverse("admin:spines_lab_change", args=[study.lab.pk]), sent, REMOTE_ADDR="10.1.2.3")
    assert answer.status_code == 302, answer.content.decode()
    event = last("membership.row_added")
    assert (event.actor, event.address, event.door) == (root, "10.1.2.3", "administration")
    assert event.details["after"]["role"] == "manager"
    answer = client.post(reverse("admin:spines_experiment_delete", args=[study.experiment.pk]), {"post": "yes"})
    assert answer.status_code == 302
    assert last("experiment.row_removed").details["before"]["name"] == study.experiment.name
    assert LogEntry.objects.exists()


def test_signing_in_out_and_failing_to(client: Client) -> None:
    olga = make_user("olga")
    address = reverse("accounts:sign_in")
    client.post(address, {"username": "olga", "password": "guess"}, REMOTE_ADDR="10.9.9.9")
    failed = last("account.sign_in_failed")
    assert (failed.actor, failed.details["name"], failed.address, failed.subject_id) == (
        None,
        "olga",
        "10.9.9.9",
        olga.pk,
    )
    client.post(address, {"username": "olga", "password": PASSWORD})
    assert last("account.signed_in").actor == olga
    client.post(reverse("accounts:sign_out"))
    assert last("account.signed_out").actor_name == "olga"


def test_any_file_that_is_saved_is_an_export(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    address = reverse("results:spines_csv", args=[study.experiment.pk])
    assert client.get(address).status_code == 200
    event = last("file.downloaded")
    assert (event.actor, event.lab, event.subject_type) == (study.viewer, study.lab, "experiment")
    assert event.details == {"page": "results:spines_csv", "asked": address}
