"""Reading annotated sets: what is taken, and that all that is not is told with its reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spines.errors import InvalidInput
from spines.training_sets import Report, TrueImage
from spines.training_sets.archives import unpack
from spines.training_sets.cleaning import CleanImage, clean
from spines.training_sets.coco import read_coco
from spines.training_sets.pictures import Picture, as_png, read_picture
from spines.training_sets.yolo import read_yolo
from tests.domain.annotated_sets import BOXES, SIDE_PX, field, write_coco, write_yolo


def cleaned(images: list[TrueImage], report: Report) -> list[CleanImage]:
    return clean(images, report=report, keep=lambda picture: f"{picture.digest}.{picture.suffix}")


def reasons(report: Report) -> dict[tuple[str, str], int]:
    return {(line["what"], line["reason"]): line["count"] for line in report.as_json()["dropped"]}


def change(path: Path, **changes: Any) -> None:
    """Alter a COCO file: `changes` maps its lists to functions of them."""
    raw = json.loads(path.read_text())
    for name, function in changes.items():
        function(raw[name])
    path.write_text(json.dumps(raw))


def test_a_coco_set_keeps_its_parts_groups_and_boxes(tmp_path: Path) -> None:
    known = {"train/a.png": {"acquisition_date": "2023-01-04", "source_stack": "s1", "pixel_size_um": 0.08}}
    write_coco(tmp_path, {"train/a.png": field(1), "train/b.png": field(2)}, part="train", of_image=known)
    write_coco(tmp_path, {"val/c.png": field(3)}, part="val")
    report = Report()
    images = {image.file_name: image for image in read_coco(tmp_path, report=report)}
    assert {name: image.part for name, image in images.items()} == {
        "train/a.png": "train",
        "train/b.png": "train",
        "val/c.png": "val",
    }
    first = images["train/a.png"]
    assert set(first.keys) == {"date:2023-01-04", "stack:s1"}
    assert first.pixel_size_um == 0.08
    assert first.boxes_px == tuple(tuple(map(float, box)) for box in BOXES)
    assert first.classes == ("mushroom", "thin")
    assert report.as_json() == {"dropped": [], "notes": []}


def test_a_pixel_size_that_none_can_have_is_told_and_not_taken(tmp_path: Path) -> None:
    sizes = {"a.png": 0.08, "b.png": 1000, "c.png": float("nan"), "d.png": -0.1}
    of_image = {name: {"pixel_size_um": size} for name, size in sizes.items()}
    write_coco(tmp_path, {name: field(n) for n, name in enumerate(sizes)}, of_image=of_image)
    report = Report()
    images = clean(read_coco(tmp_path, report=report), report=report, keep=lambda picture: picture.digest)
    assert [image.image.pixel_size_um for image in images] == [0.08, None, None, None]
    [dropped] = report.as_json()["dropped"]
    assert (dropped["what"], dropped["count"]) == ("pixel sizes", 3)
    assert dropped["reason"] == "are not 0.001 to 10 µm, and are taken for not stated"


def test_everything_that_a_coco_set_gets_wrong_is_dropped_and_told(tmp_path: Path) -> None:
    pictures = {
        name: field(n) for n, name in enumerate(["good.png", "twin.png", "small.png", "broken.png", "gone.png"])
    }
    pictures["twin.png"] = pictures["good.png"]
    path = write_coco(tmp_path, pictures)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    (tmp_path / "gone.png").unlink()
    Image.fromarray(field(9, side_px=64)).save(tmp_path / "small.png")
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        Image.fromarray(field(20 + len(folder))).save(tmp_path / folder / "two.png")

    def more_images(images: list[dict[str, Any]]) -> None:
        images.append({"id": 70, "file_name": "z/two.png"})
        images.append({"id": 71, "file_name": "good.png"})
        images.append({"id": 1, "file_name": "same number.png"})

    def more_boxes(annotations: list[dict[str, Any]]) -> None:
        wrong = ([500, 5, 9, 9], [30, 30, 0, 5], [20.2, 20, 10, 12], [60, 40, 14, 10], [float("nan"), 1, 2, 3])
        annotations += [{"image_id": 1, "category_id": 0, "bbox": box} for box in wrong]
        annotations.append({"image_id": 1, "category_id": 5, "bbox": [1, 1, 5, 5]})
        annotations.append({"image_id": 99, "category_id": 0, "bbox": [1, 1, 5, 5]})
        annotations.append({"image_id": 1, "category_id": 0, "segmentation": [[1, 1, 5, 5, 5, 1]]})
        annotations.append({"image_id": 1, "category_id": 0, "bbox": [1, 1, 50, 50], "iscrowd": 1})
        annotations.append({"image_id": 1, "category_id": 7, "bbox": [90, 90, 9, 9]})

    change(path, images=more_images, annotations=more_boxes, categories=lambda c: c.append({"id": 7, "name": "soma"}))
    report = Report()
    (only,) = cleaned(read_coco(path, report=report), report)
    assert only.image.file_name == "good.png"
    assert only.image.boxes_px == tuple(tuple(map(float, box)) for box in BOXES)
    assert only.image.classes == ("mushroom", "spine"), "a box of two classes is a spine without a class"
    told = reasons(report)
    pictures_told = {reason.split(",")[0]: count for (what, reason), count in told.items() if what == "pictures"}
    assert pictures_told == {
        "are listed but not there": 1,
        "are listed by a name that several pictures have": 1,
        "are listed twice": 1,
        "cannot be read as pictures": 1,
        "have another size than the set states": 1,
        "have the number of another picture": 1,
        "have the same pixels as another picture": 1,
    }
    boxes_told = [reason.split(":")[0] for what, reason in told if what == "boxes"]
    assert len(boxes_told) == 10
    assert any("'soma'" in reason for reason in boxes_told)
    assert all(line["examples"] for line in report.as_json()["dropped"])


def test_a_name_in_a_set_never_reaches_outside_of_it(tmp_path: Path) -> None:
    Image.fromarray(field(1)).save(tmp_path / "secret.png")
    path = write_coco(tmp_path / "set", {"in.png": field(2)})
    change(path, images=lambda images: images[0].update(file_name="../secret.png"))
    report = Report()
    assert read_coco(path, report=report) == []
    assert report.count("pictures") == 1


def test_a_list_of_all_beside_lists_of_parts_is_left_alone(tmp_path: Path) -> None:
    for part in ("instances_train2017", "instances_val2017", "everything"):
        write_coco(tmp_path, {f"{part}.png": field(len(part))}, part=part)
    report = Report()
    assert sorted(image.part for image in read_coco(tmp_path, report=report)) == ["train", "val"]
    assert report.count("files") == 1


def test_a_folder_without_a_set_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("[1]")
    with pytest.raises(InvalidInput, match="holds no COCO detection file"):
        read_coco(tmp_path, report=Report())
    with pytest.raises(InvalidInput, match=r"data\.yaml with names, or a classes\.txt"):
        read_yolo(tmp_path, report=Report())


def test_a_yolo_set_gives_boxes_of_lines_and_of_outlines(tmp_path: Path) -> None:
    report = Report()
    images = read_yolo(write_yolo(tmp_path), report=report)
    assert sorted((image.part, image.last_name) for image in images) == [
        ("train", "1.png"),
        ("train", "2.png"),
        ("val", "3.png"),
        ("val", "4.png"),
    ]
    for image in images:
        assert image.classes == ("mushroom", "stubby")
        assert image.boxes_px == ((56, 28, 16, 8), (32, 64, 16, 16))
    assert reasons(report) == {}


def test_a_yolo_set_with_faults_is_told(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    (tmp_path / "data.yaml").unlink()
    (tmp_path / "classes.txt").write_text("0th\nstubby\n")
    labels = tmp_path / "labels" / "train"
    (labels / "1.txt").write_text("0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1\n1 word\n1 0.3 0.3 0.1 0.1\n")
    (labels / "2.txt").unlink()
    (labels / "absent.txt").write_text("")
    (tmp_path / "labels" / "val" / "3.txt").write_text("")
    report = Report()
    images = {image.last_name: image for image in read_yolo(tmp_path, report=report, class_names={"0TH": "thin"})}
    assert images["1.png"].classes == ("thin", "stubby")
    assert images["3.png"].boxes_px == ()
    assert "2.png" not in images
    assert reasons(report) == {
        ("boxes", "stand in a line that is neither a box nor an outline"): 2,
        ("files", "hold boxes of a picture that is not there"): 1,
        ("pictures", "have no text file of boxes (an empty one says that there is no spine)"): 1,
    }


def test_a_yolo_split_that_names_pictures_twice_is_not_used(tmp_path: Path) -> None:
    write_yolo(tmp_path)
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/train\nnames: {0: thin, 1: stubby}\n")
    report = Report()
    assert {image.part for image in read_yolo(tmp_path, report=report)} == {""}
    assert "split anew" in report.lines()[0]


def test_the_test_part_keeps_a_picture_that_train_has_too(tmp_path: Path) -> None:
    write_coco(tmp_path, {"train/a.png": field(1)}, part="train")
    write_coco(tmp_path, {"test/b.png": field(1)}, part="test")
    report = Report()
    (kept,) = cleaned(read_coco(tmp_path, report=report), report)
    assert kept.image.part == "test"


def test_class_names_are_understood_or_refused(tmp_path: Path) -> None:
    path = write_coco(tmp_path, {"a.png": field(1)}, classes=("Filopodium", "Thin_spine"))
    assert read_coco(path, report=Report())[0].classes == ("filopodia", "thin")
    with pytest.raises(InvalidInput, match="cannot be taken for branched"):
        read_coco(path, report=Report(), class_names={"x": "branched"})


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_plane_survives_as_png(dtype: type[np.generic], tmp_path: Path) -> None:
    plane = np.arange(SIDE_PX**2).reshape(SIDE_PX, SIDE_PX).astype(dtype)
    (tmp_path / "a.png").write_bytes(as_png(plane))
    read = read_picture(tmp_path / "a.png").plane
    if dtype is np.float32:
        assert np.corrcoef(read.ravel(), plane.ravel())[0, 1] > 0.9999
    else:
        np.testing.assert_array_equal(read, plane)


def test_pictures_are_kept_byte_for_byte_where_they_are_grey(tmp_path: Path) -> None:
    grey = field(1)
    green = np.zeros((*grey.shape, 3), np.uint8)
    green[..., 1] = grey
    for name, pixels in (("grey.png", grey), ("grey.jpg", grey), ("green.png", green)):
        Image.fromarray(pixels).save(tmp_path / name)
    kept: dict[str, Picture] = {path.name: read_picture(path) for path in tmp_path.iterdir()}
    for name in ("grey.png", "grey.jpg"):
        assert kept[name].content == (tmp_path / name).read_bytes()
    assert kept["green.png"].digest == kept["grey.png"].digest


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_that_climbs_or_links_leaves_nothing_outside(tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "set.zip", {"set/a.json": b"{}", "../out.json": b"{}", "/abs.json": b"{}", "set/a.exe": b""}
    )
    with zipfile.ZipFile(archive, "a") as opened:
        link = zipfile.ZipInfo("set/link.png")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc/passwd")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    report = Report()
    root = unpack(archive, folder, report=report)
    assert root == folder / "set"
    assert [path.name for path in tmp_path.rglob("*.json")] == ["a.json"]
    assert report.count("files") == 4
    assert not list(folder.rglob("link.png"))


def test_a_zip_bomb_a_broken_and_an_encrypted_one_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    bomb = zipped(tmp_path / "bomb.zip", {"a.png": bytes(3_000_000)})
    monkeypatch.setattr("spines.training_sets.archives.LARGEST_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(InvalidInput, match="would unpack to 3 MB"):
        unpack(bomb, folder, report=Report())
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InvalidInput, match="cannot be unpacked"):
        unpack(tmp_path / "broken.zip", folder, report=Report())
    assert not list(folder.iterdir())
