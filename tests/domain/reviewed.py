"""An analysed image to correct, and what stands in its current result."""

from __future__ import annotations

from pathlib import Path

import pytest

from spines.models import AnalysisImage, Image, Spine
from spines.selectors.results.rows import current_result, standing_spines
from tests.factories import Study, finish, found, queue_analysis, upload

SPINES = [
    found("mushroom", box_px=(10, 12, 14, 16), score=0.9),
    found("thin", box_px=(40, 8, 6, 12), score=0.5),
    found("stubby", box_px=(2, 44, 9, 9), score=0.7, uncertain=True),
]


def spine(image: Image, number: int) -> Spine:
    result = current_result(image)
    assert result is not None
    return result.spines.get(number=number)


def result_of(image: Image) -> AnalysisImage:
    result = current_result(image)
    assert result is not None
    return result


def classes(image: Image) -> list[str]:
    return [s.final_class for s in standing_spines(current_result(image))]


@pytest.fixture(name="image")
def analysed_image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path)
    finish(queue_analysis(study, [made]), [SPINES])
    return made
