"""An experiment's spines as a gallery shows them: a line each, and where its crop lies in the sheets of its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet
from django.db.models.fields.json import KeyTextTransform

from spines.models import AnalysisImage, AuditEvent, Experiment, Spine
from spines.selectors.results.filters import PROBABILITY, ResultFilters
from spines.selectors.results.rows import spines_of

A_SHEET = 256
MOST_SHOWN = 20_000


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A spine in the gallery. `sheet` is (result, part), `place` where in it."""

    id: int
    number: int
    image_id: int
    sheet: tuple[int, int]
    place: int
    shown_class: str
    network: str
    rule: str
    probability: float | None
    is_reviewed: bool


def version_now() -> int:
    """The newest event of all: what a gallery that is read after it has seen."""
    return AuditEvent.objects.aggregate(last=Max("pk"))["last"] or 0


def shown_spines(experiment: Experiment, filters: ResultFilters) -> list[Shown]:
    """Those that pass the filters, by image and number; `MOST_SHOWN` at most."""
    rule_preset = experiment.lab.rule_preset
    spines: Any = spines_of(experiment, filters).order_by(
        "analysis_image__image__original_name", "analysis_image", "number"
    )
    rows = spines.annotate(probability=PROBABILITY, rule=KeyTextTransform(rule_preset, "rule_classes")).values_list(
        "pk",
        "number",
        "analysis_image",
        "analysis_image__image",
        "final_class",
        "spine_class",
        "rule",
        "probability",
        "reviewed_class",
    )[:MOST_SHOWN]
    places = _places({row[2] for row in rows})
    return [
        Shown(
            id=pk,
            number=number,
            image_id=image,
            sheet=(result, places[pk] // A_SHEET),
            place=places[pk] % A_SHEET,
            shown_class=shown,
            network=network,
            rule=rule or "",
            probability=probability,
            is_reviewed=bool(said),
        )
        for pk, number, result, image, shown, network, rule, probability, said in rows
        if pk in places
    ]


def _places(results: set[int]) -> dict[int, int]:
    """Of each spine of these results its place by number, the rejected counted: a rejection moves no other crop."""
    places: dict[int, int] = {}
    result, at = 0, 0
    rows = Spine.objects.filter(analysis_image__in=results).order_by("analysis_image", "number")
    for pk, of in rows.values_list("pk", "analysis_image"):
        at = at + 1 if of == result else 0
        result = of
        places[pk] = at
    return places


def spines_of_sheet(result: AnalysisImage, part: int) -> QuerySet[Spine]:
    """The spines whose crops are in one sheet of a result, in its order."""
    return result.spines.order_by("number")[part * A_SHEET : (part + 1) * A_SHEET]
