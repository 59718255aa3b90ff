"""Made images as files, as a study, and by the command."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from PIL import Image

from spines.imaging import inspect_image
from spines.synthesis import SPINE_CLASSES, Look, MadeSpine, Series, write_series
from spines.synthesis.shapes import Sizes
from spines.synthesis.study import study_images


def test_a_folder_holds_images_with_pixel_size_and_their_truth(tmp_path: Path) -> None:
    series = Series(look=Look.TWO_PHOTON, seed=1, side_px=128, pixel_size_um=0.08)
    done: list[int] = []
    truth = json.loads(write_series(tmp_path / "made", series, count=3, report=done.append).read_text())
    assert done == [1, 2, 3]
    assert [category["name"] for category in truth["categories"]] == list(SPINE_CLASSES)
    assert len({entry["id"] for part in ("annotations", "unseen_spines") for entry in truth[part]}) == sum(
        len(series.make(number).spines) for number in (1, 2, 3)
    )
    for number, image in enumerate(truth["images"], start=1):
        path = tmp_path / "made" / image["file_name"]
        made = series.make(number)
        assert np.array_equal(tifffile.imread(path), made.pixels)
        assert inspect_image(path, name=path.name).pixel_size_um == pytest.approx(0.08, rel=1e-4)
        boxes = [entry["bbox"] for entry in truth["annotations"] if entry["image_id"] == image["id"]]
        assert boxes == [list(spine.box_px) for spine in made.visible_spines]
        assert image["dendrites"][0]["length_um"] == pytest.approx(made.dendrites[0].length_um, abs=1e-3)
    known = {field.name for field in fields(MadeSpine)} - {"box_px", "sizes_um"}
    known |= {f"{field.name}_um" for field in fields(Sizes)}
    assert all(known <= set(entry) for entry in truth["annotations"])
    assert all(entry["visibility"] != "visible" for entry in truth["unseen_spines"])


def test_two_processes_write_what_one_does(tmp_path: Path) -> None:
    series = Series(look=Look.BINARY, seed=2, side_px=96)
    alone = write_series(tmp_path / "alone", series, count=3)
    shared = write_series(tmp_path / "shared", series, count=3, processes=2)
    assert alone.read_bytes() == shared.read_bytes()
    for path in (tmp_path / "alone").glob("*.tif"):
        assert path.read_bytes() == (tmp_path / "shared" / path.name).read_bytes()


@pytest.mark.slow
def test_the_made_study_nests_as_its_names_say_and_its_conditions_differ_as_documented() -> None:
    density: dict[str, list[int | float]] = {"control": [0, 0.0], "enriched": [0, 0.0]}
    names = []
    for name, made in study_images():
        names.append(name)
        count_and_length = density[name.split("_")[0]]
        count_and_length[0] += len(made.spines)
        count_and_length[1] += sum(dendrite.length_um for dendrite in made.dendrites)
        assert len(made.visible_spines) > 5
    assert len(set(names)) == 24
    assert len({name.rsplit("_", 1)[0] for name in names}) == 12
    assert len({name.split("_")[1] for name in names}) == 6
    assert density["control"][0] / density["control"][1] == pytest.approx(1.1, rel=0.15)
    assert density["enriched"][0] / density["enriched"][1] == pytest.approx(1.5, rel=0.15)


def test_the_command_writes_a_folder_and_refuses_to_write_it_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"count": 2, "look": "cut_out", "seed": 5, "side_px": 96}
    call_command("synthesise", tmp_path, **options)
    assert "2 images made" in capsys.readouterr().out
    assert len(list(tmp_path.glob("*.tif"))) == 2
    with pytest.raises(CommandError, match="Choose another folder"):
        call_command("synthesise", tmp_path, **options)


def test_the_command_times_without_writing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("synthesise", time=True, count=1, side_px=96)
    assert "a second" in capsys.readouterr().out
    with pytest.raises(CommandError, match="which folder"):
        call_command("synthesise", count=1)
    with pytest.raises(CommandError, match="pixel size between"):
        call_command("synthesise", time=True, count=1, pixel_size_um=4.0)


@pytest.mark.slow
def test_the_command_writes_a_contact_sheet(tmp_path: Path) -> None:
    call_command("synthesise", sheet=tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (8 * 132 - 4, 8 * 132 - 4)
        assert len(np.unique(np.asarray(sheet))) > 100
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("synthesise", sheet=tmp_path / "nowhere" / "sheet.png")
