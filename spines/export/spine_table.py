"""The tidy table of spines: stable ids, units in the column names, the versions that made it.

Rejected spines are no rows; whether one that sits on no dendrite is, says who asks for the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Abs

from spines.export.csv_lines import csv_lines
from spines.export.dictionary import SPINES
from spines.measure.rules import RULE_PRESETS
from spines.models import Spine
from spines.selectors.results.made_by import VERSIONS
from spines.selectors.results.standing import spine_counts
from spines.vocabulary.classes import NETWORK_KEYS

ROWS_AT_A_TIME = 2000

_IMAGE = "analysis_image__image__"
_ANALYSIS = "analysis_image__analysis__"


def place_lookups(image: str) -> dict[str, str]:
    """Column of `dictionary` → lookup, for what every table says of where a row belongs; `image` leads to the image."""
    subject = f"{image}cell__subject__"
    return {
        "lab": f"{image}experiment__project__lab__name",
        "project": f"{image}experiment__project__name",
        "experiment": f"{image}experiment__name",
        "condition": f"{subject}condition__name",
        "animal_id": f"{subject}pk",
        "animal": f"{subject}name",
        "sex": f"{subject}sex",
        "age_days": f"{subject}age_days",
        "litter": f"{subject}litter",
        "cell_id": f"{image}cell__pk",
        "cell": f"{image}cell__name",
        "image_id": f"{image}pk",
        "image": f"{image}original_name",
        "image_sha256": f"{image}sha256",
    }


def made_by_lookups(result: str) -> dict[str, str]:
    """The same for what made a row; `result` leads to the image's result."""
    analysis = f"{result}analysis__"
    return {
        "analysis_id": f"{analysis}pk",
        "analysed_at": f"{result}finished_at",
        "detector": f"{analysis}detector__name",
        "detector_version": f"{analysis}detector__version",
        "classifier": f"{analysis}classifier__name",
        "classifier_version": f"{analysis}classifier__version",
        **{name: f"{result}{name}" for name in VERSIONS},
        "score_threshold": f"{result}score_threshold",
        "pixel_size_um": f"{result}pixel_size_um",
    }


_LOOKUPS = {
    **place_lookups(_IMAGE),
    **made_by_lookups("analysis_image__"),
    "spine_id": "pk",
    "dendrite_number": "dendrite__number",
    "spine_number": "number",
    "detection_score": "score",
    "spine_class": "final_class",
    "network_class": "spine_class",
    "examples_version": "proposed_by__number",
    **{f"p_{name}": f"probabilities__{at}" for at, name in enumerate(NETWORK_KEYS)},
    "kept_from_analysis_id": "kept_from__analysis_id",
    **{f"rule_class_{preset}": f"rule_classes__{preset}" for preset in RULE_PRESETS},
}
COLUMNS: dict[str, str] = {name: _LOOKUPS.get(name, name) for name in SPINES.header}
"""Column of the file → field of `Spine`, or of what `_annotated` adds."""

REVIEWED = ExpressionWrapper(~Q(reviewed_class=""), BooleanField())
COUNTED = ExpressionWrapper(spine_counts(), BooleanField())
CORRECTED = ExpressionWrapper(~Q(reviewed_class="") & ~Q(reviewed_class=F("spine_class")), BooleanField())
"""A person named another class than the network, or added the spine."""

CLASSED_BY = Case(
    When(~Q(reviewed_class=""), then=Value("person")),
    When(~Q(proposed_class=""), then=Value("examples")),
    default=Value("network"),
)
"""Who gave the class that counts, as `Spine.final_class` has it."""

_ON_THE_SAME = Spine.objects.filter(dendrite=OuterRef("dendrite"), rejected=False).exclude(pk=OuterRef("pk"))
NEAREST_NEIGHBOUR_UM = Subquery(
    _ON_THE_SAME.order_by()
    .values("dendrite")
    .annotate(nearest=Min(Abs(F("position_um") - OuterRef("position_um"))))
    .values("nearest")
)
"""Among all spines of the dendrite that count, whichever of them the table shows."""


_ANNOTATED: dict[str, Any] = {
    "reviewed": REVIEWED,
    "corrected": CORRECTED,
    "classed_by": CLASSED_BY,
    "counted": COUNTED,
    "nearest_neighbour_um": NEAREST_NEIGHBOUR_UM,
}


def spine_rows(spines: QuerySet[Spine]) -> Iterator[tuple[Any, ...]]:
    """The table's rows in the order of `dictionary.SPINES`, so many in memory at a time."""
    rows: Iterable[tuple[Any, ...]] = (
        spines.annotate(**_ANNOTATED)
        .order_by(f"{_IMAGE}original_name", f"{_IMAGE}pk", "number")
        .values_list(*COLUMNS.values())
        .iterator(chunk_size=ROWS_AT_A_TIME)
    )
    return iter(rows)


def spine_table_csv(spines: QuerySet[Spine]) -> Iterator[str]:
    """The table of these spines as CSV lines, header first."""
    return csv_lines(chain([SPINES.header], spine_rows(spines)))
