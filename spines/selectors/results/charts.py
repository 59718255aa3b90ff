"""What the charts of an experiment show, as plain rows. The animal is the unit (Lazic 2010)."""

from __future__ import annotations

from dataclasses import dataclass, field

from spines.models import Experiment
from spines.selectors.results.counts import UNPLACED as UNPLACED
from spines.selectors.results.counts import by_animal, by_image, tallies
from spines.selectors.results.filters import ResultFilters, all_classes, shown_classes
from spines.vocabulary.classes import class_share


@dataclass(frozen=True, kw_only=True)
class AnimalShares:
    """Class shares of one animal: its spines of all its images together."""

    condition: str
    animal: str
    images: int
    spines: int
    by_class: dict[str, int]

    def share(self, spine_class: str) -> float | None:
        """See `classes.class_share`."""
        return class_share(self.by_class, spine_class)


@dataclass(kw_only=True)
class ConditionShares:
    """The animals of one condition, in name order."""

    condition: str
    animals: list[AnimalShares] = field(default_factory=list)

    def mean_share(self, spine_class: str) -> float | None:
        """Mean over the animals with spines, each counting once; None where there is none."""
        shares = [s for a in self.animals if (s := a.share(spine_class)) is not None]
        return sum(shares) / len(shares) if shares else None

    def animals_with(self, spine_class: str) -> int:
        """How many animals the mean of a class is over."""
        return sum(animal.share(spine_class) is not None for animal in self.animals)


@dataclass(frozen=True, kw_only=True)
class ImageCount:
    """Spines of one image, with where the image belongs."""

    condition: str
    animal: str
    image: str
    image_id: int
    spines: int


def class_shares(experiment: Experiment, filters: ResultFilters) -> list[ConditionShares]:
    """Per animal, grouped by condition in the experiment's order; images that nobody placed come last."""
    conditions: dict[str, ConditionShares] = {}
    for group in by_animal(tallies(experiment, all_classes(filters))):
        _, condition, animal = group.key
        name = condition or UNPLACED
        conditions.setdefault(name, ConditionShares(condition=name)).animals.append(
            AnimalShares(
                condition=name,
                animal=animal or UNPLACED,
                images=group.images,
                spines=group.spines,
                by_class=dict(group.by_class),
            )
        )
    return list(conditions.values())


def spines_per_image(experiment: Experiment, filters: ResultFilters) -> list[ImageCount]:
    """One row an image, images without a spine included, by condition and animal as in `class_shares`."""
    rows = tallies(experiment, all_classes(filters))
    order = [group.key[1:] for group in by_animal(rows)]
    return [
        ImageCount(
            condition=group.key[3] or UNPLACED,
            animal=group.key[2] or UNPLACED,
            image=group.key[0],
            image_id=group.key[1],
            spines=sum(group.by_class[c] for c in shown_classes(experiment.classes, filters)),
        )
        for group in sorted(by_image(rows), key=lambda group: order.index((group.key[3], group.key[2])))
    ]
