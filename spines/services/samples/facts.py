"""The one way by which facts of a sample reach the database, whoever states them.

A file name, a sheet, a form, a program: each says something of some images. All that is said at once is held against
itself and against what is known (`spines.samples.agreement`) before anything is written; what contradicts is refused,
every contradiction in one answer. What changes is audited, an image at a time, with what it was and what it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from django.db.models import Max

from spines.errors import NotFound, SeveralFaults
from spines.models import AuditEvent, Cell, Condition, Experiment, Image, PixelSizeSource, Subject, User
from spines.samples import SampleFields
from spines.samples.agreement import AnimalFacts, Said, agree
from spines.samples.fields import as_name
from spines.samples.naming import full_name

SAME_PIXEL_SIZE = 1e-6
"""Relative difference up to which two pixel sizes are one: a table shows six digits."""


class SampleConflict(SeveralFaults):
    """What is said of samples contradicts itself or what is known; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is said of one image of the experiment, or, without an image, of an animal by its name."""

    fields: SampleFields
    where: int | str
    image: Image | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.fields.as_stored())


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
    return _decide(experiment, statements)[1]


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
    animals, faults = _decide(experiment, statements)
    if faults:
        raise SampleConflict(faults)
    touched = {s.image.pk for s in statements if s.image}
    touched |= set(_images_of(experiment, animals).values_list("pk", flat=True))
    before = _known(touched)
    subjects = _write_animals(experiment, animals)
    _write_images(subjects, [s for s in statements if s.image], before)
    after = _known(touched)
    changed = {pk: (was, after[pk]) for pk, was in before.items() if was != after[pk]}
    _audit(actor, experiment, source, changed)
    return Stated(images_changed=len(changed), animals_changed=_changes_of_animals(changed))


# ---- deciding


def _animal_of(statement: Statement) -> str:
    """The animal that a statement is about: the one it names, else the one its image is of."""
    named = statement.fields.animal
    if named or statement.image is None or statement.image.cell is None:
        return named
    return as_name(statement.image.cell.subject.name)


def _images_of(experiment: Experiment, animals: Iterable[str]) -> Any:
    names = set(animals)
    of = [pk for pk, name in experiment.subjects.values_list("pk", "name") if as_name(name) in names]
    return experiment.images.filter(cell__subject__in=of)


def _decide(experiment: Experiment, statements: Sequence[Statement]) -> tuple[dict[str, AnimalFacts], list[str]]:
    """What each animal that is spoken of is to be, and every contradiction."""
    faults = [fault for s in statements for fault in _of_no_animal(s)]
    said: dict[str, list[Said]] = defaultdict(list)
    for statement in statements:
        if animal := _animal_of(statement):
            said[animal].append(Said(statement.where, statement.fields))
    spoken_of = {s.image.pk for s in statements if s.image}
    others: dict[str, list[str]] = defaultdict(list)
    for image in _images_of(experiment, said).exclude(pk__in=spoken_of).select_related("cell__subject"):
        others[as_name(image.cell.subject.name)].append(full_name(image))
    known = {as_name(s.name): s for s in experiment.subjects.select_related("condition")}
    animals: dict[str, AnimalFacts] = {}
    for animal, all_said in said.items():
        stored = _facts(known.get(animal))
        animals[animal], found = agree(animal, said=all_said, known=stored, others=others[animal])
        faults += found
    return animals, faults


def _of_no_animal(statement: Statement) -> list[str]:
    fields = statement.fields
    if _animal_of(statement):
        return []
    where = f"Row {statement.where}" if isinstance(statement.where, int) else statement.where
    if fields.condition:
        told = f"Condition {fields.condition} has no animal. Conditions belong to animals: name the animal too."
        return [f"{where}: {told[0].lower()}{told[1:]}" if isinstance(statement.where, int) else told]
    if fields.cell or fields.factors or fields.sex or fields.age_days is not None:
        return [f"{where}: the animal is missing, to which what is said belongs. Name it too."]
    return []


def _facts(subject: Subject | None) -> AnimalFacts:
    if subject is None:
        return AnimalFacts()
    return AnimalFacts(
        condition=as_name(subject.condition.name) if subject.condition else "",
        factors={name: as_name(level) for name, level in subject.factors.items()},
        sex=subject.sex,
        age_days=subject.age_days,
    )


# ---- writing


def _write_animals(experiment: Experiment, animals: Mapping[str, AnimalFacts]) -> dict[str, Subject]:
    """The rows of the animals, made or changed where they have to be; by name."""
    subjects = {as_name(s.name): s for s in experiment.subjects.select_related("condition")}
    conditions = _conditions(experiment, [facts.condition for facts in animals.values()])
    for name, facts in animals.items():
        subject = subjects.get(name)
        if subject is not None and _facts(subject) == facts:
            continue
        if subject is None:
            subject = subjects[name] = Subject(experiment=experiment, name=name)
        subject.condition = conditions.get(facts.condition)
        subject.factors, subject.sex, subject.age_days = dict(facts.factors), facts.sex, facts.age_days
        subject.save()
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
    subjects: Mapping[str, Subject], statements: Sequence[Statement], before: Mapping[int, Mapping[str, Any]]
) -> None:
    """Cell, session and pixel size; images with the same change in one update."""
    cells = {(c.subject_id, as_name(c.name)): c for c in Cell.objects.filter(subject__in=subjects.values())}
    wanted: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for statement in statements:
        image, fields = statement.image, statement.fields
        assert image is not None
        change: dict[str, Any] = {}
        if animal := _animal_of(statement):
            key = subjects[animal].pk, _cell_name(image, fields, animal)
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
        for name in ("condition", "sex", "age_days"):
            if was[name] is not None and was[name] != now[name]:
                unit = " days" if name == "age_days" else ""
                told[f"Animal {now['animal']}: {name.removesuffix('_days')} {was[name]} is now {now[name]}{unit}."] = (
                    None
                )
    return tuple(told)
