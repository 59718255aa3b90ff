"""How well raters agreed on where spines are, how many, and how they are outlined; the network is one rater more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from spines.measure.polygons import polygon_area
from spines.models import ReaderStudy, StudyAnswer, StudyItem, Task
from spines.selectors.reader_studies.agreement import in_figures
from spines.statistics.agreement import Interval, with_interval
from spines.statistics.marks_agreement import Box, Limits, bland_altman, dice, extent, in_common, shared
from spines.vocabulary.densities import per_um
from spines.vocabulary.numbers import NONE, PER_10_UM, UM, UM2, Unit

NETWORK = "The network"
COUNT = Unit(decimals=0)
_MOST_DRAWN = 400
"""Points of an outline that the greatest extent looks at."""


@dataclass(frozen=True, kw_only=True)
class RaterFigures:
    """What one rater marked: numbers in words, by the heads of `MarksAgreement.heads`."""

    name: str
    cells: list[str]


@dataclass(frozen=True, kw_only=True)
class PairFigures:
    """Two raters: how far they agree, and by how much their figures differ (first less second)."""

    names: str
    overlap: str
    differences: list[str]


@dataclass(frozen=True, kw_only=True)
class MarksAgreement:
    """What came of a study in which raters drew."""

    overlap: str
    """What `PairFigures.overlap` is called."""
    heads: list[str]
    raters: list[RaterFigures]
    pairs: list[PairFigures]
    selves: list[tuple[str, int, str]]
    """Rater, items that came again and were done twice, and the overlap of the two."""
    methods: str


@dataclass(kw_only=True)
class _Layer:
    """All that one rater drew: by item; None where they are not through with it."""

    name: str
    marks: dict[int, list[dict[str, Any]] | None] = field(default_factory=dict)

    def of(self, item: StudyItem) -> list[dict[str, Any]] | None:
        return self.marks.get(item.pk)


@dataclass(frozen=True, kw_only=True)
class _Measure:
    """A figure of what somebody drew on one item: its head, its unit, how it is made."""

    head: str
    unit: Unit
    of: Callable[[StudyItem, list[dict[str, Any]]], float | None]


def marks_agreement_of(study: ReaderStudy) -> MarksAgreement:
    """All figures, with intervals of a bootstrap over animals (images where an item has no animal)."""
    outlines = study.task == Task.OUTLINE
    items = list(study.items.filter(found_in=None).select_related("image", "again_of"))
    first = [item for item in items if item.again_of_id is None]
    groups = [item.animal or f"image {item.image_id}" for item in first]
    layers = _layers(study)
    if not outlines:
        layers.append(_Layer(name=NETWORK, marks={item.pk: item.network_marks for item in first}))
    measures = OF_OUTLINES if outlines else OF_PICTURES
    overlap = _dice if outlines else _f1
    return MarksAgreement(
        overlap="Dice coefficient" if outlines else "F1",
        heads=[f"{each.head}, {each.unit.symbol}" if each.unit.symbol else each.head for each in measures],
        raters=[_figures(layer, first, measures) for layer in layers],
        pairs=[
            PairFigures(
                names=f"{one.name} and {two.name.lower() if two.name == NETWORK else two.name}",
                overlap=in_figures(overlap([(one.of(item), two.of(item)) for item in first], groups)),
                differences=[_difference(one, two, first, groups, measure) for measure in measures],
            )
            for one, two in combinations(layers, 2)
        ],
        selves=[_self(layer, items, overlap) for layer in layers if layer.name != NETWORK],
        methods=_methods(study, layers, len(first), len(items) - len(first)),
    )


def _layers(study: ReaderStudy) -> list[_Layer]:
    layers = {
        rater.pk: _Layer(name=rater.user.get_full_name() or rater.user.get_username())
        for rater in study.raters.select_related("user")
    }
    done = StudyAnswer.objects.filter(item__study=study, item__found_in=None, is_done=True)
    for item, rater, marks in done.values_list("item", "rater", "marks"):
        layers[rater].marks[item] = marks
    return list(layers.values())


def _boxes(marks: Sequence[dict[str, Any]]) -> list[Box]:
    return [tuple(mark["box_px"]) for mark in marks]


def _outline(marks: Sequence[dict[str, Any]]) -> np.ndarray | None:
    return np.array(marks[0]["outline_px"], float) if marks else None


Pairs = Sequence[tuple[list[dict[str, Any]] | None, list[dict[str, Any]] | None]]


def _f1(pairs: Pairs, groups: Sequence[str]) -> Interval:
    rows = [
        ((in_common(_boxes(one), _boxes(two)), len(one), len(two)), group)
        for (one, two), group in zip(pairs, groups, strict=True)
        if one is not None and two is not None
    ]
    return with_interval(shared, [row for row, _ in rows], [group for _, group in rows])


def _dice(pairs: Pairs, groups: Sequence[str]) -> Interval:
    rows = []
    for (one, two), group in zip(pairs, groups, strict=True):
        first, second = (_outline(marks or []) for marks in (one, two))
        if first is not None and second is not None:
            rows.append((dice(first, second), group))
    mean = lambda some: float(np.mean(some)) if some else None  # noqa: E731
    return with_interval(mean, [row for row, _ in rows], [group for _, group in rows])


def _self(
    layer: _Layer, items: Sequence[StudyItem], overlap: Callable[[Pairs, Sequence[str]], Interval]
) -> tuple[str, int, str]:
    again = [item for item in items if item.again_of is not None]
    pairs = [(layer.of(item.again_of), layer.of(item)) for item in again if item.again_of is not None]
    done = [pair for pair in pairs if None not in pair]
    value = overlap(done, ["" for _ in done])
    return layer.name, len(done), in_figures(Interval(value=value.value))


def _values(layer: _Layer, items: Sequence[StudyItem], measure: _Measure) -> list[float | None]:
    drawn = [layer.of(item) for item in items]
    return [None if marks is None else measure.of(item, marks) for item, marks in zip(items, drawn, strict=True)]


def _figures(layer: _Layer, items: Sequence[StudyItem], measures: Sequence[_Measure]) -> RaterFigures:
    cells = []
    for measure in measures:
        values = [value for value in _values(layer, items, measure) if value is not None]
        mean = float(np.mean(values)) if values else None
        cells.append(measure.unit.mean(mean))
    return RaterFigures(name=layer.name, cells=cells)


def _difference(one: _Layer, two: _Layer, items: Sequence[StudyItem], groups: Sequence[str], measure: _Measure) -> str:
    return limits_in_words(
        bland_altman(_values(one, items, measure), _values(two, items, measure), groups), measure.unit
    )


def limits_in_words(limits: Limits, unit: Unit) -> str:
    """Bias with its interval, and the limits of agreement.

    >>> limits_in_words(Limits(n=9, bias=Interval(value=1.0), low=-2.0, high=4.0), Unit(decimals=0))
    '1.0; −2.0 to 4.0'
    """
    if limits.bias.value is None:
        return NONE
    low, high = limits.bias.low, limits.bias.high
    bias = unit.mean(limits.bias.value) + (f" (95 % {unit.between(low, high)})" if low is not None else "")
    return bias if limits.low is None else f"{bias}; {unit.between(limits.low, limits.high)}"


def _count(_: StudyItem, marks: list[dict[str, Any]]) -> float:
    return float(len(marks))


def _density(item: StudyItem, marks: list[dict[str, Any]]) -> float | None:
    return per_um(len(marks), item.dendrite_um or 0.0)


def _extent_um(item: StudyItem, marks: list[dict[str, Any]]) -> float | None:
    outline, pixel_um = _outline(marks), item.image.pixel_size_um
    return None if outline is None or not pixel_um else extent(outline[:_MOST_DRAWN]) * pixel_um


def _longer_side_um(item: StudyItem, marks: list[dict[str, Any]]) -> float | None:
    """Mean over the marks of a picture; None without marks or scale."""
    pixel_um = item.image.pixel_size_um
    return float(np.mean([max(mark["box_px"][2:]) for mark in marks])) * pixel_um if marks and pixel_um else None


def _area_um2(item: StudyItem, marks: list[dict[str, Any]]) -> float | None:
    outline, pixel_um = _outline(marks), item.image.pixel_size_um
    return None if outline is None or not pixel_um else polygon_area(outline) * pixel_um**2


OF_PICTURES = (
    _Measure(head="Spines in a picture", unit=COUNT, of=_count),
    _Measure(head="Density", unit=PER_10_UM, of=_density),
    _Measure(head="Length of a spine", unit=UM, of=_longer_side_um),
)
OF_OUTLINES = (
    _Measure(head="Length", unit=UM, of=_extent_um),
    _Measure(head="Area", unit=UM2, of=_area_um2),
)


def _methods(study: ReaderStudy, layers: Sequence[_Layer], n: int, again: int) -> str:
    raters = sum(layer.name != NETWORK for layer in layers)
    task = Task(study.task)
    blind = "file name, animal and condition, in an order of their own"
    sample = f"{count_of(n, 'picture' if task.is_of_pictures else 'spine')} ({study.sample})"
    begins = {
        Task.FIND: f"{raters} raters marked the spines of {sample} from nothing, each blind to the others, to the "
        f"network, to {blind}",
        Task.CORRECT: f"{raters} raters each corrected the network’s boxes in {sample}, blind to the others, to "
        f"{blind}",
        Task.OUTLINE: f"{raters} raters outlined {sample}, each blind to the others, to {blind}",
    }[task]
    rule = OUTLINE_RULE if task == Task.OUTLINE else CENTRE_RULE
    twice = f"; {again} came a second time, turned or mirrored" if again else ""
    return (
        f"{begins}{twice}. {rule} Differences are given as the mean and the "
        "limits of agreement (Bland and Altman), mean ± 1.96 SD. Intervals are percentiles of 1,000 bootstrap draws "
        "over animals."
    )


def count_of(n: int, what: str) -> str:
    """So many of something.

    >>> count_of(1, "picture"), count_of(1200, "spine")
    ('1 picture', '1,200 spines')
    """
    return f"{n:,} {what}{'s' * (n != 1)}"


OUTLINE_RULE = "Agreement is the Dice coefficient of two outlines; length is the greatest extent of an outline."
CENTRE_RULE = (
    "Two marks are of one spine where the centre of one lies within half the longer side of the other from its centre; "
    "F1 is twice the spines that two marked both over all that they marked. Density is spines over the length of the "
    "picture’s dendrites as traced, the same for all; the length of a spine is the longer side of its box, "
    "averaged over a picture."
)
