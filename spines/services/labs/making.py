"""Making and archiving labs, and what they consent to. Who is in one: `members`."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from spines.access import get_lab, require_admin, require_role
from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.measure.rules import RULE_PRESETS
from spines.models import Lab, Membership, Role, User
from spines.services import audit

LONGEST_NAME = 120


@transaction.atomic
def create_lab(*, user: User, name: str) -> Lab:
    """Make a lab; its maker becomes its manager. Site admins only."""
    if not user.is_staff:
        raise NotAllowed("Only an administrator makes labs. Ask yours to add one and to put you in it.")
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A lab needs a name of at most {LONGEST_NAME} characters.")
    if other := Lab.objects.filter(name__iexact=name).first():
        where = "in the trash. Restore it, or choose" if other.trashed_at else "already. Choose"
        raise Conflict(f"There is a lab named {name} {where} another name.")
    lab = Lab.objects.create(name=name)
    Membership.objects.create(lab=lab, user=user, role=Role.MANAGER)
    audit.record(actor=user, lab=lab, action="lab.created", subject=lab)
    return lab


@transaction.atomic
def set_archived(*, user: User, lab_id: int, archived: bool) -> Lab:
    """Put a lab aside, or bring it back. Site admins only. Nobody reaches what is in it meanwhile; all of it stays."""
    require_admin(user)
    lab = Lab.objects.select_for_update().filter(pk=lab_id).first()
    if lab is None:
        raise NotFound("There is no such lab.")
    if lab.trashed_at:
        raise Conflict(f"{lab} is in the trash. Restore it first.")
    if bool(lab.archived_at) != archived:
        lab.archived_at = timezone.now() if archived else None
        lab.save(update_fields=["archived_at"])
        audit.record(actor=user, lab=lab, action="lab.archived" if archived else "lab.brought_back", subject=lab)
    return lab


@transaction.atomic
def set_lets_train(*, user: User, lab_id: int, lets_train: bool) -> Lab:
    """Let the site's networks be trained on the lab's reviewed spines, or take that back. Managers only.

    Taken back, the lab's pictures enter no new dataset, and no training starts on an old one that has them.
    """
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    if lab.lets_train != lets_train:
        lab.lets_train = lets_train
        lab.save(update_fields=["lets_train"])
        audit.record(actor=user, lab=lab, action="lab.lets_train_set", subject=lab, lets_train=lets_train)
    return lab


@transaction.atomic
def set_rule_preset(*, user: User, lab_id: int, preset: str) -> Lab:
    """Choose whose rules name a class beside the network's in the lab (`spines.measure.rules`). Managers only.

    Every spine keeps the class of every preset, so nothing is measured again.
    """
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    if preset not in RULE_PRESETS:
        known = ", ".join(RULE_PRESETS)
        raise InvalidInput(f"There are no rules named {preset[:40]!r}. Choose one of: {known}.")
    if lab.rule_preset != preset:
        lab.rule_preset = preset
        lab.save(update_fields=["rule_preset"])
        audit.record(actor=user, lab=lab, action="lab.rule_preset_set", subject=lab, rule_preset=preset)
    return lab
