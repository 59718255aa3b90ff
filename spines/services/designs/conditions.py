"""Conditions of an experiment put in order, renamed, merged. Its design follows, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from spines.access import get_experiment, require_role
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import Condition, DesignReason, Experiment, Role, StatedDesign, User
from spines.samples.fields import LONGEST_NAME, as_name
from spines.selectors.designs.stated import current_design
from spines.services import audit
from spines.services.designs.stating import DesignStatement, follow, put_in_order, statement_of
from spines.services.samples.facts import lock_samples
from spines.statistics.design import Factor
from spines.vocabulary.numbers import in_words, listed


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a merge did: animals that moved, and whether the design could not stand with one condition less."""

    animals: int
    design_withdrawn: bool


def _editable(user: User, experiment_id: int) -> Experiment:
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    lock_samples(experiment)
    return experiment


def _condition(experiment: Experiment, pk: int) -> Condition:
    condition = experiment.conditions.filter(pk=pk).first()
    if condition is None:
        raise NotFound("This condition is not in the experiment any more. Reload the page.")
    return condition


@transaction.atomic
def order_conditions(*, user: User, experiment_id: int, condition_ids: Sequence[int]) -> tuple[str, ...]:
    """Put the conditions of an experiment without a design in order, the control first. Returns their names.

    Raises Conflict where a design is stated: its levels give the order.
    """
    experiment = _editable(user, experiment_id)
    if current_design(experiment):
        raise Conflict("The stated design orders the conditions. Change the order of its levels instead.")
    before = {condition.pk: condition.name for condition in experiment.conditions.all()}
    if sorted(condition_ids) != sorted(before):
        raise InvalidInput("Name every condition of the experiment once, the control first.")
    after = put_in_order(experiment, [before[pk] for pk in condition_ids])
    if list(before.values()) != list(after):
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="conditions.ordered",
            subject=experiment,
            before=list(before.values()),
            after=list(after),
        )
    return after


@transaction.atomic
def rename_condition(*, user: User, experiment_id: int, condition_id: int, name: str) -> Condition:
    """Give a condition another name. File names and sheets that say the former one still mean it."""
    experiment = _editable(user, experiment_id)
    condition = _condition(experiment, condition_id)
    name = as_name(name)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"A condition needs a name of at most {LONGEST_NAME} characters.")
    former = condition.name
    if name == former:
        return condition
    others = experiment.conditions.exclude(pk=condition.pk)
    if others.filter(name=name).exists():
        raise Conflict(f"There is a condition {name} already. Merge the two, or choose another name.")
    if taken := others.filter(former_names__contains=[name]).first():
        raise Conflict(f"{name} is a former name of {taken.name}, which file names may still use. Choose another name.")
    condition.former_names = [each for each in dict.fromkeys([*condition.former_names, former]) if each != name]
    condition.name = name
    condition.save(update_fields=["name", "former_names"])
    audit.record(
        actor=user,
        lab=experiment.lab,
        action="condition.renamed",
        subject=condition,
        experiment=experiment.pk,
        before=former,
        after=name,
    )
    stated = current_design(experiment)
    if stated and (changed := _with_level_renamed(statement_of(stated), condition.pk, former, name)):
        follow(user=user, experiment=experiment, statement=changed, before=stated, reason=DesignReason.RENAMED)
    return condition


@transaction.atomic
def merge_conditions(*, user: User, experiment_id: int, into_id: int, merged_id: int) -> Merged:
    """Put the animals of one condition into another, and take the emptied one away.

    Raises
    ------
    Conflict
        Where an animal stands in both: it would have twice the images in one condition, and its pairing would be lost;
        and where the design could not say any more what its conditions stand for.
    """
    experiment = _editable(user, experiment_id)
    if into_id == merged_id:
        raise InvalidInput("Choose two different conditions to merge.")
    into, merged = _condition(experiment, into_id), _condition(experiment, merged_id)
    animals = sorted(merged.subjects.values_list("name", flat=True))
    if both := sorted(into.subjects.filter(name__in=animals).values_list("name", flat=True)):
        more = f" and {in_words(len(both) - 3, 'other')}" if len(both) > 3 else ""
        raise Conflict(
            f"{listed(both[:3])}{more} {'stands' if len(both) == 1 else 'stand'} in {into.name} and in {merged.name}: "
            "an animal cannot stand twice in one condition. Give different animals different names first, or keep the "
            "two conditions."
        )
    stated = current_design(experiment)
    merged.subjects.update(condition=into)
    into.former_names = list(dict.fromkeys([*into.former_names, *merged.former_names, merged.name]))
    into.save(update_fields=["former_names"])
    audit.record(
        actor=user,
        lab=experiment.lab,
        action="conditions.merged",
        subject=into,
        experiment=experiment.pk,
        before=[into.name, merged.name],
        after=into.name,
        merged_condition=merged.pk,
        animals=animals,
    )
    statement = _without(statement_of(stated), merged.pk) if stated else None
    merged.delete()
    withdrawn = False
    if stated and str(merged_id) in stated.cells:
        withdrawn = statement is None
        if statement is None:
            _withdraw(user, experiment, stated)
        else:
            follow(user=user, experiment=experiment, statement=statement, before=stated, reason=DesignReason.MERGED)
    return Merged(animals=len(animals), design_withdrawn=withdrawn)


def _withdraw(user: User, experiment: Experiment, stated: StatedDesign) -> None:
    """No design holds any more: what is left does not make one."""
    stated.is_current = False
    stated.save(update_fields=["is_current"])
    audit.record(
        actor=user, lab=experiment.lab, action="design.withdrawn", subject=experiment, design=stated.pk, why="merged"
    )


def _with_level_renamed(
    statement: DesignStatement, condition_id: int, former: str, name: str
) -> DesignStatement | None:
    """The same where the condition is itself the level of the one factor; None where levels have names of their own."""
    if len(statement.factors) != 1 or tuple(statement.cells.get(condition_id, ())) != (former,):
        return None
    factor = statement.factors[0]
    if name in factor.levels:
        return None

    def renamed(level: str) -> str:
        return name if level == former else level

    changed = replace(factor, levels=tuple(map(renamed, factor.levels)), control=renamed(factor.reference))
    return replace(
        statement,
        factors=(changed,),
        cells={pk: tuple(map(renamed, levels)) for pk, levels in statement.cells.items()},
    )


def _without(statement: DesignStatement, condition_id: int) -> DesignStatement | None:
    """The design with a condition less, and without levels and factors that nothing stands for; None where none is."""
    cells = {pk: tuple(levels) for pk, levels in statement.cells.items() if pk != condition_id}
    kept: list[tuple[int, Factor]] = []
    for place, factor in enumerate(statement.factors):
        there = {levels[place] for levels in cells.values()}
        levels = tuple(level for level in factor.levels if level in there)
        if len(levels) > 1:
            amounts = tuple(a for level, a in zip(factor.levels, factor.amounts, strict=False) if level in there)
            control = factor.reference if factor.reference in there else levels[0]
            kept.append((place, replace(factor, levels=levels, control=control, amounts=amounts)))
    if not kept or len(cells) < 2:
        return None
    return replace(
        statement,
        factors=tuple(factor for _, factor in kept),
        cells={pk: tuple(levels[place] for place, _ in kept) for pk, levels in cells.items()},
    )
