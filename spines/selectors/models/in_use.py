"""Which networks an experiment is analysed with: its own choice, or else its lab's, or else everyone's.

This is the one place that knows the rule. Analyses, pages, API and `manage.py analyse --experiment` ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from spines.access import Visitor, experiments_for, labs_for
from spines.errors import Conflict
from spines.models import Experiment, Lab, ModelKind, ModelState, ModelVersion, NetworkChoice, Reach


@dataclass(frozen=True, kw_only=True)
class InUse:
    """A network, and by whose choice it is in use; `choice` is None for everyone's."""

    version: ModelVersion
    choice: NetworkChoice | None = None

    @property
    def reach(self) -> Reach:
        """For whom it was chosen."""
        return self.choice.reach if self.choice else Reach.EVERYONE

    @property
    def since(self) -> datetime | None:
        """When it was chosen; None where that was not kept."""
        return self.choice.chosen_at if self.choice else self.version.activated_at

    @property
    def reason(self) -> str:
        """Why, where somebody said so."""
        return self.choice.reason if self.choice else self.version.promotion_reason

    @property
    def is_there(self) -> bool:
        """Whether its files are: those of shipped networks go with their release."""
        return bool(self.version.path)


def networks_in_use(*, lab: Lab | None = None, experiment: Experiment | None = None) -> dict[str, InUse]:
    """By kind, what is in use for the experiment, or for the lab, or for everyone where neither is given.

    A kind of which none is in use is left out.
    """
    everyone = ModelVersion.objects.filter(state=ModelState.ACTIVE).defer("evaluation")
    found = {version.kind: InUse(version=version) for version in everyone}
    if experiment is not None:
        lab = experiment.lab
    if lab is None:
        return found
    own = Q(lab=lab) if experiment is None else Q(lab=lab) | Q(experiment=experiment)
    choices = NetworkChoice.objects.filter(own).select_related("version", "lab", "experiment__project__lab")
    for choice in sorted(choices.defer("version__evaluation"), key=lambda each: list(Reach).index(each.reach)):
        found[choice.kind] = InUse(version=choice.version, choice=choice)
    return found


def network_for(experiment: Experiment, kind: ModelKind) -> InUse:
    """The network that analyses the experiment, or a `Conflict` whose sentence tells how to get one."""
    used = networks_in_use(experiment=experiment).get(kind)
    if used is None:
        raise Conflict(
            f"No {kind.label.lower()} is active, so nothing can be analysed. "
            "An administrator can promote one on the Models page, or run `manage.py register_models`."
        )
    if not used.is_there:
        raise Conflict(
            f"{used.version}, the {kind.label.lower()} in use for {used.reach.label}, came with an earlier release, "
            "and this one no longer has its files. "
            + (
                "A manager of the lab can end that choice or choose another on the lab's settings page."
                if used.choice
                else "An administrator can promote another on the Models page."
            )
        )
    return used


def choices_for(user: Visitor) -> QuerySet[NetworkChoice]:
    """Choices of the user's labs and of experiments that are not sealed for them; site admins see those of all labs."""
    if not user.is_authenticated:
        return NetworkChoice.objects.none()
    choices = NetworkChoice.objects.select_related("version", "lab", "experiment__project__lab", "chosen_by")
    own = Q(lab__in=labs_for(user)) | Q(experiment__in=experiments_for(user))
    if user.is_staff:
        own |= Q(lab__archived_at=None, lab__isnull=False)
    return choices.filter(own).defer("version__evaluation").order_by("-kind", "experiment", "pk")
