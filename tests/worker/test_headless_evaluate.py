"""`manage.py evaluate`: the pipeline's figures on a COCO set."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from tests.worker import tiny_networks

CELLS = [(3, 2), (20, 5)]


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Two images: on one both spines are annotated, on the other one that is not there."""
    (tmp_path / "val").mkdir()
    for name, cells in (("a.png", CELLS), ("b.png", [(10, 10)])):
        Image.fromarray(tiny_networks.plane_with_spines(256, 256, cells)).save(tmp_path / "val" / name)
    boxes = {1: [[20, 12, 16, 16], [156, 36, 16, 16]], 2: [[200, 200, 16, 16]]}
    path = tmp_path / "truth.json"
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "val/a.png"}, {"id": 2, "file_name": "val/b.png"}],
                "annotations": [
                    {"image_id": image, "category_id": 1, "bbox": box} for image in boxes for box in boxes[image]
                ],
                "categories": [{"id": 1, "name": "thin"}],
            }
        )
    )
    return path


@pytest.fixture
def networks(detector_folder: Path, classifier_folder: Path) -> list[str]:
    """Options that name the tiny networks."""
    return ["--detector", str(detector_folder), "--classifier", str(classifier_folder), "--threads", "1"]


def evaluate(*arguments: object) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("evaluate", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_figures_are_those_of_what_was_found(truth: Path, networks: list[str]) -> None:
    figures: dict[str, Any] = json.loads(evaluate(truth, "--json", *networks))
    assert figures["images"] == 2
    for rule in ("centre", "iou50"):
        assert (figures[rule]["hits"], figures[rule]["true_spines"], figures[rule]["predicted_spines"]) == (2, 3, 3)
        assert figures[rule]["f1"] == pytest.approx(2 / 3)
    assert figures["classes"]["spines"] == 2


def test_the_table_shows_both_rules_and_the_classes(truth: Path, networks: list[str]) -> None:
    lines = evaluate(truth, *networks).splitlines()
    assert lines[0] == "2 images, 3 annotated spines, 3 found"
    assert lines[2].split()[:4] == ["centre", "0.667", "0.667", "0.667"]
    assert lines[3].split()[0] == "iou50"
    assert lines[4].startswith("classes: 2 spines")


def test_annotated_boxes_are_classified_where_asked(truth: Path, networks: list[str]) -> None:
    figures = json.loads(evaluate(truth, "--boxes", "--json", *networks))
    assert figures["centre"]["f1"] == 1
    assert figures["classes"]["spines"] == 3


def test_images_are_looked_for_where_told(truth: Path, networks: list[str], tmp_path: Path) -> None:
    (tmp_path / "val").rename(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match=r"val/a\.png is not in .*: name its folder with --images"):
        evaluate(truth, *networks)
    assert "2 images" in evaluate(truth, "--images", tmp_path / "elsewhere", *networks)
