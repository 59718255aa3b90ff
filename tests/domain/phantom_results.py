"""A measured phantom as the current result of an image, and what stands in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spines.models import AnalysisImage, Dendrite, Image
from tests.factories import Study
from tests.phantom_images import analyse_phantom, upload_phantom


@pytest.fixture(name="image")
def measured_image(study: Study, tmp_path: Path) -> Image:
    made = upload_phantom(study, tmp_path)
    analyse_phantom(study, made)
    return made


def result_of(image: Image) -> AnalysisImage:
    return image.results.get(is_current=True)


def only(image: Image) -> Dendrite:
    return result_of(image).dendrites.get()


def seats(image: Image) -> list[int | None]:
    return list(result_of(image).spines.order_by("number").values_list("dendrite__number", flat=True))


def lines(image: Image) -> list[tuple[int, list[list[float]]]]:
    return list(result_of(image).dendrites.order_by("number").values_list("number", "points_px"))


def middle_of(row: Dendrite) -> tuple[float, float]:
    x_px, y_px = np.mean([row.points_px[0], row.points_px[-1]], axis=0)
    return float(x_px), float(y_px)
