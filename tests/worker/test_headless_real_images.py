"""The networks that come with the program, on real annotated images where these are present."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not DATA.is_dir(), reason="the annotated images lie outside of the repository"),
    pytest.mark.timeout(600),
]


def figures(*arguments: object) -> dict[str, Any]:
    """What `manage.py evaluate` gives."""
    out = StringIO()
    call_command("evaluate", *map(str, arguments), "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def part_of(truth: Path, folder: Path, *, images: int) -> Path:
    """A COCO file of the first images of another."""
    whole = json.loads(truth.read_text())
    kept = whole["images"][:images]
    known = {image["id"] for image in kept}
    part = folder / "part.json"
    annotations = [a for a in whole["annotations"] if a["image_id"] in known]
    part.write_text(json.dumps(whole | {"images": kept, "annotations": annotations}))
    return part


def test_spines_are_found_in_two_photon_fields(tmp_path: Path) -> None:
    truth = part_of(DATA / "wide512" / "val.json", tmp_path, images=20)
    assert figures(truth, "--images", DATA / "wide512")["centre"]["f1"] >= 0.6


def test_spines_are_found_on_cut_out_dendrites() -> None:
    assert figures(DATA / "meng" / "val.json")["centre"]["f1"] >= 0.8


def test_annotated_spines_get_the_class_that_people_gave_them() -> None:
    classes = figures(DATA / "meng" / "val.json", "--boxes")["classes"]
    assert classes["accuracy"] >= 0.85
    assert classes["spines"] == 171
