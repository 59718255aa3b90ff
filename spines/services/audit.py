"""The audit trail: written inside the transaction of what it tells of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model

from spines.models import AuditEvent, Lab, User


def record(
    *, actor: User | None, lab: Lab | None, action: str, subject: Model, key: UUID | None = None, **details: Any
) -> None:
    """Note that `actor` (None for the system) did `action` to `subject`, at the request of this `key` if it has one."""
    AuditEvent.objects.create(
        actor=actor,
        lab=lab,
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=subject.pk,
        details=details,
        key=key,
    )
