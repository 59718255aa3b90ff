"""Where a pixel size is stated, the measured width of a head tells mushroom from thin; everywhere in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tifffile
from numpy.typing import NDArray

from spines.accuracy.heads import read_heads, share_right
from spines.measure.heads import weighed_with_head
from spines.measure.types import Quality, SpineMeasures
from spines.models import AnalysisImage, ThresholdChange
from spines.services.analyses import jobs, threshold_jobs
from spines.services.analyses.starting import start_analysis
from spines.services.analyses.thresholds import set_threshold
from spines.services.images.uploads import add_image
from spines.synthesis.phantom import Phantom, PhantomParameters, make_phantom
from spines.synthesis.shapes import Sizes
from spines.vocabulary.picture_scale import ScaleDoubt, ScaleSource
from tests.factories import Study
from tests.worker.test_thresholds import _no_messages as _no_messages
from tests.worker.test_thresholds import study as _of_tiny_networks
from worker import analysis, thresholds
from worker.inference.classifier import Classification
from worker.inference.detector import Box, Detection
from worker.inference.files import Reading, analyse_file
from worker.inference.pipeline import FoundSpine, Pipeline, PipelineResult, load_pipeline
from worker.inference.scale import ChosenScale

UNSURE = {"mushroom": 0.7, "thin": 0.2, "stubby": 0.06, "filopodia": 0.04}
THIN = Sizes(length=1.2, head_width=0.35, head_length=0.35, neck_width=0.15, neck_length=0.85)
MUSHROOM = Sizes(length=1.6, head_width=1.0, head_length=0.9, neck_width=0.2, neck_length=0.7)
PIXEL_UM = 0.1


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    """Thin spines and mushrooms in turn."""
    sizes = (THIN, MUSHROOM, MUSHROOM, THIN)
    return make_phantom(PhantomParameters(pixel_size_um=PIXEL_UM, dendrite_length_um=24, sizes_um=sizes), seed=3)


class _OneOpinion(Pipeline):
    """Finds a phantom's spines and takes every one for a mushroom, not quite surely; every third is a weak one."""

    def finds(self, phantom: Phantom, scale: ChosenScale) -> _OneOpinion:
        self.boxes, self.scale = phantom.boxes_px, scale
        return self

    def analyse(self, plane: NDArray[Any], pixel_size_um: float | None = None, **options: Any) -> PipelineResult:
        threshold = options.get("score_threshold") or 0.5
        scores = [0.3 if n % 3 == 2 else 0.9 for n in range(len(self.boxes))]
        found = list(zip(self.boxes, scores, strict=True))
        return PipelineResult(
            spines=[
                FoundSpine(box_px=box, score=score, **vars(named))
                for (box, score), named in zip(found, self.classify(plane, self.boxes), strict=True)
                if score >= threshold
            ],
            candidates=[Detection(box_px=box, score=score) for box, score in found if score < threshold],
            score_threshold=threshold,
            complete_from=0.1,
            scale=self.scale,
            detect_s=0.0,
            classify_s=0.0,
        )

    def classify(self, plane: NDArray[Any], boxes_px: Sequence[Box], *_: Any, **__: Any) -> list[Classification]:
        said = Classification(class_probabilities=UNSURE, spine_class="mushroom", uncertain=False)
        return [said for _ in boxes_px]


AGREES = ChosenScale(scale=1.0, pixel_um=PIXEL_UM, source=ScaleSource.BOTH)


@pytest.fixture
def pipeline(phantom: Phantom, detector_folder: Path, classifier_folder: Path) -> _OneOpinion:
    tiny = load_pipeline(backend="openvino", detector_dir=detector_folder, classifier_dir=classifier_folder)
    return _OneOpinion(detector=tiny._detector, classifier=tiny._classifier).finds(phantom, AGREES)


def share_named(named: dict[tuple[float, float], str], phantom: Phantom) -> float:
    """Of spines with these boxes' corners, those that are named as they were drawn."""
    true = {spine.box_px[:2]: "mushroom" if spine.sizes_um == MUSHROOM else "thin" for spine in phantom.spines}
    return sum(true[nearest(true, corner)] == name for corner, name in named.items()) / len(named)


def nearest(corners: dict[tuple[float, float], str], corner: tuple[float, float]) -> tuple[float, float]:
    return min(corners, key=lambda each: (each[0] - corner[0]) ** 2 + (each[1] - corner[1]) ** 2)


def test_a_file_with_a_pixel_size_is_told_by_its_heads(phantom: Phantom, pipeline: _OneOpinion, tmp_path: Path) -> None:
    tifffile.imwrite(path := tmp_path / "phantom.tif", phantom.pixels)
    sized = Reading(pixel_size_um=PIXEL_UM)
    result = analyse_file(pipeline, path, name=path.name, reading=sized, score_threshold=0.1)
    named = {spine.box_px[:2]: spine.spine_class for spine in result.spines}
    assert {"mushroom", "thin"} == set(named.values())
    assert share_named(named, phantom) >= 0.9
    assert result.measures is None  # nobody asked for them
    for spine in result.spines:
        assert sum(spine.class_probabilities.values()) == pytest.approx(1)
        assert spine.class_probabilities["stubby"] == UNSURE["stubby"]


@pytest.mark.parametrize(
    "change", [{"source": ScaleSource.SEEN}, {"source": ScaleSource.ASSUMED}, {"doubt": ScaleDoubt.DISAGREES}]
)
def test_a_pixel_size_that_is_missing_or_doubtful_tells_nothing(
    change: dict[str, Any], phantom: Phantom, pipeline: _OneOpinion, tmp_path: Path
) -> None:
    tifffile.imwrite(path := tmp_path / "phantom.tif", phantom.pixels)
    pipeline.finds(phantom, replace(AGREES, **change))
    result = analyse_file(pipeline, path, name=path.name, reading=Reading(pixel_size_um=PIXEL_UM), measured=True)
    assert {spine.spine_class for spine in result.spines} == {"mushroom"}
    assert result.measures is not None


@pytest.mark.parametrize("quality", [quality for quality in Quality if quality is not Quality.TRUSTED])
def test_an_outline_that_is_not_trusted_tells_nothing(quality: Quality) -> None:
    measures = SpineMeasures(quality=quality, head_width_um=0.4)
    assert weighed_with_head(UNSURE, measures, blur_um=0.35) == UNSURE


def test_a_network_that_is_sure_beyond_the_odds_of_a_wrong_outline_keeps_its_class() -> None:
    sure = {"mushroom": 0.995, "thin": 0.003, "stubby": 0.001, "filopodia": 0.001}
    found = weighed_with_head(sure, SpineMeasures(quality=Quality.TRUSTED, head_width_um=0.4), blur_um=0.35)
    assert max(found, key=lambda name: found[name]) == "mushroom"
    assert found["mushroom"] < sure["mushroom"]


def test_the_odds_are_right_on_phantoms_that_they_were_not_fitted_on() -> None:
    assert share_right(list(read_heads(range(7000, 7004)))) >= 0.85


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_the_same_and_so_does_a_lower_threshold(
    phantom: Phantom,
    pipeline: _OneOpinion,
    study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (analysis, thresholds):
        monkeypatch.setattr(module, "pipeline_of", lambda _: pipeline)
    study.experiment.images.all().delete()
    calibrated: dict[str, Any] = {"resolution": (1 / PIXEL_UM, 1 / PIXEL_UM), "metadata": {"unit": "um"}}
    tifffile.imwrite(path := tmp_path / "phantom.tif", phantom.pixels, imagej=True, **calibrated)
    add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    row = start_analysis(user=study.owner, experiment_id=study.experiment.pk).images.get()
    job = jobs.claim(row.pk)
    assert job is not None
    analysis.analyse(job)
    before = named_spines(study)
    assert share_named(before, phantom) >= 0.9
    set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=0.2)
    change = threshold_jobs.claim(ThresholdChange.objects.get(experiment=study.experiment).pk)
    assert change is not None
    thresholds.apply(change)
    after = named_spines(study)
    assert len(after) == len(phantom.spines) > len(before)
    assert share_named(after, phantom) >= 0.9


study = _of_tiny_networks


def named_spines(study: Study) -> dict[tuple[float, float], str]:
    result = AnalysisImage.objects.get(image__experiment=study.experiment, is_current=True)
    assert result.message == ""
    return {(spine.x_px, spine.y_px): spine.spine_class for spine in result.spines.filter(rejected=False)}
