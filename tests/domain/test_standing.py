"""One condition decides what counts: an image that stands aside is in no number, wherever numbers are made."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import frictionless
import pytest

from spines.errors import InvalidInput, NotAllowed
from spines.export.coco import coco_json
from spines.export.package import write_package
from spines.models import AnalysisImage, Experiment, Image, ModelKind, Spine
from spines.selectors.labs.experiments import with_spines
from spines.selectors.results.across_experiments import animal_tallies, experiment_figures, measure_values
from spines.selectors.results.charts import spines_per_image
from spines.selectors.results.comparison import density_counts, measure_means
from spines.selectors.results.counts import tallies
from spines.selectors.results.densities import dendrite_densities
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import findings_of
from spines.selectors.results.positions import dendrite_page
from spines.selectors.results.rows import dendrites_of, spines_of
from spines.services.datasets.reviewed import reviewed_results
from spines.services.images.standing import admit, set_aside, take_back
from spines.vocabulary.picture_grades import Grade
from tests.domain.test_exports import tables_of
from tests.factories import Study, finish, found, make_annotator, make_measured_study, queue_analysis, upload

pytestmark = pytest.mark.django_db
ALL = ResultFilters()

COUNTED: dict[str, Callable[[Experiment], float]] = {
    "spines": lambda e: spines_of(e, ALL).count(),
    "dendrites": lambda e: dendrites_of(e, ALL).count(),
    "tallies": lambda e: sum(row.spines for row in tallies(e, ALL)),
    "findings": lambda e: findings_of(e, ALL).spines,
    "dendrites of densities": lambda e: dendrite_densities(e, ALL).there,
    "dendrites along which spines are drawn": lambda e: dendrite_page(e, ALL).there,
    "spines of the tests": lambda e: sum(row.spines for row in density_counts(e, ALL)["density"]),
    "measured means": lambda e: sum(row.weight for rows in measure_means(e, ALL).values() for row in rows),
    "chart of images": lambda e: sum(row.spines for row in spines_per_image(e, ALL)),
    "project's animals": lambda e: sum(row.spines for row in animal_tallies([e])),
    "project's lengths": lambda e: sum(row.dendrite_um for row in animal_tallies([e])),
    "project's measures": lambda e: sum(value.n for value in measure_values([e], "length_um")),
    "home": lambda e: vars(with_spines([e])[0])["spines"].counted,
    "reviewed, to train on": lambda e: reviewed_results(ModelKind.DETECTOR).filter(image__experiment=e).count(),
}


@pytest.mark.parametrize("what", COUNTED)
def test_an_image_aside_counts_nowhere_and_counts_again_when_admitted(what: str) -> None:
    study, count = make_measured_study({"control": (1.0, 1.0)}), COUNTED[what]
    AnalysisImage.objects.update(reviewed_at="2026-01-01T00:00Z")
    whole = count(study.experiment)
    image = Image.objects.filter(experiment=study.experiment).first()
    assert image is not None
    assert whole > 0
    image.results.update(grade=Grade.OTHER_KIND)
    assert count(study.experiment) == pytest.approx(0.75 * whole)  # four images, all alike
    admit(user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
    assert count(study.experiment) == pytest.approx(whole)
    set_aside(user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk], reason="drift")
    assert count(study.experiment) == pytest.approx(0.75 * whole)


def test_results_without_a_grade_count_and_a_word_outlives_an_analysis(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    finish(queue_analysis(study, [image]), [[found()]])
    assert findings_of(study.experiment, ALL).spines == 1
    AnalysisImage.objects.update(grade=Grade.NO_NEURON)
    assert findings_of(study.experiment, ALL).aside.by_reason == {"no_neuron": 1}
    admit(user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
    finish(queue_analysis(study, [image]), [[found(), found(box_px=(40, 40, 9, 9))]])
    AnalysisImage.objects.update(grade=Grade.OTHER_KIND)
    assert findings_of(study.experiment, ALL).spines == 2
    take_back(user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
    assert findings_of(study.experiment, ALL).spines == 0
    assert Spine.objects.filter(analysis_image__is_current=True).count() == 2  # analysed, and kept


def test_what_is_refused(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    chosen: dict[str, Any] = {"experiment_id": study.experiment.pk, "image_ids": [image.pk]}
    with pytest.raises(InvalidInput, match="they count already"):
        admit(user=study.owner, **chosen)
    with pytest.raises(InvalidInput, match="nothing to take back"):
        take_back(user=study.owner, **chosen)
    with pytest.raises(InvalidInput, match="200 characters"):
        set_aside(user=study.owner, **chosen, reason="x" * 201)
    with pytest.raises(InvalidInput, match="not in this experiment"):
        set_aside(user=study.owner, experiment_id=study.experiment.pk, image_ids=[0], reason="drift")
    with pytest.raises(NotAllowed):
        set_aside(user=study.viewer, **chosen, reason="drift")
    assert set_aside(user=make_annotator(study), **chosen, reason="drift") == 1


def test_exports_leave_it_out_and_say_so(tmp_path: Path) -> None:
    study = make_measured_study({"control": (1.0,)})
    first = study.experiment.images.order_by("pk")[0]
    reason = "another kind of picture than the networks were trained on"
    first.results.update(grade=Grade.OTHER_KIND)
    path = tmp_path / "made.zip"
    with path.open("wb") as file:
        write_package(file, experiment=study.experiment, filters=ALL)
    assert frictionless.validate(str(path)).valid
    tables = tables_of(path)
    images = {row["image_id"]: (row["counted"], row["stands_aside"]) for row in tables["images"]}
    assert len(images) == 2
    assert images[str(first.pk)] == ("false", "other_kind")
    assert {row["image_id"] for row in tables["spines"]} == set(images) - {str(first.pk)}
    assert [row["spines"] for row in tables["animals"]] == [str(len(tables["spines"]))]
    with ZipFile(path) as archive:
        assert f"1: {reason}" in archive.read("README.txt").decode()
        assert json.loads(archive.read("datapackage.json"))["images_standing_aside"] == {"other_kind": 1}
    coco = json.loads("".join(coco_json(study.experiment, ALL)))
    assert len(coco["images"]) == 1
    assert coco["info"]["images_standing_aside"] == [{"id": first.pk, "file_name": first.original_name, "why": reason}]


def test_imagej_is_told_too(client: Any) -> None:
    study = make_measured_study({"control": (1.0,)})
    first = study.experiment.images.order_by("pk")[0]
    first.results.update(grade=Grade.NO_NEURON)
    client.force_login(study.viewer)
    answer = client.get(f"/experiments/{study.experiment.pk}/exports/rois.zip")
    with ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert f"{first.original_name}: no neuron to be seen" in archive.read("README.txt").decode()
        assert not any(name.startswith(f"{first.pk}_") for name in archive.namelist())


def test_a_project_tells_how_many_stand_aside() -> None:
    study = make_measured_study({"control": (1.0,)})
    study.experiment.images.order_by("pk")[0].results.update(grade=Grade.NO_NEURON)
    (row,) = experiment_figures([study.experiment], animal_tallies([study.experiment]))
    assert (row.analysed, row.aside.by_reason) == (2, {"no_neuron": 1})
