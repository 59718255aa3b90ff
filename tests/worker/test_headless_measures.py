"""What `manage.py analyse` measures: spines and dendrites of a phantom of known size."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import tifffile
from django.core.management import CommandError

from spines.synthesis.phantom import Phantom, PhantomParameters, make_phantom
from tests.worker.test_headless_analyse import networks as networks
from tests.worker.test_headless_analyse import run


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return make_phantom(PhantomParameters(dendrite_length_um=16, spacing_um=2))


@pytest.fixture
def picture(phantom: Phantom, tmp_path: Path) -> Path:
    path = tmp_path / "phantom.tif"
    tifffile.imwrite(path, phantom.pixels)
    return path


@pytest.fixture
def options(phantom: Phantom, networks: list[str], tmp_path: Path) -> list[object]:
    """The tiny classifier on the boxes that the phantom has."""
    truth = {
        "images": [{"id": 1, "file_name": "phantom.tif"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": list(s.box_px)} for s in phantom.spines],
        "categories": [{"id": 1, "name": "mushroom"}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    return ["--boxes", tmp_path / "truth.json", "--output", tmp_path / "p.csv", "--format", "csv", *networks]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_place_measures_and_rule_classes(
    phantom: Phantom, picture: Path, options: list[object], tmp_path: Path
) -> None:
    run(picture, "--pixel-size-um", phantom.parameters.pixel_size_um, *options)
    rows = table(tmp_path / "p.csv")
    assert len(rows) == len(phantom.spines)
    seated = [row for row in rows if row["dendrite_number"]]
    assert len(seated) >= len(rows) - 1
    assert {row["side"] for row in seated} == {"1", "-1"}
    trusted = [row for row in rows if row["quality"] == "trusted"]
    assert len(trusted) >= len(rows) / 2
    for row in trusted:
        assert float(row["length_um"]) == pytest.approx(phantom.spines[0].sizes_um.length, abs=0.3)
        assert float(row["head_width_um"]) == pytest.approx(phantom.spines[0].sizes_um.head_width, abs=0.2)
        assert row["rule_class_golgi"] in ("", "mushroom", "thin", "stubby", "filopodia")
        assert float(row["position_um"]) == pytest.approx(
            float(row["position_px"]) * phantom.parameters.pixel_size_um, rel=1e-4
        )
    for row in rows:
        if row["quality"] != "trusted":
            assert {row["length_um"], row["head_width_um"], row["rule_class_golgi"]} == {""}


def test_dendrites_are_written_with_length_and_density(
    phantom: Phantom, picture: Path, options: list[object], tmp_path: Path
) -> None:
    run(picture, "--pixel-size-um", phantom.parameters.pixel_size_um, "--dendrites", tmp_path / "d.csv", *options)
    (row,) = table(tmp_path / "d.csv")
    assert float(row["length_um"]) == pytest.approx(phantom.dendrite.length_um, rel=0.1)
    spines = sum(bool(spine["dendrite_number"]) for spine in table(tmp_path / "p.csv"))
    assert int(row["spines"]) == spines
    assert float(row["spines_per_10_um"]) == pytest.approx(10 * spines / float(row["length_um"]), rel=1e-4)

    run(picture, "--dendrites", tmp_path / "d.json", *options)
    dendrites: list[dict[str, Any]] = json.loads((tmp_path / "d.json").read_text())
    assert (dendrites[0]["length_um"], dendrites[0]["spines_per_um"]) == (None, None)
    assert len(dendrites[0]["points_px"]) == len(dendrites[0]["radius_px"]) >= 2
    assert {row["length_um"] for row in table(tmp_path / "p.csv")} == {""}


@pytest.mark.parametrize(("name", "sentence"), [("d.txt", "neither CSV nor JSON"), ("absent/d.csv", "no folder")])
def test_a_dendrite_file_that_cannot_be_is_told_before_any_work(
    name: str, sentence: str, picture: Path, options: list[object], tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(picture, "--dendrites", tmp_path / name, *options)
    assert not (tmp_path / "p.csv").exists()
