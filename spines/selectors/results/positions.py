"""Where spines sit along dendrites, a page of dendrites at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from spines.models import Experiment, Spine
from spines.selectors.results.counts import UNPLACED
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import dendrites_of

DENDRITES_A_PAGE = 60
_ANIMAL = "analysis_image__image__cell__subject"


@dataclass(frozen=True, kw_only=True)
class SeatedSpine:
    """A spine on its dendrite."""

    spine_id: int
    number: int
    position_um: float
    side: int
    spine_class: str


@dataclass(frozen=True, kw_only=True)
class SetDendrite:
    """A dendrite with the spines on it, from its first point on."""

    number: int
    image_id: int
    image: str
    animal: str
    condition: str
    length_um: float
    spines: list[SeatedSpine] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class DendritePage:
    """Some dendrites by condition, animal, image and number, and how many pages there are."""

    dendrites: list[SetDendrite]
    page: int
    pages: int
    there: int


def dendrite_page(experiment: Experiment, filters: ResultFilters, *, page: int = 1) -> DendritePage:
    """The dendrites with a length in µm, `DENDRITES_A_PAGE` of them; a page beyond the last is the last."""
    measured = dendrites_of(experiment, filters).filter(length_um__isnull=False)
    there = measured.count()
    pages = max(-(-there // DENDRITES_A_PAGE), 1)
    page = min(max(page, 1), pages)
    ordered = measured.order_by(
        f"{_ANIMAL}__condition__position", f"{_ANIMAL}__name", "analysis_image__image__original_name", "number", "pk"
    )
    fields: tuple[str, ...] = ("pk", "number", "analysis_image__image_id", "analysis_image__image__original_name")
    fields += ("length_um", f"{_ANIMAL}__name", f"{_ANIMAL}__condition__name")
    begin = (page - 1) * DENDRITES_A_PAGE
    found = {
        pk: SetDendrite(
            number=number,
            image_id=image_id,
            image=image,
            length_um=length_um,
            animal=animal or UNPLACED,
            condition=condition or UNPLACED,
        )
        for pk, number, image_id, image, length_um, animal, condition in ordered.values_list(*fields)[
            begin : begin + DENDRITES_A_PAGE
        ]
    }
    spines = Spine.objects.filter(filters.of_the_spine(), dendrite__in=list(found), position_um__isnull=False)
    of_spine: tuple[str, ...] = ("dendrite_id", "pk", "number", "position_um", "side", "final_class")
    for dendrite, pk, number, position_um, side, spine_class in spines.order_by("position_um", "pk").values_list(
        *of_spine
    ):
        found[dendrite].spines.append(
            SeatedSpine(spine_id=pk, number=number, position_um=position_um, side=side, spine_class=spine_class)
        )
    return DendritePage(dendrites=list(found.values()), page=page, pages=pages, there=there)
