"""What `make fuzz` calls a fault, and that it makes the same inputs again."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from spines.errors import DomainError, InvalidInput, UnreadableImage
from spines.imaging.readers.czi_blocks import DamagedCzi, _exactly
from spines.imaging.refusals import broke_down, out_of_memory, took_too_long
from spines.training_sets import Report
from spines.training_sets.yolo import read_yolo
from tests.fuzz import damaged, damaged_text, fault_of, seeds


def raising(error: Exception) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        UnreadableImage(broke_down("a.tif")),
        UnreadableImage(took_too_long("a.tif", 10)),
        out_of_memory("a.tif"),
    ],
)
def test_crashes_hangs_and_too_much_memory_are_faults(error: Exception) -> None:
    assert fault_of(raising(error))


@pytest.mark.parametrize("error", [InvalidInput("This is no TIFF."), DomainError("No.")])
def test_a_sentence_is_none(error: Exception) -> None:
    assert fault_of(raising(error)) == ""
    assert fault_of(lambda: None) == ""


def test_one_that_took_too_long_is_tried_once_more() -> None:
    tries = iter([UnreadableImage(took_too_long("a.tif", 10)), InvalidInput("This is no TIFF.")])
    assert fault_of(lambda: raising(next(tries))()) == ""
    assert next(tries, None) is None


def test_seed_and_number_make_the_same_input_again() -> None:
    whole = seeds()["plain.tif"]
    first, again, other = (damaged(whole, random.Random(f"1/{n}")) for n in (7, 7, 8))
    assert first == again != whole
    assert other != first
    assert damaged_text("a;b", random.Random("1/7")) == damaged_text("a;b", random.Random("1/7"))


def test_brackets_within_brackets_in_a_yaml_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("names: " + "[" * 2000)
    with pytest.raises(InvalidInput, match="cannot be read as YAML"):
        read_yolo(tmp_path, report=Report())


def test_a_czi_that_states_more_bytes_than_it_has_takes_no_memory_for_them(tmp_path: Path) -> None:
    path = tmp_path / "a.czi"
    path.write_bytes(b"x" * 64)
    with path.open("rb") as file:
        tracemalloc.start()
        with pytest.raises(DamagedCzi, match="ends too early"):
            _exactly(file, 1 << 30)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1 << 20
