"""Which condition each animal is in, said on the page."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.models import Condition, Role, User
from spines.services import audit

LONGEST_NAME = 80


@transaction.atomic
def set_conditions(*, user: User, experiment_id: int, condition_of_animal: Mapping[int, str]) -> int:
    """Put animals (by the id of their `Subject`) into conditions by name; a new name makes a condition.

    An empty name leaves its animal alone. Returns how many animals were placed.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    wanted = {pk: name.strip() for pk, name in condition_of_animal.items() if name.strip()}
    animals = list(experiment.subjects.filter(pk__in=wanted))
    if not animals:
        raise InvalidInput("No condition is given. Write one beside at least one animal.")
    too_long = next((name for name in wanted.values() if len(name) > LONGEST_NAME), None)
    if too_long:
        raise InvalidInput(f"The condition {too_long[:30]}… is longer than {LONGEST_NAME} characters. Shorten it.")
    last = experiment.conditions.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    for animal in animals:
        condition, made = Condition.objects.get_or_create(
            experiment=experiment, name=wanted[animal.pk], defaults={"position": position}
        )
        position += made
        animal.condition = condition
        animal.save(update_fields=["condition"])
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="samples.condition_set",
            subject=animal,
            condition=condition.name,
        )
    return len(animals)
