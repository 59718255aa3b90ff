"""Which networks there are, and which one is used: registering, promoting, rolling back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from spines.access import require_admin
from spines.errors import Conflict, NotFound
from spines.models import ModelKind, ModelState, ModelVersion, User
from spines.selectors.models.versions import previous_version
from spines.services import audit
from spines.vocabulary.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network as a training leaves it. `path` is its folder in storage, `files` the sha256 by file name."""

    name: str
    version: str
    sha256: str
    path: str
    files: Mapping[str, str]
    card: Mapping[str, Any]
    evaluation: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def register_version(
    *,
    kind: ModelKind,
    name: str,
    version: str,
    sha256: str,
    path: str,
    card: dict[str, Any],
    files: Mapping[str, str] | None = None,
    shipped: bool = True,
) -> ModelVersion:
    """Make a row for a network, once per sha256.

    A shipped network becomes active where no other is, or where the active one is an earlier shipped
    one; a network that an admin promoted stays active. Anything else enters as a candidate. Shipped
    networks that lay in this folder before lose their path: this release no longer has their files.
    """
    _lock(kind)
    if shipped:
        # Rows of the first release have no `is_shipped`; their card says it.
        before = ModelVersion.objects.filter(kind=kind, card__shipped=True, path=path)
        before.exclude(sha256=sha256).update(path="")
    stated: dict[str, Any] = {
        "path": path,
        "card": {**card, "shipped": shipped},
        "files": dict(files or {}),
        "is_shipped": shipped,
    }
    if found := ModelVersion.objects.filter(kind=kind, sha256=sha256).first():
        stated["version"] = version  # the same file, served in another way
        for name_of_field, value in stated.items():
            setattr(found, name_of_field, value)
        found.save(update_fields=[*stated])
        return found
    active = ModelVersion.objects.filter(kind=kind, state=ModelState.ACTIVE).first()
    activate = shipped and (active is None or active.card.get("shipped", False))
    registered = ModelVersion.objects.create(kind=kind, name=name, version=version, sha256=sha256, **stated)
    if activate:
        _activate(registered, instead_of=active, reason="")
    audit.record(actor=None, lab=None, action="model_version.registered", subject=registered)
    return registered


@transaction.atomic
def register_candidate(*, kind: ModelKind, network: Network) -> ModelVersion:
    """Enter a trained network as a candidate. Raises Conflict when the very same one is there already."""
    refuse_known(kind=kind, sha256=network.sha256)
    candidate = ModelVersion.objects.create(
        kind=kind,
        name=network.name,
        version=network.version,
        sha256=network.sha256,
        path=network.path,
        files=dict(network.files),
        card=dict(network.card),
        evaluation=dict(network.evaluation),
    )
    audit.record(actor=None, lab=None, action="model_version.registered", subject=candidate)
    return candidate


def refuse_known(*, kind: ModelKind, sha256: str) -> None:
    """Raise `Conflict` when the very same network is there already."""
    same = ModelVersion.objects.filter(kind=kind, sha256=sha256).first()
    if same is not None:
        raise Conflict(
            f"The training gave the very same network as {same}, so there is nothing new to compare. "
            "Train longer, with another recipe or on other data."
        )


@transaction.atomic
def promote(*, user: User, version_id: int, reason: str = "", dry_run: int | None = None) -> ModelVersion:
    """Make a version the one that analyses use; the one before it retires and can be brought back.

    `dry_run` is the work that showed what it would change, where one did: kept in the audit trail.

    Raises
    ------
    NotAllowed
        The user is no site admin.
    Conflict
        It is active already, its files are gone, or it is not shown to be better and no reason is given.
    """
    require_admin(user)
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NotFound(f"There is no model version {version_id}. The Models page lists those there are.")
    _lock(ModelKind(version.kind))
    version.refresh_from_db()
    if version.state == ModelState.ACTIVE:
        raise Conflict(f"{version} is in use already.")
    reason = reason.strip()
    if not reason and (sentence := needs_reason(version)):
        raise Conflict(sentence)
    active = ModelVersion.objects.filter(kind=version.kind, state=ModelState.ACTIVE).first()
    _activate(version, instead_of=active, reason=reason)
    seen: dict[str, Any] = {"dry_run": dry_run} if dry_run else {}
    audit.record(
        actor=user,
        lab=None,
        action="model_version.promoted",
        subject=version,
        instead_of=active.pk if active else None,
        reason=reason,
        verdict=version.evaluation.get("verdict", ""),
        **seen,
    )
    return version


@transaction.atomic
def roll_back(*, user: User, kind: ModelKind) -> ModelVersion:
    """Bring back the version that was in use before the present one. Raises NotAllowed, Conflict."""
    require_admin(user)
    _lock(kind)
    earlier = previous_version(kind)
    if earlier is None:
        raise Conflict(f"No {kind.label.lower()} was in use before the present one, so there is none to go back to.")
    active = ModelVersion.objects.filter(kind=kind, state=ModelState.ACTIVE).first()
    _activate(earlier, instead_of=active, reason=earlier.promotion_reason)
    audit.record(
        actor=user,
        lab=None,
        action="model_version.rolled_back",
        subject=earlier,
        instead_of=active.pk if active else None,
    )
    return earlier


def needs_reason(version: ModelVersion, *, instead_of: ModelVersion | None = None) -> str:
    """Why having this version used in place of `instead_of` (None: everyone's) needs a stated reason, or "".

    It needs none when the comparison with that very version shows it to be better.
    """
    active = instead_of or ModelVersion.objects.filter(kind=version.kind, state=ModelState.ACTIVE).first()
    if active is None or active == version:
        return ""
    compared_with = (version.evaluation.get("compared_with") or {}).get("id")
    if compared_with is None:
        return f"{version} was never compared with {active}, which is in use. State why you promote it."
    if compared_with != active.pk:
        return f"{version} was compared with another version than {active}, now in use. State why you promote it."
    if version.evaluation.get("verdict") != Verdict.BETTER:
        return (
            f"{version} is not shown to be better than {active}, which is in use, on new pictures and no worse on old "
            "ones. State why you promote it all the same."
        )
    return ""


def refuse_gone(version: ModelVersion) -> None:
    """Raise `Conflict` where the version's files went with an earlier release."""
    if not version.path:
        raise Conflict(f"{version} came with an earlier release, and this one no longer has its files.")


def _lock(kind: ModelKind) -> None:
    list(ModelVersion.objects.select_for_update().filter(kind=kind).order_by("pk").values_list("pk", flat=True))


def _activate(version: ModelVersion, *, instead_of: ModelVersion | None, reason: str) -> None:
    refuse_gone(version)
    if instead_of is not None:
        instead_of.state = ModelState.RETIRED
        instead_of.save(update_fields=["state"])
    version.state, version.activated_at, version.promotion_reason = ModelState.ACTIVE, timezone.now(), reason
    version.save(update_fields=["state", "activated_at", "promotion_reason"])
