"""`manage.py analyse`: files and folders in, predictions out, without a database."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from PIL import Image

from tests.worker import tiny_networks

REPOSITORY = Path(__file__).resolve().parents[2]
CELLS = [(3, 2), (20, 5)]
BOXES = [[20.0, 12.0, 16.0, 16.0], [156.0, 36.0, 16.0, 16.0]]


@pytest.fixture
def networks(detector_folder: Path, classifier_folder: Path) -> list[str]:
    """Options that name the tiny networks."""
    return ["--detector", str(detector_folder), "--classifier", str(classifier_folder), "--threads", "1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images in a folder and one below it, beside files that are none."""
    images = tmp_path / "images"
    (images / "deeper").mkdir(parents=True)
    plane = tiny_networks.plane_with_spines(256, 256, CELLS)
    Image.fromarray(plane).save(images / "one.png")
    tifffile.imwrite(images / "deeper" / "two.TIF", plane.astype(np.uint16) * 100)
    Image.fromarray(plane).save(images / "no ending", format="PNG")
    (images / "notes.txt").write_text("day 3")
    (images / ".hidden.png").write_bytes((images / "one.png").read_bytes())
    return images


def run(*arguments: object) -> tuple[str, str]:
    """What the command says on stdout and stderr."""
    out, err = StringIO(), StringIO()
    call_command("analyse", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def read(path: Path) -> list[dict[str, Any]]:
    """The predictions that were written."""
    predictions: list[dict[str, Any]] = json.loads(path.read_text())
    return predictions


def test_a_folder_is_searched_to_the_bottom(folder: Path, networks: list[str], tmp_path: Path) -> None:
    output = tmp_path / "p.json"
    said, complained = run(folder, "--output", output, *networks)
    predictions = read(output)
    names = [folder / "no ending", folder / "one.png", folder / "deeper" / "two.TIF"]
    assert [p["file_name"] for p in predictions] == [name.as_posix() for name in names for _ in BOXES]
    assert [p["bbox"] for p in predictions] == BOXES * 3
    assert set(predictions[0]) == {"file_name", "bbox", "score", "spine_class", "class_probabilities"}
    assert list(predictions[0]["class_probabilities"]) == ["mushroom", "thin", "stubby", "filopodia"]
    assert said.startswith("3 images, 6 spines, ")
    assert complained == ""


def test_every_position_of_a_file_is_analysed(networks: list[str], tmp_path: Path) -> None:
    file, output = tmp_path / "cells.ome.tif", tmp_path / "p.json"
    with tifffile.TiffWriter(file, ome=True) as writer:
        for name in ("left", "right", "right"):
            writer.write(tiny_networks.plane_with_spines(256, 256, CELLS), metadata={"axes": "YX", "Name": name})
    said, _ = run(file, "--output", output, "--dendrites", tmp_path / "d.csv", *networks)
    names = ["cells [left].ome.tif", "cells [right].ome.tif", "cells [right, position 3].ome.tif"]
    assert [Path(p["file_name"]).name for p in read(output)] == [name for name in names for _ in BOXES]
    assert [p["bbox"] for p in read(output)] == BOXES * 3
    assert said.startswith("3 images, 6 spines, ")


def test_the_same_files_give_the_same_bytes_twice(folder: Path, networks: list[str], tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        run(folder, "--output", tmp_path / name, *networks)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_file_named_twice_is_analysed_once(folder: Path, networks: list[str], tmp_path: Path) -> None:
    run(folder / "one.png", folder, folder / "one.png", "--output", tmp_path / "p.json", *networks)
    assert len(read(tmp_path / "p.json")) == 6


def test_csv_has_one_row_a_spine_with_units_and_versions(folder: Path, networks: list[str], tmp_path: Path) -> None:
    output = tmp_path / "p.csv"
    run(folder / "one.png", "--output", output, "--format", "csv", "--pixel-size-um", "0.1", *networks)
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["spine_number"] for row in rows] == ["1", "2"]
    assert [[float(row[f"{side}_px"]) for side in ("x", "y", "width", "height")] for row in rows] == BOXES
    assert rows[0]["pixel_size_um"] == "0.1"
    assert (rows[0]["detector_version"], rows[0]["classifier_version"]) == ("1", "1")
    assert sum(float(rows[0][f"p_{name}"]) for name in ("mushroom", "thin", "stubby", "filopodia")) == pytest.approx(
        1, abs=1e-3
    )


def test_what_was_found_is_drawn_over_each_picture(folder: Path, networks: list[str], tmp_path: Path) -> None:
    plane = tiny_networks.plane_with_spines(256, 256, CELLS)
    Image.fromarray(255 - plane).save(folder / "deeper" / "one.png")
    drawn, boxes = tmp_path / "drawn", tmp_path / "p.json"
    run(folder, "--output", boxes, "--pictures", drawn, *networks)
    names = sorted(path.name for path in drawn.iterdir())
    assert names == ["no ending.png", "one.png 2.png", "one.png.png", "two.TIF.png"]
    as_found, dark_on_light = (np.asarray(Image.open(drawn / f"one.png{n}.png"), float) for n in ("", " 2"))
    x, y, width, height = (4 * side for side in BOXES[0])  # a picture of 256 px is drawn four times as large
    edge, inside = as_found[int(y), int(x + width / 2)], as_found[int(y + height / 2), int(x + width / 2)]
    assert np.ptp(edge) > 50  # in the colour of its class
    assert np.ptp(inside) == 0
    # As the file has it, not as the networks saw it.
    assert dark_on_light[:1024].mean() > 200 > 50 > as_found[:1024].mean()


def test_a_picture_that_cannot_be_drawn_costs_no_rows(folder: Path, networks: list[str], tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    (drawn / "one.png.png").mkdir(parents=True)
    out, err = StringIO(), StringIO()
    arguments = [folder, "--output", tmp_path / "p.json", "--pictures", drawn]
    with pytest.raises(CommandError, match="1 of 3 pictures could not be drawn"):
        call_command("analyse", *map(str, arguments), *networks, stdout=out, stderr=err)
    assert "one.png: its picture was not drawn: Is a directory." in err.getvalue()
    assert len(read(tmp_path / "p.json")) == 6
    with pytest.raises(CommandError, match="name a folder, or one to be made, with --pictures"):
        run(folder, "--output", tmp_path / "q.json", "--pictures", folder / "one.png", *networks)


def test_a_file_that_cannot_be_read_says_why_and_the_others_go_on(
    folder: Path, networks: list[str], tmp_path: Path
) -> None:
    (folder / "broken.tif").write_bytes(b"II*\0")
    (folder / "text.png").write_text("not a picture")
    out, err = StringIO(), StringIO()
    output = tmp_path / "p.json"
    with pytest.raises(CommandError, match="2 of 5 images could not be analysed") as failure:
        call_command("analyse", str(folder), "--output", str(output), *networks, stdout=out, stderr=err)
    assert failure.value.returncode == 1
    assert len(read(output)) == 6
    first, second = err.getvalue().strip().splitlines()
    assert "broken.tif" in first
    assert "text.png" in second


def test_given_boxes_are_classified_and_nothing_is_detected(folder: Path, networks: list[str], tmp_path: Path) -> None:
    boxes = [[30.5, 40, 9, 12], [10, 10, 50, 4]]
    truth = {
        "images": [{"id": 5, "file_name": "val/one.png"}, {"id": 6, "file_name": "val/absent.png"}],
        "annotations": [{"image_id": 5, "category_id": 1, "bbox": box} for box in boxes],
        "categories": [{"id": 1, "name": "thin"}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    run(folder, "--output", tmp_path / "p.json", "--boxes", tmp_path / "truth.json", *networks)
    predictions = read(tmp_path / "p.json")
    assert [p["bbox"] for p in predictions] == boxes
    assert {Path(p["file_name"]).name for p in predictions} == {"one.png"}
    assert {p["score"] for p in predictions} == {1.0}


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "is no COCO detection file"),
        ('{"images": [], "annotations": [], "categories": []}', "None of these images is in the --boxes file"),
        (
            '{"images":[{"id":1,"file_name":"a/x"},{"id":2,"file_name":"b/x"}],"annotations":[],"categories":[]}',
            "have the same file name in different folders",
        ),
    ],
)
def test_a_boxes_file_that_cannot_be_used_is_told(
    truth: str, sentence: str, folder: Path, networks: list[str], tmp_path: Path
) -> None:
    (tmp_path / "truth.json").write_text(truth)
    with pytest.raises(CommandError, match=sentence):
        run(folder, "--output", tmp_path / "p.json", "--boxes", tmp_path / "truth.json", *networks)
    assert not (tmp_path / "p.json").exists()


def test_what_is_dark_on_light_is_found_as_if_it_were_light_on_dark(
    folder: Path, networks: list[str], tmp_path: Path
) -> None:
    plane = tiny_networks.plane_with_spines(256, 256, CELLS)
    Image.fromarray(255 - plane).save(tmp_path / "inverted.png")
    outputs = [tmp_path / f"{n}.json" for n in range(4)]
    run(folder / "one.png", "--output", outputs[0], *networks)
    _, said = run(tmp_path / "inverted.png", "--output", outputs[1], *networks)
    assert "dark on light" in said
    run(tmp_path / "inverted.png", "--output", outputs[2], "--polarity", "dark_on_light", *networks)
    run(tmp_path / "inverted.png", "--output", outputs[3], "--polarity", "light_on_dark", *networks)
    as_it_is, told, given, untold = ([(p["bbox"], p["score"]) for p in read(output)] for output in outputs)
    assert len(as_it_is) == len(CELLS)
    assert as_it_is == told == given != untold


def test_a_channel_and_a_projection_are_chosen(networks: list[str], tmp_path: Path) -> None:
    stack = np.zeros((3, 2, 128, 128), np.uint8)
    stack[0, 1] = tiny_networks.plane_with_spines(128, 128, [(3, 2)])
    stack[2, 1] = tiny_networks.plane_with_spines(128, 128, [(9, 9)])
    stack[:, 1] += tiny_networks.plane_with_spines(128, 128, [(6, 12)], value=50)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZCYX"})
    found = {}
    for channel, projection in (("1", "max"), ("2", "max"), ("2", "mean")):
        output = tmp_path / "p.json"
        run(path, "--output", output, "--channel", channel, "--projection", projection, *networks)
        found[channel, projection] = len(read(output))
    assert found["1", "max"] == 0
    assert found["2", "max"] == 2
    assert found["2", "mean"] == 3
    with pytest.raises(CommandError, match="1 of 1 images could not be analysed"):
        run(path, "--output", tmp_path / "p.json", "--channel", "3", *networks)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--output", "p.json"], "There is no file or folder nowhere"),
        (["empty", "--output", "p.json"], "There are no images in what was named"),
        (["empty", "--output", "absent/p.json"], "There is no folder absent for the output"),
        (["empty", "--output", "empty"], "is a folder: name a file"),
        (["empty", "--output", "p.json", "--pixel-size-um", "-1"], "is no pixel size"),
        (["empty", "--output", "p.json", "--channel", "0"], "counted from 1"),
        (["one.png", "--output", "p.json", "--detector", "empty"], "There is no detector in empty"),
    ],
)
def test_what_cannot_be_done_is_told_before_any_work(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    Image.new("L", (64, 64)).save(tmp_path / "one.png")
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)
    assert not (tmp_path / "p.json").exists()


def test_an_existing_output_is_replaced_whole_and_no_partial_file_stays(
    folder: Path, networks: list[str], tmp_path: Path
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "p.json").write_text("old")
    run(folder, "--output", results / "p.json", *networks)
    assert [path.name for path in results.iterdir()] == ["p.json"]
    assert len(read(results / "p.json")) == 6


def test_it_runs_where_no_database_and_no_broker_is(folder: Path, networks: list[str], tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "SPINULA_STATE": str(tmp_path / "state"),
    }
    environment.pop("SPINULA_SECRET_KEY", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "analyse", str(folder), "--output", str(tmp_path / "p.json"), *networks],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(read(tmp_path / "p.json")) == 6


def test_a_threshold_of_ones_own(networks: list[str], tmp_path: Path) -> None:
    plane = np.zeros((64, 128), np.uint8)
    for x, brightness in ((16, 255), (48, 120), (80, 60)):
        plane[32:40, x : x + 8] = brightness
    Image.fromarray(plane).save(tmp_path / "three.png")
    found = {}
    for threshold in ("0.2", "0.4", "0.9"):
        run(tmp_path / "three.png", "--output", tmp_path / "out.json", "--threshold", threshold, *networks)
        found[threshold] = [prediction["bbox"][0] for prediction in read(tmp_path / "out.json")]
    assert found == {"0.2": [12.0, 44.0, 76.0], "0.4": [12.0, 44.0], "0.9": [12.0]}


@pytest.mark.parametrize("threshold", ["0.05", "1", "nan", "high"])
def test_a_threshold_that_cannot_be_is_refused(networks: list[str], tmp_path: Path, threshold: str) -> None:
    with pytest.raises(CommandError, match=r"threshold|number"):
        run(tmp_path, "--output", tmp_path / "out.json", "--threshold", threshold, *networks)
