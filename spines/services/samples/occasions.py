"""Which row of an animal a statement is of: the animal's one, or where animals recur that of the condition it tells.

An experiment whose animals recur (before and after, two sides) has a row of an animal for each of its conditions. What
is said of an image is then of the animal in the condition that is said with it, and only that image moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import QuerySet

from spines.models import Experiment, Image, Subject
from spines.samples import SampleFields
from spines.samples.agreement import AnimalFacts
from spines.samples.factors import crossed
from spines.samples.fields import as_name
from spines.vocabulary.numbers import listed

LIFELONG = ("genotype",)
"""Factors of which an animal has one level whatever it goes through."""


class Occasion(NamedTuple):
    """An animal, and where animals recur the condition in which it stands."""

    animal: str
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is said of one image of the experiment, or, without an image, of an animal by its name."""

    fields: SampleFields
    where: int | str
    image: Image | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.fields.as_stored())

    @property
    def animal(self) -> str:
        """The animal that it is about: the one it names, else the one its image is of."""
        if self.fields.animal or self.image is None or self.image.cell is None:
            return self.fields.animal
        return as_name(self.image.cell.subject.name)


def facts_of_subject(subject: Subject | None) -> AnimalFacts:
    """What is stored of an animal in a condition."""
    if subject is None:
        return AnimalFacts()
    return AnimalFacts(
        condition=as_name(subject.condition.name) if subject.condition else "",
        factors={name: as_name(level) for name, level in subject.factors.items()},
        sex=subject.sex,
        age_days=subject.age_days,
        litter=as_name(subject.litter),
    )


class Occasions:
    """The animals of an experiment as they are stored, under a lock of its samples."""

    def __init__(self, experiment: Experiment) -> None:
        self.recurs = Experiment.objects.filter(pk=experiment.pk, animals_recur=True).exists()
        self._experiment = experiment
        self._subjects: dict[Occasion, Subject] = {}
        for subject in experiment.subjects.select_related("condition"):
            condition = as_name(subject.condition.name) if subject.condition and self.recurs else ""
            self._subjects[Occasion(as_name(subject.name), condition)] = subject
        self._bases: dict[Occasion, dict[str, str]] = {}
        self._present = {
            as_name(former): as_name(condition.name)
            for condition in experiment.conditions.all()
            for former in condition.former_names
        }

    def present(self, condition: str) -> str:
        """The name of today of a condition that has been renamed."""
        return self._present.get(condition, condition)

    def subject(self, occasion: Occasion) -> Subject | None:
        """The row of the occasion; one without a condition takes the first that is stated without an image."""
        return self._subjects.get(occasion)

    def known(self, occasion: Occasion) -> AnimalFacts:
        """What is stored of it; of a new one what holds for the animal in all its conditions."""
        subject = self._subjects.get(occasion)
        if subject is not None or not self.recurs:
            return facts_of_subject(subject)
        others = [facts_of_subject(each) for each in self._of(occasion.animal)]
        sexes, ages = {each.sex for each in others}, {each.age_days for each in others}
        litters = {each.litter for each in others}
        return AnimalFacts(
            factors=self._bases.get(occasion) or self._shared_factors(occasion.animal),
            sex=sexes.pop() if len(sexes) == 1 else "",
            age_days=ages.pop() if len(ages) == 1 else None,
            litter=litters.pop() if len(litters) == 1 else "",
        )

    def of(self, statement: Statement) -> tuple[Occasion | None, str]:
        """The occasion that a statement is of, None without an animal; and what keeps that from being told."""
        animal = statement.animal
        if not animal or not self.recurs:
            return (Occasion(animal) if animal else None), ""
        own = statement.image.cell.subject if statement.image and statement.image.cell else None
        if own is not None and as_name(own.name) != animal:
            own = None
        if statement.fields.condition:
            told = self.present(statement.fields.condition)
        else:
            told = self._by_factors(animal, statement.fields.factors, own)
        if told:
            if statement.image is None and Occasion(animal, told) not in self._subjects:
                self._take(animal, told)
            return Occasion(animal, told), ""
        if own is not None:
            return Occasion(animal, facts_of_subject(own).condition), ""
        there = [occasion for occasion in self._subjects if occasion.animal == animal]
        if len(there) > 1:
            where = f"Row {statement.where}" if isinstance(statement.where, int) else statement.where
            stands = listed(occasion.condition or "no condition" for occasion in there)
            return None, f"{where}: animal {animal} stands in {stands}. Say in which of them this is."
        return (there[0] if there else Occasion(animal)), ""

    def images_of(self, occasions: Iterable[Occasion]) -> QuerySet[Image]:
        """Images of animals in these conditions."""
        of = [self._subjects[occasion].pk for occasion in occasions if occasion in self._subjects]
        return self._experiment.images.filter(cell__subject__in=of)

    def changed_for_good(
        self, decided: Mapping[Occasion, AnimalFacts], statements: Sequence[Statement]
    ) -> Iterable[str]:
        """A sentence for each animal that would have two sexes, litters, or levels of a factor that it has for life."""
        if not self.recurs:
            return
        facts = {o: facts_of_subject(subject) for o, subject in self._subjects.items() if o not in decided}
        spoken_of = {statement.image.pk for statement in statements if statement.image}
        for occasion in list(facts):
            if not self.images_of([occasion]).exclude(pk__in=spoken_of).exists():
                del facts[occasion]
        told: dict[tuple[str, str], set[str]] = defaultdict(set)
        for occasion, found in (facts | dict(decided)).items():
            told[occasion.animal, "sex"].add(found.sex)
            told[occasion.animal, "litter"].add(found.litter)
            for name in LIFELONG:
                told[occasion.animal, name].add(found.factors.get(name, ""))
        names = {occasion.animal for occasion in decided}
        for (animal, word), values in told.items():
            values.discard("")
            if animal in names and len(values) > 1:
                yield (
                    f"Animal {animal} has {len(values)} {'sexes' if word == 'sex' else word + 's'}: "
                    f"{', '.join(sorted(values))}. It has one in all its conditions: correct it for all its images at "
                    "once, or give different animals different names."
                )

    def _of(self, animal: str) -> list[Subject]:
        return [subject for occasion, subject in self._subjects.items() if occasion.animal == animal]

    def _take(self, animal: str, condition: str) -> None:
        if subject := self._subjects.pop(Occasion(animal), None):
            self._subjects[Occasion(animal, condition)] = subject

    def _shared_factors(self, animal: str) -> dict[str, str]:
        """Levels that the animal has in all its conditions."""
        every = [facts_of_subject(subject).factors for subject in self._of(animal)]
        first: Mapping[str, str] = every[0] if every else {}
        return {name: level for name, level in first.items() if all(each.get(name) == level for each in every)}

    def _by_factors(self, animal: str, said: Mapping[str, str], own: Subject | None) -> str:
        """The condition that factors make, with what is known already; empty where none are said."""
        if not said:
            return ""
        known = facts_of_subject(own)
        if own is not None and known.condition not in ("", crossed(known.factors)):
            return known.condition
        base = known.factors if own is not None else self._shared_factors(animal)
        told = self.present(crossed({**base, **said}))
        self._bases[Occasion(animal, told)] = dict(base)
        return told


def with_present_name(statement: Statement, occasions: Occasions) -> SampleFields:
    """What is said, a condition under its name of today."""
    return replace(statement.fields, condition=occasions.present(statement.fields.condition))
