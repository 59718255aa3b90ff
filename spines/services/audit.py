"""The audit trail: written inside the transaction of what it tells of."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from spines.models import AuditEvent, Lab, User


def record(*, actor: User | None, lab: Lab | None, action: str, subject: Model, **details: Any) -> None:
    """Note that `actor` (None for the system) did `action` to `subject`."""
    AuditEvent.objects.create(
        actor=actor,
        lab=lab,
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=subject.pk,
        details=details,
    )
