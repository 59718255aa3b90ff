"""The tidy table: one row a spine, stable ids, units in the column names, the versions that made it.

Rejected spines are no rows: who asks for the table gives it spines that count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet

from spines.export.csv_lines import csv_lines
from spines.models import Spine

_IMAGE = "analysis_image__image__"
_SUBJECT = f"{_IMAGE}cell__subject__"
_ANALYSIS = "analysis_image__analysis__"

COLUMNS: dict[str, str] = {
    "spine_id": "pk",
    "lab": f"{_IMAGE}experiment__project__lab__name",
    "project": f"{_IMAGE}experiment__project__name",
    "experiment": f"{_IMAGE}experiment__name",
    "condition": f"{_SUBJECT}condition__name",
    "animal": f"{_SUBJECT}name",
    "sex": f"{_SUBJECT}sex",
    "age_days": f"{_SUBJECT}age_days",
    "cell": f"{_IMAGE}cell__name",
    "image_id": f"{_IMAGE}pk",
    "image": f"{_IMAGE}original_name",
    "image_sha256": f"{_IMAGE}sha256",
    "pixel_size_um": f"{_IMAGE}pixel_size_um",
    "spine_number": "number",
    "x_px": "x_px",
    "y_px": "y_px",
    "width_px": "width_px",
    "height_px": "height_px",
    "detection_score": "score",
    "spine_class": "final_class",
    "network_class": "spine_class",
    "reviewed_class": "reviewed_class",
    "reviewed_at": "reviewed_at",
    "corrected": "corrected",
    "uncertain": "uncertain",
    "p_mushroom": "p_mushroom",
    "p_thin": "p_thin",
    "p_stubby": "p_stubby",
    "p_filopodia": "p_filopodia",
    "source": "source",
    "kept_from_analysis_id": "kept_from__analysis_id",
    "analysis_id": f"{_ANALYSIS}pk",
    "analysed_at": "analysis_image__finished_at",
    "detector": f"{_ANALYSIS}detector__name",
    "detector_version": f"{_ANALYSIS}detector__version",
    "classifier": f"{_ANALYSIS}classifier__name",
    "classifier_version": f"{_ANALYSIS}classifier__version",
    "software_version": f"{_ANALYSIS}software_version",
}
"""Column of the file → field of `Spine`, or of `CORRECTED`."""

CORRECTED = ExpressionWrapper(~Q(reviewed_class="") & ~Q(reviewed_class=F("spine_class")), BooleanField())
"""A person named another class than the network, or added the spine."""


def spine_table_csv(spines: QuerySet[Spine]) -> Iterator[str]:
    """The table of these spines as CSV lines, header first, 2,000 rows in memory at a time."""
    ordered = spines.annotate(corrected=CORRECTED).order_by(f"{_IMAGE}original_name", f"{_IMAGE}pk", "number")
    rows: Iterable[tuple[Any, ...]] = ordered.values_list(*COLUMNS.values()).iterator(chunk_size=2000)
    return csv_lines(chain([tuple(COLUMNS)], rows))
