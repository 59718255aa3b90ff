"""Archives that nobody packed in good faith: told in a sentence, and without taking the machine."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from spines.errors import InvalidInput
from spines.services.datasets.imports import seconds_to_read
from spines.training_sets import Report
from spines.training_sets.archives import unpack
from spines.training_sets.folders import LARGEST_LIST_BYTES
from spines.training_sets.yolo import read_yolo
from spines.zips import LARGEST_DIRECTORY_BYTES, BoundedZip
from tests.fuzz import damaged
from tests.fuzz_sets import LAUGHS, NAMES, _entry, members, odd_zip, packed, take_in


def test_a_list_of_entries_that_is_larger_than_any_is_not_read(tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    directory = b"PK\x01\x02" + bytes(42)  # an entry without a name
    many = LARGEST_DIRECTORY_BYTES // len(directory) + 1
    with archive.open("wb") as file:
        file.write(directory * many)
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, many * len(directory), 0, 0))
    tracemalloc.start()
    with pytest.raises(zipfile.BadZipFile, match="lists more files"):
        BoundedZip(archive)
    assert seconds_to_read(archive) == 0
    with pytest.raises(InvalidInput, match="cannot be unpacked"):
        unpack(archive, tmp_path, report=Report())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_taken_or_left_out(name: str, tmp_path: Path) -> None:
    archive, folder = tmp_path / "set.zip", tmp_path / "unpacked"
    archive.write_bytes(packed(members("coco"), [(_entry(name), b"x")], random.Random(0)))
    take_in(archive, "coco", folder)
    assert all(path.resolve().is_relative_to(folder) for path in folder.rglob("*"))
    assert {path.name for path in tmp_path.iterdir()} == {"set.zip", "unpacked"}


def test_the_second_file_of_a_name_is_reported(tmp_path: Path) -> None:
    archive = tmp_path / "set.zip"
    archive.write_bytes(packed(members("coco"), [(_entry("set/a.png"), b"other")], random.Random(0)))
    said = take_in(archive, "coco", tmp_path / "unpacked")
    assert {d["reason"]: d["examples"] for d in said["dropped"]} == {"have the name of another file": ["set/a.png"]}


@pytest.mark.parametrize("names", ["*a11", "[*a11]", "{0: *a11}", "{0: 0x" + "f" * 100_000 + "}"])
def test_names_that_would_be_written_a_billion_times_are_not(names: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(f"{LAUGHS}train: *a11\nnames: {names}\n")
    assert read_yolo(tmp_path, report=Report()) == []


def test_a_number_of_too_many_digits_is_told(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(f"names: [{'9' * 5000}]\n")
    with pytest.raises(InvalidInput, match="cannot be read as YAML"):
        read_yolo(tmp_path, report=Report())


def test_a_list_larger_than_any_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "data.yaml").open("wb") as file:
        file.truncate(LARGEST_LIST_BYTES + 1)
    with pytest.raises(InvalidInput, match="larger than 128 MB"):
        read_yolo(tmp_path, report=Report())


def test_reports_hold_what_a_database_keeps() -> None:
    report = Report()
    report.drop_picture("are listed but not there", "a\x00\ud800" + "b" * 500)
    (dropped,) = report.as_json()["dropped"]
    assert dropped["examples"] == ["a��" + "b" * 197 + "…"]


def test_odd_archives_are_made_again_from_their_seed() -> None:
    first, again = (odd_zip("yolo", random.Random("3/7"), damaged) for _ in range(2))
    assert first == again
