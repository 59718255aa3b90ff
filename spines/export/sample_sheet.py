"""The sample sheet of an experiment as it stands, which `spines.samples.parse_sample_sheet` reads back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from spines.export.csv_lines import csv_lines
from spines.models import Experiment, Image
from spines.samples.factors import head_of_factor, in_order
from spines.samples.naming import full_name
from spines.samples.sheet import COLUMNS, FURTHER_COLUMNS


def sheet_lines(experiment: Experiment) -> Iterator[str]:
    """CSV lines: heads, then one image each in name order; what is not known is empty.

    Factors, litters and sessions have columns where the experiment has them.
    """
    images = experiment.images.select_related("cell__subject__condition").order_by("folder", "original_name", "pk")
    named = (factors for factors in experiment.subjects.values_list("factors", flat=True))
    factors = in_order({name: "" for each in named for name in each})
    has = {
        "litter": experiment.subjects.exclude(litter="").exists(),
        "session": experiment.images.exclude(session="").exists(),
    }
    further = [name for name in FURTHER_COLUMNS if has[name]]
    heads = (*COLUMNS, *map(head_of_factor, factors), *further)
    rows = (_row(image, factors, further) for image in images.iterator(chunk_size=500))
    return csv_lines(chain([heads], rows))


def _row(image: Image, factors: list[str], further: list[str]) -> tuple[Any, ...]:
    subject = image.cell.subject if image.cell else None
    condition = subject.condition if subject else None
    # all digits of the pixel size: what is read back is what was there
    size = "" if image.pixel_size_um is None else repr(image.pixel_size_um)
    others = {"litter": subject.litter if subject else "", "session": image.session}
    return (
        full_name(image),
        subject.name if subject else "",
        image.cell.name if image.cell else "",
        condition.name if condition else "",
        subject.sex if subject else "",
        subject.age_days if subject else None,
        size,
        *((subject.factors if subject else {}).get(factor, "") for factor in factors),
        *(others[name] for name in further),
    )
