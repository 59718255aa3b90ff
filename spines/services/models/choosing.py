"""Having one lab, or one experiment, use another network than everyone's, and ending that.

A lab's managers choose for the lab and for its experiments; site admins for every lab, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from spines.access import get_experiment, get_lab, has_role, require_role
from spines.errors import Conflict, NotFound
from spines.models import Experiment, Lab, ModelKind, NetworkChoice, Reach, Role, User
from spines.selectors.models.in_use import InUse, choices_for, networks_in_use
from spines.selectors.models.versions import get_model_version
from spines.services import audit
from spines.services.models.versions import needs_reason, refuse_gone


@dataclass(frozen=True, kw_only=True)
class Whom:
    """For whom: an experiment, a lab, or, with neither, everyone."""

    lab: Lab | None = None
    experiment: Experiment | None = None

    @property
    def owner(self) -> Lab | None:
        """The lab whom it concerns; None where that is everyone."""
        return self.experiment.lab if self.experiment else self.lab

    @property
    def reach(self) -> Reach:
        """How far it goes."""
        return Reach.EXPERIMENT if self.experiment else Reach.LAB if self.lab else Reach.EVERYONE

    def in_use(self, kind: ModelKind) -> InUse | None:
        """What is in use for them now."""
        return networks_in_use(lab=self.lab, experiment=self.experiment).get(kind)

    def __str__(self) -> str:
        if self.experiment:
            return f"{self.experiment.name} of {self.experiment.lab.name}"
        return self.lab.name if self.lab else "everyone"


def whom(user: User, *, lab_id: int | None = None, experiment_id: int | None = None) -> Whom:
    """For whom the user may choose. Raises NotFound, NotAllowed or Sealed.

    With neither id it is everyone, for whom `versions.promote` asks its own permission.
    """
    if experiment_id is not None:
        experiment = get_experiment(user, experiment_id)
        require_role(user, experiment.lab, Role.MANAGER)
        return Whom(experiment=experiment)
    if lab_id is None:
        return Whom()
    if user.is_staff:
        lab = Lab.objects.filter(pk=lab_id, archived_at=None).first()
        if lab is None:
            raise NotFound(f"There is no lab {lab_id}, or it was archived.")
        return Whom(lab=lab)
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    return Whom(lab=lab)


@transaction.atomic
def choose_network(
    *,
    user: User,
    version_id: int,
    lab_id: int | None = None,
    experiment_id: int | None = None,
    reason: str = "",
    dry_run: int | None = None,
) -> NetworkChoice:
    """Have a lab, or an experiment, use a version in place of everyone's; its analyses from now on use it.

    Choosing what is in use for them by a wider choice keeps it for them, whatever that becomes.

    Parameters
    ----------
    dry_run
        The work that showed what it would change, where one did: kept in the audit trail.

    Raises
    ------
    NotAllowed, NotFound, Sealed
    Conflict
        It is their choice already, its files are gone, or it needs a reason and none is given.
    """
    chosen_for = whom(user, lab_id=lab_id, experiment_id=experiment_id)
    owner = chosen_for.owner
    assert owner is not None, "everyone's is promoted"
    Lab.objects.select_for_update().get(pk=owner.pk)
    version = get_model_version(user, version_id)
    kind = ModelKind(version.kind)
    before = chosen_for.in_use(kind)
    own = {"lab": chosen_for.lab, "experiment": chosen_for.experiment}
    if NetworkChoice.objects.filter(**own, version=version).exists():
        raise Conflict(f"{version} is chosen for {chosen_for} already.")
    refuse_gone(version)
    reason = reason.strip()
    if not reason and (sentence := needs_reason(version, instead_of=before.version if before else None)):
        raise Conflict(sentence)
    NetworkChoice.objects.filter(**own, kind=kind).delete()
    choice = NetworkChoice.objects.create(**own, kind=kind, version=version, reason=reason, chosen_by=user)
    seen: dict[str, Any] = {"dry_run": dry_run} if dry_run else {}
    audit.record(
        actor=user,
        lab=owner,
        action="model_version.chosen",
        subject=version,
        kind=kind.value,
        version=str(version),
        for_whom=choice.reach.value,
        experiment=chosen_for.experiment.pk if chosen_for.experiment else None,
        instead_of=before.version.pk if before else None,
        reason=reason,
        verdict=version.evaluation.get("verdict", ""),
        **seen,
    )
    return choice


def may_end(user: User, choice: NetworkChoice) -> bool:
    """Whether the user may end the choice: managers of its lab, and site admins where it is a lab's."""
    return has_role(user, choice.owner, Role.MANAGER) or (user.is_staff and choice.lab_id is not None)


@transaction.atomic
def end_choice(*, user: User, choice_id: int) -> NetworkChoice:
    """Let them use the lab's network again, or everyone's. Raises NotFound, NotAllowed."""
    choice = choices_for(user).filter(pk=choice_id).first()
    if choice is None:
        raise NotFound("There is no such choice in your labs. It may have been ended, or replaced by another.")
    if not may_end(user, choice):
        require_role(user, choice.owner, Role.MANAGER)
    audit.record(
        actor=user,
        lab=choice.owner,
        action="model_version.choice_ended",
        subject=choice.version,
        kind=choice.kind,
        version=str(choice.version),
        for_whom=choice.reach.value,
        experiment=choice.experiment_id,
    )
    NetworkChoice.objects.filter(pk=choice.pk).delete()
    return choice
