"""The one way by which facts of a sample reach the database, whoever states them.

A file name, a sheet, a form, a program: each says something of some images. All that is said at once is held against
itself and against what is known (`spines.samples.agreement`) before anything is written; what contradicts is refused,
every contradiction in one answer. What changes is audited, an image at a time, with what it was and what it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose
from typing import Any

from django.db.models import Max

from spines.errors import NotFound, SeveralFaults
from spines.models import AuditEvent, Cell, Condition, Experiment, Image, PixelSizeSource, Subject, User
from spines.samples import SampleFields
from spines.samples.agreement import AnimalFacts, Said, agree
from spines.samples.fields import as_name
from spines.samples.naming import full_name
from spines.services.samples.occasions import Occasion, Occasions, Statement, facts_of_subject, with_present_name

SAME_PIXEL_SIZE = 1e-6
"""Relative difference up to which two pixel sizes are one: a table shows six digits."""


class SampleConflict(SeveralFaults):
    """What is said of samples contradicts itself or what is known; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What became of statements: how many images changed, and what of which animals did, a sentence each."""

    images_changed: int
    animals_changed: tuple[str, ...]


def lock_samples(experiment: Experiment) -> None:
    """Let nobody else state facts in this experiment until the transaction ends.

    Taken before anything is read that a statement is held against: two people who state different things at once would
    each find that nothing contradicts them. Uploads of images go on meanwhile up to where they state theirs.
    """
    if not Experiment.objects.select_for_update(no_key=True).filter(pk=experiment.pk):
        raise NotFound("This experiment was deleted meanwhile. Nothing was changed.")


def contradictions(experiment: Experiment, statements: Sequence[Statement]) -> list[str]:
    """A sentence for each contradiction among statements and with what is known; empty where all agrees."""
    return _decide(Occasions(experiment), statements).faults


def state(*, actor: User | None, experiment: Experiment, statements: Sequence[Statement], source: str) -> Stated:
    """Take statements as facts, in a transaction that holds `lock_samples`.

    Parameters
    ----------
    actor : User or None
        Who is responsible, None for the system.
    source : str
        Whose word it is, for the audit trail: file name, sheet, by hand, …

    Raises
    ------
    SampleConflict
        With every contradiction; nothing is written then.
    """
    occasions = Occasions(experiment)
    decided = _decide(occasions, statements)
    if decided.faults:
        raise SampleConflict(decided.faults)
    touched = {s.image.pk for s in statements if s.image}
    touched |= set(occasions.images_of(decided.facts).values_list("pk", flat=True))
    before = _known(touched)
    left = set(Image.objects.filter(pk__in=touched, cell__isnull=False).values_list("cell__subject", flat=True))
    subjects = _write_animals(experiment, occasions, decided.facts)
    said = list(zip(statements, decided.occasions, strict=True))
    _write_images(subjects, [(s, occasion) for s, occasion in said if s.image], before)
    if occasions.recurs:
        experiment.subjects.filter(pk__in=left, cells__images__isnull=True).delete()
    after = _known(touched)
    changed = {pk: (was, after[pk]) for pk, was in before.items() if was != after[pk]}
    _audit(actor, experiment, source, changed)
    return Stated(images_changed=len(changed), animals_changed=_changes_of_animals(changed))


# ---- deciding


@dataclass(frozen=True, kw_only=True)
class _Decided:
    """Of each statement its occasion, what each occasion is to be, and every contradiction."""

    occasions: list[Occasion | None]
    facts: dict[Occasion, AnimalFacts]
    faults: list[str]


def _decide(occasions: Occasions, statements: Sequence[Statement]) -> _Decided:
    faults = [fault for s in statements for fault in _of_no_animal(s)]
    said: dict[Occasion, list[Said]] = defaultdict(list)
    of: list[Occasion | None] = []
    for statement in statements:
        occasion, fault = occasions.of(statement)
        of.append(occasion)
        faults += [fault] if fault else []
        if occasion:
            said[occasion].append(Said(statement.where, with_present_name(statement, occasions)))
    spoken_of = {s.image.pk for s in statements if s.image}
    others: dict[int, list[str]] = defaultdict(list)
    for image in occasions.images_of(said).exclude(pk__in=spoken_of).select_related("cell"):
        others[image.cell.subject_id if image.cell else 0].append(full_name(image))
    facts: dict[Occasion, AnimalFacts] = {}
    for occasion, all_said in said.items():
        subject = occasions.subject(occasion)
        unspoken = others[subject.pk] if subject else []
        found, wrong = agree(occasion.animal, said=all_said, known=occasions.known(occasion), others=unspoken)
        facts[occasion] = replace(found, condition=occasions.present(found.condition))
        faults += wrong
    if not faults:
        faults += occasions.changed_for_good(facts, statements)
    return _Decided(occasions=of, facts=facts, faults=faults)


def _of_no_animal(statement: Statement) -> list[str]:
    fields = statement.fields
    if statement.animal:
        return []
    where = f"Row {statement.where}" if isinstance(statement.where, int) else statement.where
    if fields.condition:
        told = f"Condition {fields.condition} has no animal. Conditions belong to animals: name the animal too."
        return [f"{where}: {told[0].lower()}{told[1:]}" if isinstance(statement.where, int) else told]
    if fields.cell or fields.factors or fields.sex or fields.litter or fields.age_days is not None:
        return [f"{where}: the animal is missing, to which what is said belongs. Name it too."]
    return []


# ---- writing


def _write_animals(
    experiment: Experiment, occasions: Occasions, decided: Mapping[Occasion, AnimalFacts]
) -> dict[Occasion, Subject]:
    """The rows of the animals, made or changed where they have to be."""
    subjects: dict[Occasion, Subject] = {}
    conditions = _conditions(experiment, [facts.condition for facts in decided.values()])
    for occasion, facts in decided.items():
        subject = occasions.subject(occasion)
        if subject is None or facts_of_subject(subject) != facts:
            subject = subject or Subject(experiment=experiment, name=occasion.animal)
            subject.condition = conditions.get(facts.condition)
            subject.factors, subject.sex = dict(facts.factors), facts.sex
            subject.age_days, subject.litter = facts.age_days, facts.litter
            subject.save()
        subjects[occasion] = subject
    return subjects


def _conditions(experiment: Experiment, names: Iterable[str]) -> dict[str, Condition]:
    """Rows of all conditions by name; those that are new come after the others, as they are named."""
    conditions = {as_name(c.name): c for c in experiment.conditions.all()}
    last = experiment.conditions.aggregate(last=Max("position"))["last"]
    new = [name for name in dict.fromkeys(names) if name and name not in conditions]
    for position, name in enumerate(new, start=0 if last is None else last + 1):
        conditions[name] = Condition.objects.create(experiment=experiment, name=name, position=position)
    return conditions


def _write_images(
    subjects: Mapping[Occasion, Subject],
    statements: Sequence[tuple[Statement, Occasion | None]],
    before: Mapping[int, Mapping[str, Any]],
) -> None:
    """Cell, session and pixel size; images with the same change in one update."""
    cells = {(c.subject_id, as_name(c.name)): c for c in Cell.objects.filter(subject__in=subjects.values())}
    wanted: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for statement, occasion in statements:
        image, fields = statement.image, statement.fields
        assert image is not None
        change: dict[str, Any] = {}
        if occasion:
            key = subjects[occasion].pk, _cell_name(image, fields, occasion.animal)
            cell = cells.get(key) or cells.setdefault(key, Cell.objects.create(subject_id=key[0], name=key[1]))
            change["cell_id"] = cell.pk
        if fields.session:
            change["session"] = fields.session
        size, known = fields.pixel_size_um, before[image.pk]["pixel_size_um"]
        if size is not None and (known is None or not isclose(size, known, rel_tol=SAME_PIXEL_SIZE)):
            change |= {"pixel_size_um": size, "pixel_size_source": PixelSizeSource.USER}
        if change:
            wanted[tuple(change.items())].append(image.pk)
    for changes, pks in wanted.items():
        Image.objects.filter(pk__in=pks).update(**dict(changes))


def _cell_name(image: Image, fields: SampleFields, animal: str) -> str:
    """The cell as it is said; the image's own where nothing is said and the animal stays the same."""
    if fields.cell or image.cell is None or as_name(image.cell.subject.name) != animal:
        return fields.cell
    return as_name(image.cell.name)


# ---- telling


def _known(pks: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The facts of images as they are stored, by id."""
    images = Image.objects.filter(pk__in=list(pks)).select_related("cell__subject__condition")
    return {image.pk: facts_of(image) for image in images}


def facts_of(image: Image) -> dict[str, Any]:
    """All facts of an image's sample by name, None or empty where nothing is known."""
    subject = image.cell.subject if image.cell else None
    condition = subject.condition if subject else None
    return {
        "animal": subject.name if subject else None,
        "cell": (image.cell.name or None) if image.cell else None,
        "condition": condition.name if condition else None,
        "factors": dict(subject.factors) if subject else {},
        "sex": (subject.sex or None) if subject else None,
        "age_days": subject.age_days if subject else None,
        "litter": (subject.litter or None) if subject else None,
        "session": image.session or None,
        "pixel_size_um": image.pixel_size_um,
    }


Changed = Mapping[int, tuple[dict[str, Any], dict[str, Any]]]


def _audit(actor: User | None, experiment: Experiment, source: str, changed: Changed) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=actor,
            lab=experiment.lab,
            action="image.sample_stated",
            subject_type="image",
            subject_id=pk,
            details={"source": source} | _difference(was, now),
        )
        for pk, (was, now) in changed.items()
    )


def _difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name, value in was.items() if value != now[name]]
    return {"before": {name: was[name] for name in names}, "after": {name: now[name] for name in names}}


def _changes_of_animals(changed: Changed) -> tuple[str, ...]:
    """What is otherwise of animals that were known: `Animal A1: condition control is now drug.`"""
    told: dict[str, None] = {}
    for was, now in changed.values():
        if was["animal"] is None or was["animal"] != now["animal"]:
            continue
        for name in ("condition", "sex", "age_days", "litter"):
            if was[name] is not None and was[name] != now[name]:
                unit = " days" if name == "age_days" else ""
                told[f"Animal {now['animal']}: {name.removesuffix('_days')} {was[name]} is now {now[name]}{unit}."] = (
                    None
                )
    return tuple(told)
