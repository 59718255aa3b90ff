"""One page of an experiment's spines, in an order that the address chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, QuerySet, When
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTextTransform
from django.http import QueryDict

from spines.errors import InvalidInput
from spines.models import Spine
from spines.selectors.results.filters import PROBABILITY
from spines.vocabulary.measures import MEASURES

TABLE, GALLERY = "table", "gallery"
ROWS_A_PAGE = {TABLE: 100, GALLERY: 60}

_IMAGE = ("analysis_image__image__original_name", "analysis_image__image__pk", "number")
_SUBJECT = "analysis_image__image__cell__subject__"
ORDERS: dict[str, tuple[str, ...]] = {
    "image": _IMAGE,
    "animal": (f"{_SUBJECT}name", *_IMAGE),
    "condition": (f"{_SUBJECT}condition__position", f"{_SUBJECT}name", *_IMAGE),
    "class": ("class_place", "-probability", "pk"),
    "probability": ("probability", "pk"),
    "score": ("score", "pk"),
    "dendrite": (
        "analysis_image__image__original_name",
        "analysis_image__image__pk",
        "dendrite__number",
        "position_px",
    ),
    "rule": ("rule_place", "pk"),
    **{name: (name, "pk") for name in MEASURES},
}
"""Name in the address → order; a minus before the name turns its first field round."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of spines and how it came about."""

    page: Page[Any]  # of Spine, with `class_place`, `probability` and `rule_class`
    shown_as: str
    sort: str


def _order(sort: str) -> list[OrderBy]:
    first, *rest = ORDERS[sort.removeprefix("-")]
    return [_by(f"-{first}" if sort.startswith("-") else first), *(_by(field) for field in rest)]


def _by(field: str) -> OrderBy:
    """Empty values last either way: an added spine has no score and no probability."""
    value = F(field.removeprefix("-"))
    return value.desc(nulls_last=True) if field.startswith("-") else value.asc(nulls_last=True)


def listing_of(spines: QuerySet[Spine], query: QueryDict, *, preset: str, classes: Sequence[str]) -> Listing:
    """The page that the address asks for: `as` (table, gallery), `sort`, `page`.

    Each spine gets `rule_class`, what the rule preset says of it; None without measures.
    """
    shown_as = query.get("as", TABLE)
    sort = query.get("sort") or ("class" if shown_as == GALLERY else "image")
    if shown_as not in ROWS_A_PAGE or sort.removeprefix("-") not in ORDERS:
        raise InvalidInput("The address asks for an order that spines do not have. Open the page without it.")
    annotated = spines.annotate(
        class_place=Case(*[When(final_class=name, then=at) for at, name in enumerate(classes)]),
        probability=PROBABILITY,
        rule_class=KeyTextTransform(preset, "rule_classes"),
        rule_place=Case(*[When(rule_class=name, then=at) for at, name in enumerate(classes)]),
    )
    ordered = annotated.order_by(*_order("class" if shown_as == GALLERY else sort))
    page = _SpinePages(ordered, ROWS_A_PAGE[shown_as]).get_page(query.get("page"))
    return Listing(page=page, shown_as=shown_as, sort=sort)


class _SpinePages(Paginator[Any]):
    """Sorts ids alone: what a row shows of its image and dendrite is fetched for the page that is shown."""

    def page(self, number: int | str) -> Page[Any]:
        """The page, its spines in order."""
        at = self.validate_number(number)
        begin = (at - 1) * self.per_page
        ordered: Any = self.object_list
        ids = list(ordered.values_list("pk", flat=True)[begin : begin + self.per_page])
        rows = (
            ordered.order_by()
            .select_related("analysis_image__image__cell__subject__condition", "dendrite")
            .defer("dendrite__points_px", "dendrite__radius_px")
            .in_bulk(ids)
        )
        return Page([rows[pk] for pk in ids if pk in rows], at, self)
