"""The audit trail: written inside the transaction of what it tells of.

Rows of people, rights and studies tell of their changes themselves (triggers of migration 0018); what an act meant is
recorded here. Who asks and from where is stated once a request, by `acting`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Model

from spines.models import AuditEvent, Lab, User


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a request comes from: its network address, and by which door."""

    address: str = ""
    door: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def record(
    *, actor: User | None, lab: Lab | None, action: str, subject: Model, key: UUID | None = None, **details: Any
) -> None:
    """Note that `actor` (None for the system) did `action` to `subject`, at the request of this `key` if it has one."""
    _event(actor=actor, lab=lab, action=action, subject=subject, key=key, details=details).save(force_insert=True)


def record_many(
    *, actor: User | None, lab: Lab | None, action: str, told: Sequence[tuple[Model, dict[str, Any]]], key: UUID | None
) -> None:
    """Note one act on several subjects, each with its details; the first carries the key."""
    AuditEvent.objects.bulk_create(
        _event(actor=actor, lab=lab, action=action, subject=subject, key=None if at else key, details=details)
        for at, (subject, details) in enumerate(told)
    )


def _event(
    *, actor: User | None, lab: Lab | None, action: str, subject: Model, key: UUID | None, details: dict[str, Any]
) -> AuditEvent:
    origin = _origin.get()
    return AuditEvent(
        actor=actor,
        lab=lab,
        address=origin.address,
        door=origin.door,
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=subject.pk,
        details=details,
        key=key,
    )


@contextmanager
def acting(*, user: User | None, origin: Origin, writes: bool) -> Iterator[None]:
    """What is recorded within comes from `origin`; rows that are written within were changed by `user`.

    `writes` is whether the database is told too, which costs a query: what only reads has no row to tell of.
    """
    token = _origin.set(origin)
    try:
        if writes:
            _tell_database(user, origin)
        yield
    finally:
        _origin.reset(token)
        if writes:
            _forget_in_database()


def now_acting(user: User) -> None:
    """Within `acting`, somebody turned out to be who is asking: a token was read, or a sign-in succeeded."""
    _tell_database(user, _origin.get())


def _tell_database(user: User | None, origin: Origin) -> None:
    said = (str(user.pk) if user else "", origin.address, origin.door)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('spinula.actor', %s, false), set_config('spinula.address', %s, false), "
            "set_config('spinula.door', %s, false)",
            said,
        )


def _forget_in_database() -> None:
    """The connection serves others next. One that cannot be told is given up."""
    if connection.in_atomic_block and connection.needs_rollback:
        return  # what was said within goes with the transaction
    try:
        _tell_database(None, Origin())
    except DatabaseError:
        connection.close()
