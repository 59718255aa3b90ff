"""Spines on no dendrite are listed apart: rows like others, and in no figure."""

from __future__ import annotations

from typing import Any, cast

import pytest

from spines.export.animal_table import animal_rows
from spines.export.spine_table import spine_rows
from spines.models import Image, Spine, User
from spines.selectors.images.dendrites import dendrites_of_result
from spines.selectors.labs.experiments import with_spines
from spines.selectors.results.across_experiments import animal_tallies
from spines.selectors.results.counts import tallies
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import findings_of
from spines.selectors.results.rows import spines_of, standing_spines
from spines.selectors.review.state import review_progress
from spines.services.review import answers, boxes, dendrites, undoing
from tests.domain.phantom_results import measured_image, only, result_of  # noqa: F401
from tests.factories import Study, add_dendrite, add_spines, current_row, make_study, placed_image

pytestmark = pytest.mark.django_db


@pytest.fixture(name="specked")
def specked_study() -> Study:
    """Three spines on a dendrite and two specks beside it; another image has two spines and no dendrite at all."""
    study = make_study()
    result = current_row(study, placed_image(study, animal="A1", condition="control"))
    add_spines(result, ("thin", "thin", "mushroom"), dendrite=add_dendrite(result))
    add_spines(result, ("stubby", "stubby"), apart=True)
    bare = current_row(study, placed_image(study, animal="A1", condition="control"))
    add_spines(bare, ("thin", "filopodia"))
    return study


def test_specks_enter_no_figure_and_are_told(specked: Study) -> None:
    found = findings_of(specked.experiment, ResultFilters())
    assert (found.spines, found.apart, found.on_dendrites) == (5, 2, 3)
    assert found.by_class == {"mushroom": 1, "thin": 3, "stubby": 0, "filopodia": 1, "uncertain": 0}
    # Where nothing was traced, tracing failed and not the spines: they count, in no density, and that is said.
    assert found.images_without_dendrite == 1
    assert sum(tally.apart for tally in tallies(specked.experiment, ResultFilters(classes=("thin",)))) == 0
    (tally,) = animal_tallies([specked.experiment])
    assert (tally.spines, tally.by_class["stubby"], tally.on_dendrites) == (5, 0, 3)
    (figures,) = cast("Any", with_spines([specked.experiment]))
    assert figures.spines.counted == 5
    assert spines_of(specked.experiment, ResultFilters()).count() == 5


def test_they_stay_rows_of_the_image_and_its_table(specked: Study) -> None:
    result = Spine.objects.filter(apart=True)[0].analysis_image
    assert standing_spines(result).count() == 5
    progress = review_progress(result)
    assert (progress.spines, progress.apart, progress.rejected) == (3, 2, 0)
    listed = dendrites_of_result(result)
    assert listed is not None
    assert listed.on_none == 2
    rows = list(spine_rows(standing_spines(result)))
    assert len(rows) == 5
    assert sum(True in row for row in rows) >= 3
    assert list(animal_rows(type(result).objects.filter(pk=result.pk)))


def test_what_people_draw_and_delete_decides_what_is_apart(annotator: User, image: Image) -> None:
    result = result_of(image)
    seated = result.spines.filter(dendrite__isnull=False).count()
    assert seated > 3
    far = boxes.add_spine(user=annotator, image_id=image.pk, box_px=(2.0, 2.0, 8.0, 8.0), spine_class="thin")
    assert (far.dendrite, far.apart, far.quality) == (None, True, "no_dendrite")
    assert review_progress(result).spines == seated
    dendrites.remove_dendrite(user=annotator, dendrite_id=only(image).pk)
    # None is left: nothing is apart from the rest.
    assert set(result.spines.values_list("apart", flat=True)) == {False}
    assert review_progress(result).spines == seated + 1
    undoing.undo(user=annotator, image_id=image.pk)
    assert list(result.spines.filter(apart=True).values_list("pk", flat=True)) == [far.pk]
    answers.reject(user=annotator, spine_id=far.pk)
    far.refresh_from_db()
    assert (far.rejected, far.apart) == (True, False)
