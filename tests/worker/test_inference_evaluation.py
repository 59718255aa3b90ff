"""The project's figures, on cases small enough to count by hand and against the quoted scorer."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spines.training_sets import read_truth
from worker.evaluation import Rule, ScoredImage, match, score_classes, score_detections
from worker.inference.card import SPINE_CLASSES

QUOTED_SCORER = Path(__file__).resolve().parents[3] / "shared" / "eval" / "score.py"


def one_hot(*names: str) -> list[list[float]]:
    """Probabilities that are sure of these classes."""
    return [[float(name == known) for known in SPINE_CLASSES] for name in names]


def test_the_best_score_chooses_first_and_each_spine_is_hit_once() -> None:
    true = [(0, 0, 20, 20), (100, 0, 20, 20)]
    found = [(1, 0, 20, 20), (0, 0, 20, 20), (300, 0, 20, 20), (109, 0, 20, 20)]
    hits = match(Rule.CENTRE, true_boxes_px=true, boxes_px=found, scores=[0.9, 0.8, 0.7, 0.6])
    assert hits.tolist() == [0, -1, -1, 1]
    hits = match(Rule.IOU50, true_boxes_px=true, boxes_px=found, scores=[0.8, 0.9, 0.7, 0.6])
    assert hits.tolist() == [-1, 0, -1, -1]


def test_a_centre_on_the_reach_counts_and_one_beyond_does_not() -> None:
    true = [(0, 0, 20, 10)]
    for offset, hit in ((10.0, 0), (10.01, -1)):
        hits = match(Rule.CENTRE, true_boxes_px=true, boxes_px=[(9 + offset, 4, 2, 2)], scores=[1])
        assert hits.tolist() == [hit]


def test_detection_figures_counted_by_hand() -> None:
    images = [
        ScoredImage(
            true_boxes_px=[(0, 0, 10, 10), (50, 0, 10, 10)],
            true_classes=["spine", "spine"],
            boxes_px=[(0, 0, 10, 10), (80, 80, 10, 10)],
            scores=[0.9, 0.95],
        ),
        ScoredImage(true_boxes_px=[(0, 0, 10, 10)], true_classes=["ball"], boxes_px=[(1, 1, 10, 10)], scores=[0.5]),
    ]
    figures = score_detections(images)
    assert (figures.true_spines, figures.predicted_spines, figures.hits) == (3, 3, 2)
    assert figures.precision == figures.recall == figures.f1 == pytest.approx(2 / 3)
    # Ranked miss, hit, hit: precision 2/3 at both recalls once it is made falling.
    assert figures.average_precision == pytest.approx(4 / 9)
    assert figures.f1_95[0] <= figures.f1 <= figures.f1_95[1]


def test_nothing_to_find_and_nothing_found_is_no_error() -> None:
    figures = score_detections([ScoredImage(true_boxes_px=[], true_classes=[], boxes_px=[], scores=[])])
    assert (figures.f1, figures.average_precision) == (1, 0)


def test_class_figures_leave_out_what_is_none_of_the_four_classes() -> None:
    boxes = [(x, 0, 10, 10) for x in range(0, 100, 20)]
    image = ScoredImage(
        true_boxes_px=boxes,
        true_classes=["mushroom", "mushroom", "thin", "ball", "stubby"],
        boxes_px=boxes,
        scores=[0.9] * 5,
        class_probabilities=one_hot("mushroom", "thin", "thin", "thin", "stubby"),
    )
    figures = score_classes([image])
    assert figures is not None
    assert (figures.spines, figures.accuracy) == (4, 0.75)
    assert figures.recall == {"mushroom": 0.5, "thin": 1, "stubby": 1, "filopodia": 0}
    assert figures.precision == {"mushroom": 1, "thin": 0.5, "stubby": 1, "filopodia": 0}
    assert figures.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert figures.confusion == ((1, 1, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0))
    assert figures.expected_calibration_error == pytest.approx(0.25)


def test_there_are_no_class_figures_without_classes() -> None:
    image = ScoredImage(true_boxes_px=[(0, 0, 9, 9)], true_classes=["spine"], boxes_px=[(0, 0, 9, 9)], scores=[1])
    assert score_classes([image]) is None


WIDENED = math.sqrt(12 / 11) * 2.201 / 1.960
"""Of 12 images: by the divisor n − 1 and Student's t with 11 degrees of freedom."""


def made_set(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """A COCO file of random spines, and predictions near some of them."""
    random = np.random.default_rng(17)
    names = [*SPINE_CLASSES, "ball"]
    images, annotations, predictions = [], [], []
    for number in range(12):
        images.append({"id": number, "file_name": f"val/{number}.png", "width": 400, "height": 400})
        corners = random.uniform(0, 370, (int(random.integers(0, 30)), 2))
        for x, y in corners:
            width, height = random.uniform(8, 25, 2)
            label = int(random.integers(5))
            box = [x, y, width, height]
            annotations.append({"image_id": number, "category_id": label, "bbox": box})
            if random.random() < 0.8:
                near = random.normal(0, 4, 4)
                chances = random.dirichlet([0.5] * 4) + 0.5 * np.array([name == names[label] for name in SPINE_CLASSES])
                chances /= chances.sum()
                predictions.append(
                    {
                        "file_name": f"somewhere/{number}.png",
                        "bbox": [x + near[0], y + near[1], max(width + near[2], 2), max(height + near[3], 2)],
                        "score": float(random.uniform(0.3, 1)),
                        "spine_class": SPINE_CLASSES[int(chances.argmax())],
                        "class_probabilities": dict(zip(SPINE_CLASSES, chances.tolist(), strict=True)),
                    }
                )
    categories = [{"id": index, "name": name} for index, name in enumerate(names)]
    path = folder / "truth.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path, predictions


@pytest.mark.skipif(not QUOTED_SCORER.is_file(), reason="the quoted scorer lies outside of the repository")
def test_the_figures_are_those_of_the_quoted_scorer(tmp_path: Path) -> None:
    truth_path, predictions = made_set(tmp_path)
    predictions_path = tmp_path / "predictions.json"
    predictions_path.write_text(json.dumps(predictions))
    spec = importlib.util.spec_from_file_location("quoted_scorer", QUOTED_SCORER)
    assert spec is not None
    assert spec.loader is not None
    quoted = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(quoted)
    expected = quoted.score(quoted.load(truth_path, predictions_path))

    images = []
    for image in read_truth(truth_path).values():
        own = [p for p in predictions if p["file_name"].endswith(f"/{image.last_name}")]
        images.append(
            ScoredImage(
                true_boxes_px=image.boxes_px,
                true_classes=image.classes,
                boxes_px=[p["bbox"] for p in own],
                scores=[p["score"] for p in own],
                class_probabilities=[[p["class_probabilities"][name] for name in SPINE_CLASSES] for p in own],
            )
        )
    for rule in Rule:
        figures = score_detections(images, rule)
        for key, value in (
            ("precision", figures.precision),
            ("recall", figures.recall),
            ("f1", figures.f1),
            ("ap", figures.average_precision),
        ):
            assert value == pytest.approx(expected[rule.value][key], abs=1e-9), (rule, key)
        low, high = expected[rule.value]["f1_95"]  # percentiles, which ours lie outside of for so few images
        assert figures.f1_95[0] <= low + 0.01
        assert figures.f1_95[1] >= high - 0.01
        assert figures.f1_95[1] - figures.f1_95[0] <= WIDENED * (high - low) + 0.02
    classes = score_classes(images)
    assert classes is not None
    theirs = expected["classes"]
    assert classes.spines == theirs["n"]
    assert classes.accuracy == pytest.approx(theirs["accuracy"])
    assert classes.macro_f1 == pytest.approx(theirs["macro_f1"])
    assert classes.recall == pytest.approx(theirs["recall"], abs=1e-4)
    assert classes.precision == pytest.approx(theirs["precision"], abs=1e-4)
    assert classes.expected_calibration_error == pytest.approx(theirs["expected_calibration_error"])
    assert classes.accuracy_95 == pytest.approx(theirs["accuracy_95"], abs=0.03)
    assert classes.macro_f1_95 == pytest.approx(theirs["macro_f1_95"], abs=0.03)
