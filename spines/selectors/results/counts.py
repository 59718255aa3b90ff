"""The figures of an experiment: counts by image, animal, condition and class, summed by the database.

Only current results count: of each image the latest finished analysis, and only of images that do not stand aside
(`spines.selectors.results.standing`). Spines that a person rejected count nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from spines.models import Dendrite, Experiment, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import dendrites_of, results_of
from spines.selectors.results.unchanged import while_unchanged
from spines.vocabulary.classes import CANNOT_SAY, DEFAULT, LEFT_OUT, ClassSet, class_share
from spines.vocabulary.densities import per_um

UNPLACED = "not placed"
"""Stands for the condition or the animal of images that nobody placed."""


def _none_of_any() -> dict[str, int]:
    return dict.fromkeys(DEFAULT.counted, 0)


@dataclass(kw_only=True)
class ResultTally:
    """What one image's current result counts, and where the image belongs. None: nobody placed it."""

    image_id: int
    image: str
    animal_id: int | None
    animal: str | None
    condition_position: int | None
    condition: str | None
    cell_id: int | None
    cell: str | None
    has_pixel_size: bool
    """Now; the result may have been made before somebody gave it."""
    result_has_pixel_size: bool
    grade: str
    """How like the training pictures it is, a `Grade` or empty."""
    classes: ClassSet = DEFAULT
    """What its experiment sorts spines into."""
    reviewed: int = 0
    cannot_say: int = 0
    """Of the uncertain, those at which a person looked."""
    dendrites: int = 0
    dendrite_um: float = 0.0
    """Length of its dendrites together; 0 without a pixel size."""
    on_dendrites: dict[str, int] = field(default_factory=_none_of_any)
    on_none: dict[str, int] = field(default_factory=_none_of_any)
    """They count only where the image has no dendrite."""
    apart: int = 0
    """Spines on none of its dendrites: listed apart, in no other figure."""

    @cached_property
    def by_class(self) -> dict[str, int]:
        """Its spines, on dendrites or not."""
        return {name: n + self.on_none[name] for name, n in self.on_dendrites.items()}

    @property
    def spines(self) -> int:
        """All classes, uncertain included."""
        return sum(self.on_dendrites.values()) + sum(self.on_none.values())

    @property
    def gives_a_density(self) -> bool:
        """Whether its spines and its dendrites enter densities."""
        return self.dendrite_um > 0


_PLACE = {
    "image_id": "image_id",
    "image": "image__original_name",
    "animal_id": "image__cell__subject_id",
    "animal": "image__cell__subject__name",
    "condition_position": "image__cell__subject__condition__position",
    "condition": "image__cell__subject__condition__name",
    "cell_id": "image__cell_id",
    "cell": "image__cell__name",
}


@while_unchanged
def tallies(experiment: Experiment, filters: ResultFilters) -> list[ResultTally]:
    """One a result, by image name: the numbers that every table of a results page is summed from.

    Three queries. The spines are counted by image, class and whether they sit on a dendrite, out of the index
    `spine_counted` alone, unless `least_probability` is asked for.
    """
    found: dict[int, ResultTally] = {}
    classes = experiment.classes
    rows = results_of(experiment, filters).order_by("image__original_name", "image_id")
    for pk, scale, used, grade, *place in rows.values_list(
        "pk", "image__pixel_size_um", "pixel_size_um", "grade", *_PLACE.values()
    ):
        found[pk] = ResultTally(
            **dict(zip(_PLACE, place, strict=True)),
            has_pixel_size=scale is not None,
            result_has_pixel_size=used is not None,
            grade=grade,
            classes=classes,
        )
    _count_dendrites(found, dendrites_of(experiment, filters))
    of_results = results_of(experiment, filters).values("pk")
    _count_spines(found, Spine.objects.filter(analysis_image__in=of_results), filters, classes.counted)
    return list(found.values())


def _count_dendrites(found: dict[int, ResultTally], dendrites: QuerySet[Dendrite]) -> None:
    for result, n, length_um in dendrites.values_list("analysis_image").annotate(n=Count("*"), um=Sum("length_um")):
        if result in found:  # else it became current since the images were read
            found[result].dendrites, found[result].dendrite_um = n, length_um or 0.0


def counted_by_class(
    where: Q | None = None, *, prefix: str = "n_", classes: Sequence[str] = DEFAULT.counted
) -> dict[str, Count]:
    """Counts to annotate grouped spines with, one a class: a row a group then, not a row a group and class."""
    of = {name: Q(final_class=name) for name in classes}
    return {f"{prefix}{name}": Count("final_class", filter=q & where if where else q) for name, q in of.items()}


def _count_spines(
    found: dict[int, ResultTally], spines: QuerySet[Spine], filters: ResultFilters, classes: Sequence[str]
) -> None:
    # The rows that are counted are not rejected: said again of each count, it would keep them from the index alone.
    counted, is_seated = Q(apart=False), Q(dendrite__isnull=False)
    counts: Any = (  # rows whose keys are made here
        spines.filter(filters.of_the_spine(with_apart=True))
        .order_by()
        .values("analysis_image")
        .annotate(
            **counted_by_class(is_seated, prefix="on_", classes=classes),
            **counted_by_class(~is_seated & counted, prefix="off_", classes=classes),
            n_reviewed=Count("final_class", filter=~Q(reviewed_class="") & counted),
            n_cannot_say=Count("final_class", filter=Q(reviewed_class=CANNOT_SAY.key) & counted),
            n_apart=Count("final_class", filter=~counted),
        )
    )
    for row in counts:
        tally = found.get(row["analysis_image"])
        if tally is not None:
            tally.on_dendrites = {name: row[f"on_{name}"] for name in classes}
            tally.on_none = {name: row[f"off_{name}"] for name in classes}
            tally.reviewed, tally.apart = row["n_reviewed"], row["n_apart"]
            tally.cannot_say = row["n_cannot_say"]


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, n in more.items():
        counts[name] = counts.get(name, 0) + n


@dataclass(kw_only=True)
class GroupCounts:
    """Spines of one group (an image, an animal, a condition) by class, over so many images and animals.

    Densities are of the images that give one: `on_dendrites` and `dendrite_um` are of those alone.
    """

    key: tuple[Any, ...]
    images: int = 0
    images_with_density: int = 0
    by_class: dict[str, int] = field(default_factory=_none_of_any)
    on_dendrites: dict[str, int] = field(default_factory=_none_of_any)
    apart: int = 0
    """Spines on no dendrite of images that have some: listed apart, in no other figure."""
    classes: ClassSet = DEFAULT
    reviewed: int = 0
    """Spines whose class a person named."""
    dendrites: int = 0
    dendrite_um: float = 0.0
    animal_names: set[str] = field(default_factory=set)
    cell_ids: set[int] = field(default_factory=set)

    def add(self, tally: ResultTally) -> None:
        """Take an image in."""
        if not self.images:
            self.by_class, self.on_dendrites = dict.fromkeys(tally.by_class, 0), dict.fromkeys(tally.by_class, 0)
        self.images += 1
        self.apart += tally.apart
        self.reviewed += tally.reviewed
        self.classes = tally.classes
        _add(self.by_class, tally.by_class)
        if tally.animal is not None:
            self.animal_names.add(tally.animal)
        if tally.cell_id is not None:
            self.cell_ids.add(tally.cell_id)
        if tally.gives_a_density:
            self.images_with_density += 1
            self.dendrites += tally.dendrites
            self.dendrite_um += tally.dendrite_um
            _add(self.on_dendrites, tally.on_dendrites)

    @property
    def animals(self) -> int:
        """How many animals its images are of."""
        return len(self.animal_names)

    @property
    def spines(self) -> int:
        """All classes, uncertain included."""
        return sum(self.by_class.values())

    @property
    def spines_on_dendrites(self) -> int:
        """On dendrites with a length: what densities count."""
        return sum(self.on_dendrites.values())

    @property
    def spines_per_image(self) -> float | None:
        """Mean over the group's images, those without a spine included."""
        return self.spines / self.images if self.images else None

    def share(self, spine_class: str) -> float | None:
        """See `classes.class_share`."""
        return class_share(self.by_class, spine_class)

    @property
    def without_left_out(self) -> tuple[str, ...]:
        """The classes that a density without `LEFT_OUT` counts."""
        left_out = self.classes.standing_for(LEFT_OUT)
        return tuple(name for name in self.classes.counted if name not in left_out)

    def per_um(self, *classes: str) -> float | None:
        """Spines of these classes (all where none is named) a µm of dendrite; None without a dendrite's length."""
        counted = sum(self.on_dendrites[name] for name in classes or self.on_dendrites)
        return per_um(counted, self.dendrite_um)


def grouped(rows: Iterable[ResultTally], key: Callable[[ResultTally], tuple[Any, ...]]) -> list[GroupCounts]:
    """Sum by a key, sorted by it, Nones last; images without a spine count as images."""
    groups: dict[tuple[Any, ...], GroupCounts] = {}
    for tally in rows:
        found = key(tally)
        groups.setdefault(found, GroupCounts(key=found)).add(tally)
    return sorted(groups.values(), key=lambda group: [(part is None, part or 0) for part in group.key])


def by_condition(rows: Iterable[ResultTally]) -> list[GroupCounts]:
    """Key: (position, name); (None, None) holds the images without a condition."""
    return grouped(rows, lambda tally: (tally.condition_position, tally.condition))


def by_animal(rows: Iterable[ResultTally]) -> list[GroupCounts]:
    """Key: (condition position, condition, animal); Nones for images that nobody placed."""
    return grouped(rows, lambda tally: (tally.condition_position, tally.condition, tally.animal))


def by_image(rows: Iterable[ResultTally]) -> list[GroupCounts]:
    """Key: (image name, image id, animal, condition)."""
    return grouped(rows, lambda tally: (tally.image, tally.image_id, tally.animal, tally.condition))


def counts_by_condition(experiment: Experiment, filters: ResultFilters) -> list[GroupCounts]:
    """`by_condition` of an experiment."""
    return by_condition(tallies(experiment, filters))


def counts_by_animal(experiment: Experiment, filters: ResultFilters) -> list[GroupCounts]:
    """`by_animal` of an experiment."""
    return by_animal(tallies(experiment, filters))


def counts_by_image(experiment: Experiment, filters: ResultFilters) -> list[GroupCounts]:
    """`by_image` of an experiment."""
    return by_image(tallies(experiment, filters))
