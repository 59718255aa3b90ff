"""What the page says of an experiment's examples and of each version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from spines.models import ExampleClassifier, Experiment
from spines.selectors.review.from_examples import ANIMAL, named_spines
from spines.vocabulary.classes import SpineClass

VERSIONS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class ShownVersion:
    """A version with its figures as rows: a class that people named, and how often each was proposed for it."""

    version: ExampleClassifier
    classes: list[SpineClass]
    confusion: list[tuple[SpineClass, list[tuple[int, bool]]]]
    proposed: list[tuple[SpineClass, int]]

    @property
    def figures(self) -> dict[str, Any]:
        """As stored."""
        return dict(self.version.figures)


@dataclass(frozen=True, kw_only=True)
class ShownExamples:
    """How many spines of each class people named, in how many animals, and the versions."""

    named: list[tuple[SpineClass, int]]
    total: int
    animals: int
    versions: list[ShownVersion]


def shown_examples(experiment: Experiment) -> ShownExamples:
    """Read it."""
    styles = experiment.classes.styles
    counts = dict(named_spines(experiment).order_by().values_list("reviewed_class").annotate(n=Count("*")))
    animals = named_spines(experiment).order_by().exclude(**{ANIMAL: None}).values(ANIMAL).distinct().count()
    versions = experiment.example_classifiers.select_related("made_by", "applied_by", "classifier")[:VERSIONS_SHOWN]
    return ShownExamples(
        named=[(styles[key], counts[key]) for key in styles if key in counts],
        total=sum(counts.values()),
        animals=animals,
        versions=[shown_version(version, styles) for version in versions],
    )


def shown_version(version: ExampleClassifier, styles: dict[str, SpineClass]) -> ShownVersion:
    """One of them."""
    classes = [styles[key] for key in version.figures["order"] if key in styles]
    rows = version.figures["confusion"]
    proposed = Counter(key for key, _ in version.proposals.values())
    return ShownVersion(
        version=version,
        classes=classes,
        confusion=[(one, [(n, at == column) for column, n in enumerate(rows[at])]) for at, one in enumerate(classes)],
        proposed=[(styles[key], proposed[key]) for key in styles if proposed[key]],
    )
