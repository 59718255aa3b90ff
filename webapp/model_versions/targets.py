"""For whom somebody may choose a network, as forms list and send it."""

from __future__ import annotations

from dataclasses import dataclass

from spines.access import experiments_for, labs_managed_by
from spines.errors import InvalidInput
from spines.models import Experiment, Lab, User
from webapp.requests import is_number

EVERYONE = "everyone"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Somebody whom the user may choose a network for; `value` as the form sends it."""

    value: str
    label: str


def targets_of(user: User) -> dict[str, list[Target]]:
    """For whom the user may choose, by the heading under which the form lists it; empty for most."""
    managed = labs_managed_by(user)
    labs = Lab.objects.filter(archived_at=None) if user.is_staff else managed
    experiments = experiments_for(user).filter(project__lab__in=managed).order_by("project__lab", "project", "name")
    found = {
        "Everyone": [Target(value=EVERYONE, label="everyone: every lab that has not chosen another")] * user.is_staff,
        "A lab": [Target(value=f"lab-{lab.pk}", label=lab.name) for lab in labs.order_by("name")],
        "An experiment": [Target(value=f"experiment-{each.pk}", label=_named(each)) for each in experiments],
    }
    return {heading: targets for heading, targets in found.items() if targets}


def _named(experiment: Experiment) -> str:
    return f"{experiment.name} ({experiment.lab.name}, {experiment.project.name})"


def ids_in(said: str) -> dict[str, int | None]:
    """What a form says of for whom, as the services take it.

    >>> ids_in("lab-3"), ids_in("everyone")
    ({'lab_id': 3, 'experiment_id': None}, {'lab_id': None, 'experiment_id': None})
    """
    kind, _, number = said.partition("-")
    if said == EVERYONE:
        return {"lab_id": None, "experiment_id": None}
    if kind not in ("lab", "experiment") or not is_number(number):
        raise InvalidInput("Choose for whom from the list.")
    return {name: int(number) if name == f"{kind}_id" else None for name in ("lab_id", "experiment_id")}
