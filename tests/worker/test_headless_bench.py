"""`manage.py bench`: a table of how fast each backend is."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def bench(*arguments: object) -> list[str]:
    """The lines it prints."""
    out = StringIO()
    call_command("bench", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_both_backends_are_timed_on_the_same_made_images(detector_folder: Path, classifier_folder: Path) -> None:
    networks = ["--detector", detector_folder, "--classifier", classifier_folder, "--threads", "1"]
    head, openvino, onnxruntime, note = bench("--images", "2", "--side-px", "128", "--both", *networks)
    assert head.split()[:5] == ["backend", "images", "spines", "images/s", "spines/s"]
    assert openvino.split()[:2] == ["openvino", "2"]
    assert onnxruntime.split()[:2] == ["onnxruntime", "2"]
    assert openvino.split()[2] == onnxruntime.split()[2]
    assert float(openvino.split()[3]) > 0
    assert "means an image" in note


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There are no images"):
        bench(tmp_path)


def test_a_side_that_cannot_be_made_is_told() -> None:
    with pytest.raises(CommandError):
        bench("--side-px", "-3")
    with pytest.raises(CommandError, match="--images must be 1 or more"):
        bench("--images", "0")
