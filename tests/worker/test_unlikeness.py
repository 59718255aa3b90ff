"""How like the training images an image is: graded by the card, said by the command, kept with the result."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from spines.imaging import read_plane
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.synthesis import Look, make_series_image, write_tiff
from spines.vocabulary.picture_grades import COUNTED_GRADES, Grade
from tests.factories import make_study
from tests.workers import Worker
from webapp.serve.programs import PROJECT
from worker.inference.card import PRETRAINED_FOLDER, BrokenModel, load_detector_card
from worker.inference.pipeline import load_pipeline
from worker.inference.scale import SURE_FIT
from worker.inference.unlikeness import FEATURES, MOST_UNLIKE, features_of, read_look
from worker.preprocess import normalise
from worker.training.judging import grade_table, unlikeness
from worker.training.judging.grade_table import foreign_picture

REAL_LOOKS = (Look.TWO_PHOTON, Look.CUT_OUT)
SHIPPED = PRETRAINED_FOLDER / "detector"
UNLIKE: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "inverted": lambda pixels: pixels.max() - pixels,
    "blank": lambda pixels: np.full_like(pixels, 7),
    "noise": lambda pixels: np.random.default_rng(1).integers(0, 255, pixels.shape),
    "checks": lambda pixels: np.indices(pixels.shape).sum(axis=0) // 8 % 2 * 200,
    "all dark but one pixel": lambda pixels: np.eye(1, pixels.size).reshape(pixels.shape),
}


@cache
def made(number: int, look: Look = Look.TWO_PHOTON) -> NDArray[Any]:
    """Pixels of a made image of another seed than the look's own."""
    return make_series_image(look, seed=41, number=number, side_px=512, pixel_size_um=0.1).pixels


def shipped_unlikeness(plane: NDArray[Any], scale: float = 1.0) -> float:
    """By the shipped detector's card."""
    look = read_look(load_detector_card(SHIPPED))
    assert look is not None
    return look.unlikeness(features_of(normalise(plane), scale=scale))


def write_training_folder(folder: Path, made_images: int) -> Path:
    """A training folder of made images alone."""
    folder.mkdir(parents=True)
    (folder / "sources.json").write_text(json.dumps({"sources": [], "made": {"images": made_images, "seed": 0}}))
    return folder


def test_made_images_are_like_the_training_images() -> None:
    scores = [shipped_unlikeness(made(number, look)) for look in (Look.TWO_PHOTON, Look.CUT_OUT) for number in range(8)]
    assert sum(score < 1 for score in scores) >= 14
    assert min(scores) > 0


@pytest.mark.parametrize("change", UNLIKE)
def test_other_pictures_are_unlike(change: str) -> None:
    assert min(shipped_unlikeness(UNLIKE[change](made(number))) for number in range(3)) > 1


def shipped_grade(plane: NDArray[Any], *, scale: float = 1.0, turned: bool = False) -> Grade:
    """By the shipped detector's card."""
    look = read_look(load_detector_card(SHIPPED))
    assert look is not None
    return look.graded(normalise(plane), scale=scale, turned=turned).grade


GOOD: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "as they are": lambda pixels: pixels,
    "noisy": lambda pixels: np.random.default_rng(2).poisson(pixels / pixels.max() * 40),
    "dim": lambda pixels: pixels // 8,
    "mirrored and turned": lambda pixels: np.rot90(pixels[:, ::-1]),
    "cropped": lambda pixels: pixels[40:360, 60:390],
}
GRADES: dict[str, tuple[Callable[[NDArray[Any]], NDArray[Any]], Grade]] = {
    "inverted": (UNLIKE["inverted"], Grade.OTHER_KIND),
    "blank": (UNLIKE["blank"], Grade.NO_NEURON),
    "noise": (UNLIKE["noise"], Grade.NO_NEURON),
    "checks": (UNLIKE["checks"], Grade.NO_NEURON),
    "a photograph": (lambda _: foreign_picture("camera"), Grade.NO_NEURON),
    "a cat": (lambda _: foreign_picture("cat"), Grade.NO_NEURON),
    "puncta": (lambda _: puncta(), Grade.NO_NEURON),
}


def puncta() -> NDArray[Any]:
    """Spots of the size of a synapse."""
    random = np.random.default_rng(3)
    light = np.zeros((400, 400))
    light[tuple(random.integers(0, 400, (2, 200)))] = 1
    return np.asarray(random.poisson(gaussian_filter(light, 2) * 2000 + 4))


@pytest.mark.parametrize("change", GOOD)
def test_good_pictures_count(change: str) -> None:
    grades = [shipped_grade(GOOD[change](made(number, look))) for look in REAL_LOOKS for number in range(4)]
    assert all(grade in COUNTED_GRADES for grade in grades), grades


@pytest.mark.parametrize("change", GRADES)
def test_others_stand_aside(change: str) -> None:
    shown, grade = GRADES[change]
    assert {shipped_grade(shown(made(number))) for number in range(3)} == {grade}


def test_a_stain_that_was_turned_is_of_another_kind_whatever_it_looks_like() -> None:
    assert {shipped_grade(made(number), turned=True) for number in range(3)} == {Grade.OTHER_KIND}
    blots = made(1, Look.GOLGI)
    negative = blots.max() - blots
    assert {shipped_grade(negative, turned=True, scale=scale) for scale in (0.25, 1.0, 4.0)} == {Grade.OTHER_KIND}


@pytest.mark.parametrize(
    ("case", "scale", "grades"),
    [
        ("good_other_lab_a.png", 1.0, COUNTED_GRADES),
        ("zoomed_no_pixel_size_a.tif", 0.3, COUNTED_GRADES),
        ("zoomed_no_pixel_size_c.png", 0.3, COUNTED_GRADES),
        ("ome_default1um.ome.tif", 1.0, COUNTED_GRADES),
        ("golgi_a.png", 1.0, (Grade.OTHER_KIND,)),
        ("biocytin_dab.png", 1.0, (Grade.OTHER_KIND,)),
        ("not_a_neuron.jpg", 1.0, (Grade.NO_NEURON,)),
    ],
)
def test_pictures_of_other_labs(case: str, scale: float, grades: tuple[str, ...]) -> None:
    path = Path(PROJECT).parent / "shared/cases" / case
    if not path.is_file():
        pytest.skip("these pictures lie outside of the repository")
    assert shipped_grade(read_plane(path, name=case), scale=scale) in grades


def test_a_scale_that_stands_on_little_sets_nothing_aside() -> None:
    path = Path(PROJECT).parent / "shared/data/wide512/val/000261.jpg"  # a cell body
    if not path.is_file():
        pytest.skip("the annotated images lie outside of the repository")
    plane = read_plane(path, name=path.name)
    result = load_pipeline(backend="openvino", threads=1).analyse(plane)
    assert result.scale.sureness < SURE_FIT
    assert shipped_grade(plane, scale=result.scale.scale) is Grade.NO_NEURON
    assert result.grade == shipped_grade(plane) == Grade.AS_TRAINED


def test_a_grade_costs_little() -> None:
    look, plane = read_look(load_detector_card(SHIPPED)), normalise(made(0))
    assert look is not None
    began = time.process_time()
    for _ in range(5):
        look.graded(plane, scale=1.0)
    assert time.process_time() - began < 0.5  # 512²; of seconds of this process, whatever else the machine does


def test_a_known_pixel_size_undoes_another_magnification() -> None:
    for number in range(3):
        picture = Image.fromarray(normalise(made(number)))
        enlarged = np.asarray(picture.resize((2048, 2048), Image.Resampling.BILINEAR))
        assert shipped_unlikeness(enlarged) > 1.1 * shipped_unlikeness(enlarged, scale=0.25)
        assert shipped_unlikeness(enlarged, scale=0.25) < 1.2


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (640, 5)])
def test_the_smallest_pictures_have_features(shape: tuple[int, int]) -> None:
    features = features_of(np.ones(shape, np.float32), scale=1.0)
    assert features is not None
    assert features.shape == (len(FEATURES),)
    assert np.isfinite(features).all()


def test_the_pipeline_tells_it_when_the_card_does(detector_folder: Path, classifier_folder: Path) -> None:
    def told() -> tuple[float | None, str]:
        pipeline = load_pipeline(
            backend="onnxruntime", threads=1, detector_dir=detector_folder, classifier_dir=classifier_folder
        )
        result = pipeline.analyse(np.zeros((64, 64), np.uint8))
        return result.unlikeness, result.grade

    assert told() == (None, "")
    copy_look(detector_folder)
    assert told() == (MOST_UNLIKE, Grade.NO_NEURON)


@pytest.mark.parametrize(
    "wrong", [{"references": "no base 64"}, {"mean": ""}, {"threshold": 0}, {"spreads": None}, {"evidence": {}}]
)
def test_a_broken_look_is_refused(detector_folder: Path, wrong: dict[str, object]) -> None:
    copy_look(detector_folder, **wrong)
    with pytest.raises(BrokenModel, match="no usable look"):
        read_look(load_detector_card(detector_folder))


def test_a_look_of_other_features_tells_nothing(detector_folder: Path) -> None:
    copy_look(detector_folder, version=1)
    assert read_look(load_detector_card(detector_folder)) is None


def test_the_command_adds_the_look_to_a_card(
    detector_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grade_table, "PICTURES", 2)
    monkeypatch.setattr(grade_table, "DRAWN_PICTURES", 2)
    before = load_detector_card(detector_folder)
    data = write_training_folder(tmp_path / "data", 24)
    unlikeness.run(model=detector_folder, data=data, seed=0, table=True)
    after = load_detector_card(detector_folder)
    look = read_look(after)
    assert look is not None
    assert look.unlikeness(features_of(normalise(made(0)), scale=1.0)) < look.unlikeness(
        features_of(normalise(UNLIKE["noise"](made(0))), scale=1.0)
    )
    assert {key: value for key, value in after.raw.items() if key != "look"} == before.raw
    printed = capsys.readouterr().out
    assert "| blank | 2 | 0% | 0% | 0% | 100% | 0% |" in printed
    assert "made, seen" in printed


def test_too_few_pictures_are_refused(detector_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(unlikeness.TooFewPictures, match="it takes 20"):
        unlikeness.add_look(model=detector_folder, data=write_training_folder(tmp_path / "data", 3))
    assert "look" not in load_detector_card(detector_folder).raw


def test_the_analyse_command_names_unlike_files(detector_folder: Path, classifier_folder: Path, tmp_path: Path) -> None:
    copy_look(detector_folder)
    like, unlike = tmp_path / "like.tif", tmp_path / "unlike.png"
    write_tiff(like, make_series_image(Look.TWO_PHOTON, seed=41, number=1, side_px=512, pixel_size_um=0.1))
    Image.fromarray((UNLIKE["noise"](made(1))).astype(np.uint8)).save(unlike)
    complaints = StringIO()
    call_command(
        "analyse",
        *map(str, (like, unlike, "--output", tmp_path / "out.json")),
        *map(str, ("--detector", detector_folder, "--classifier", classifier_folder, "--threads", 1)),
        stdout=StringIO(),
        stderr=complaints,
    )
    assert f"{unlike}: stands aside: no neuron to be seen." in complaints.getvalue()
    assert str(like) not in complaints.getvalue()


@pytest.mark.timeout(180)
def test_an_analysis_keeps_it(tmp_path: Path, analysis_worker: Worker) -> None:
    study = make_study()
    call_command("register_models", stdout=StringIO())
    like, unlike = tmp_path / "like.tif", tmp_path / "unlike.png"
    write_tiff(like, make_series_image(Look.TWO_PHOTON, seed=41, number=1, side_px=512, pixel_size_um=0.1))
    Image.fromarray((UNLIKE["inverted"](made(1) // 2)).astype(np.uint8)).save(unlike)
    for path in (like, unlike):
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    end = time.monotonic() + 120
    while analysis.images.exclude(status="done").exists():
        assert time.monotonic() < end, analysis_worker.log()[-2000:]
        time.sleep(0.1)
    told = {row.image.original_name: row for row in analysis.images.select_related("image")}
    assert told["like.tif"].unlikeness is not None
    assert told["like.tif"].grade in COUNTED_GRADES[1:]
    assert told["unlike.png"].grade not in COUNTED_GRADES


def copy_look(folder: Path, **changes: object) -> None:
    """Give the detector in `folder` the shipped one's look, with changes."""
    look = load_detector_card(SHIPPED).raw["look"] | changes
    card = load_detector_card(folder).raw | {"look": look}
    (folder / "card.json").write_text(json.dumps(card))
