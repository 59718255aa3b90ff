"""The sample sheet of an experiment as it stands, which `spines.samples.parse_sample_sheet` reads back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from spines.export.csv_lines import csv_lines
from spines.models import Experiment, Image
from spines.samples.sheet import COLUMNS


def sheet_lines(experiment: Experiment) -> Iterator[str]:
    """CSV lines: heads, then one image each in name order; what is not known is empty."""
    images = experiment.images.select_related("cell__subject__condition").order_by("folder", "original_name", "pk")
    return csv_lines(chain([tuple(COLUMNS)], map(_row, images.iterator(chunk_size=500))))


def _row(image: Image) -> tuple[Any, ...]:
    name = f"{image.folder}/{image.original_name}" if image.folder else image.original_name
    subject = image.cell.subject if image.cell else None
    condition = subject.condition if subject else None
    return (
        name,
        subject.name if subject else "",
        image.cell.name if image.cell else "",
        condition.name if condition else "",
        subject.sex if subject else "",
        subject.age_days if subject else None,
        image.pixel_size_um,
    )
