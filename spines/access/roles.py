"""What a user may do in a lab, and what is sealed for them."""

from __future__ import annotations

from spines.access.rows import Visitor, seal
from spines.errors import NotAllowed
from spines.models import (
    BlindRater,
    Experiment,
    Lab,
    Membership,
    Role,
    User,
)


def role_in(user: Visitor, lab: Lab) -> Role | None:
    """The user's role in the lab, or None for a stranger."""
    if not isinstance(user, User):
        return None
    membership = Membership.objects.filter(user=user, lab=lab).first()
    return Role(membership.role) if membership else None


def has_role(user: Visitor, lab: Lab, role: Role) -> bool:
    """Whether the user is at least `role` in the lab."""
    held = role_in(user, lab)
    return held is not None and held.rank >= role.rank


def require_admin(user: Visitor) -> None:
    """Raise `NotAllowed` unless the user is a site admin."""
    if not user.is_staff:
        raise NotAllowed("Only administrators train networks and choose which one is used. Ask yours.")


def require_role(user: Visitor, lab: Lab, role: Role) -> None:
    """Raise `NotAllowed` unless the user is at least `role` in the lab."""
    if not has_role(user, lab, role):
        raise NotAllowed(
            f"This needs the role {role.label.lower()} in {lab.name}. Ask a manager of the lab to give it to you."
        )


def is_sealed_for(user: Visitor, experiment: Experiment) -> bool:
    """Whether names, conditions and results of the experiment are locked for the user."""
    return experiment.is_sealed and Experiment.objects.filter(seal(user, "pk"), pk=experiment.pk).exists()


def rates_blind_in(user: Visitor, lab: Lab | None) -> bool:
    """Whether a sealed experiment of the lab (None: of any) is sealed for the user: the audit trail names images."""
    experiments = Experiment.objects.filter(project__lab=lab) if lab else Experiment.objects.all()
    return BlindRater.objects.filter(
        user_id=user.pk or 0, experiment__in=experiments.filter(blinded=True, unblinded_at=None)
    ).exists()
