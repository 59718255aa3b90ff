"""Registering networks."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from spines.models import ModelKind, ModelState, ModelVersion
from spines.services import audit


@transaction.atomic
def register_version(
    *,
    kind: ModelKind,
    name: str,
    version: str,
    sha256: str,
    path: str,
    card: dict[str, Any],
    shipped: bool = True,
) -> ModelVersion:
    """Make a row for a network, once per sha256.

    A shipped network becomes active where no other is, or where the active one is an earlier shipped
    one; a network that an admin promoted stays active. Anything else enters as a candidate.
    """
    found = ModelVersion.objects.select_for_update().filter(kind=kind, sha256=sha256).first()
    if found:
        found.path, found.card = path, {**card, "shipped": shipped}
        found.save(update_fields=["path", "card"])
        return found
    active = ModelVersion.objects.select_for_update().filter(kind=kind, state=ModelState.ACTIVE).first()
    activate = shipped and (active is None or active.card.get("shipped", False))
    if active and activate:
        active.state = ModelState.RETIRED
        active.save(update_fields=["state"])
    registered = ModelVersion.objects.create(
        kind=kind,
        name=name,
        version=version,
        sha256=sha256,
        path=path,
        card={**card, "shipped": shipped},
        state=ModelState.ACTIVE if activate else ModelState.CANDIDATE,
    )
    audit.record(actor=None, lab=None, action="model_version.registered", subject=registered)
    return registered
