"""Rating blind, and the act that ends it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment_to_rate, is_sealed_for, require_role
from spines.errors import Conflict, InvalidInput
from spines.models import BlindRater, Experiment, Role, User
from spines.services import audit

LONGEST_REASON = 500


def require_rating(user: User, experiment: Experiment) -> None:
    """Note who rates in a blinded experiment; refuse who sees its conditions, and everybody once it is unblinded.

    Raises
    ------
    Conflict
        With what to do.
    """
    if not experiment.blinded:
        return
    if experiment.unblinded_at is not None:
        raise Conflict(
            f"This experiment was unblinded on {experiment.unblinded_at:%-d %b %Y} by {experiment.unblinded_name}: "
            "nothing is rated in it any more."
        )
    if not is_sealed_for(user, experiment):
        raise Conflict(
            "As manager you see names and conditions of this blinded experiment, so what you say of its images would "
            "not be blind. Choose “Rate blind” on its page first: from then on they are hidden from you, too."
        )
    _, made = BlindRater.objects.get_or_create(experiment=experiment, user=user)
    if made:
        audit.record(actor=user, lab=experiment.lab, action="experiment.rated_blind", subject=experiment)


@transaction.atomic
def rate_blind(*, user: User, experiment_id: int) -> Experiment:
    """A manager rates too: the experiment is sealed for them from now on. That they had access before is kept."""
    experiment = get_experiment_to_rate(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    if not experiment.is_sealed:
        raise Conflict("This experiment is not blinded, or was unblinded: there is nothing to be blind to.")
    had_access = not is_sealed_for(user, experiment)
    _, made = BlindRater.objects.get_or_create(experiment=experiment, user=user, defaults={"had_access": had_access})
    if made:
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="experiment.rated_blind",
            subject=experiment,
            had_access=had_access,
        )
    return experiment


@transaction.atomic
def unblind(*, user: User, experiment_id: int, reason: str) -> Experiment:
    """Open a blinded experiment to everybody in its lab, once and for all; its rating ends. Managers only."""
    known = get_experiment_to_rate(user, experiment_id)
    require_role(user, known.lab, Role.MANAGER)
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise InvalidInput(f"Say in 1 to {LONGEST_REASON} characters why it is unblinded: the report will.")
    experiment = Experiment.objects.select_for_update().select_related("project__lab").get(pk=known.pk)
    if not experiment.blinded:
        raise Conflict("This experiment is not blinded.")
    if experiment.unblinded_at is not None:
        raise Conflict(f"{experiment.unblinded_name} unblinded it on {experiment.unblinded_at:%-d %b %Y} already.")
    experiment.unblinded_at, experiment.unblinded_by = timezone.now(), user
    experiment.unblinded_name, experiment.unblind_reason = user.get_full_name() or user.get_username(), reason
    experiment.save(update_fields=["unblinded_at", "unblinded_by", "unblinded_name", "unblind_reason"])
    audit.record(actor=user, lab=experiment.lab, action="experiment.unblinded", subject=experiment, reason=reason)
    return experiment
