"""Files read in processes apart: the same pixels, a memory limit, a deadline, and a next question after each mishap."""

from __future__ import annotations

import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from spines.errors import Busy, UnreadableImage
from spines.imaging import DEFAULT_LIMITS, Projection, inspect_image, read_plane
from spines.imaging.apart import Readers
from spines.imaging.apart.alone import MEMORY_MB, inspect_apart, read_plane_apart

STACK = np.random.default_rng(0).integers(0, 4000, (5, 40, 48), dtype=np.uint16)


@pytest.fixture
def readers() -> Iterator[Readers]:
    """One process, with little of everything."""
    made = Readers(most=1, memory_mb=300, seconds=4, wait_s=0.2)
    yield made
    made.close()


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A small stack."""
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, STACK, metadata={"axes": "ZYX"})
    return path


def pages_on_one_strip(path: Path, *, pages: int, side: int) -> Path:
    """So many pages of a TIFF file that all have the same compressed black strip."""
    strip = zlib.compress(bytes(side * side), 9)
    data = bytearray(b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip)
    for page in range(pages):
        entries = [
            (256, side), (257, side), (258, 8), (259, 8), (262, 1), (273, 8), (277, 1), (278, side), (279, len(strip))
        ]  # fmt: skip
        data += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in entries)
        data += struct.pack("<I", len(data) + 4 if page + 1 < pages else 0)
    path.write_bytes(data)
    return path


def endless(path: Path) -> Path:
    """A file that nobody can read to its end: a pipe that nothing is written to."""
    os.mkfifo(path)
    return path


def children() -> set[psutil.Process]:
    """Readers that these tests started: others of the same run have the memory of the settings."""
    found = set()
    for each in psutil.Process().children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):  # ended, by whichever test started it
            command = each.cmdline()
            if "spines.imaging.apart.child" in command and command[-2] in ("100", "300"):
                found.add(each)
    return found


def test_the_pixels_are_the_same_and_can_be_written_to(readers: Readers, stack: Path) -> None:
    for projection in Projection:
        apart = readers.ask("read_plane", stack, name="stack.tif", projection=projection, plane=2)
        assert np.array_equal(apart, read_plane(stack, name="stack.tif", projection=projection, plane=2))
        apart[0, 0] = 0
    look = readers.ask("look", stack, name="stack.tif", limits=DEFAULT_LIMITS)
    assert look.info == inspect_image(stack, name="stack.tif")
    assert look.thumbnail.startswith(b"\x89PNG")
    assert len(children()) == 1


def test_a_reader_can_be_started_before_it_is_asked(readers: Readers, stack: Path) -> None:
    before = children()
    readers.warm()
    readers.warm()
    (started,) = children() - before
    readers.ask("inspect_image", stack, name="stack.tif")
    assert children() - before == {started}
    started.kill()
    started.wait(20)
    readers.warm()
    assert len(children() - before - {started}) == 1, "one that ended is replaced"


def test_errors_come_over_as_they_are(readers: Readers, tmp_path: Path, stack: Path) -> None:
    with pytest.raises(FileNotFoundError):
        readers.ask("read_plane", tmp_path / "gone.tif", name="gone.tif")
    with pytest.raises(UnreadableImage, match=r"“stack\.tif” has no channel 9"):
        readers.ask("read_plane", stack, name="stack.tif", channel=8)


def test_a_file_that_takes_too_much_memory_ends_its_reader_alone(tmp_path: Path, stack: Path) -> None:
    bomb = pages_on_one_strip(tmp_path / "bomb.tif", pages=1, side=10_900)
    assert bomb.stat().st_size < 200_000
    readers = Readers(most=1, memory_mb=100, seconds=30, wait_s=0.2)
    readers.ask("read_plane", stack, name="stack.tif")
    (child,) = children()
    at_rest_bytes, most_bytes, done = child.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            with suppress(psutil.NoSuchProcess):
                most_bytes[0] = max(most_bytes[0], child.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(UnreadableImage, match="more memory"):
        readers.ask("read_polarised", bomb, name="bomb.tif")
    done.set()
    watcher.join()
    assert most_bytes[0] - at_rest_bytes < 110 << 20
    assert readers.ask("read_plane", stack, name="stack.tif").shape == (40, 48)
    readers.close()


def test_a_file_that_takes_too_long_is_given_up(readers: Readers, tmp_path: Path, stack: Path) -> None:
    readers.ask("read_plane", stack, name="stack.tif")
    (child,) = children()
    began = time.monotonic()
    with pytest.raises(UnreadableImage, match="took longer to read than the 4 s"):
        readers.ask("read_plane", endless(tmp_path / "slow.tif"), name="slow.tif")
    assert 3.9 < time.monotonic() - began < 8
    assert not child.is_running()
    assert readers.ask("read_plane", stack, name="stack.tif").shape == (40, 48)


def test_a_reader_that_dies_is_told_and_replaced(readers: Readers, tmp_path: Path, stack: Path) -> None:
    slow = endless(tmp_path / "slow.tif")
    readers.ask("read_plane", stack, name="stack.tif")
    (child,) = children()
    threading.Timer(0.5, child.kill).start()
    with pytest.raises(UnreadableImage, match="broke down"):
        readers.ask("read_plane", slow, name="slow.tif")
    assert readers.ask("read_plane", stack, name="stack.tif").shape == (40, 48)


def test_who_finds_no_free_reader_is_told_to_come_again_or_is_patient(
    readers: Readers, tmp_path: Path, stack: Path
) -> None:
    slow = endless(tmp_path / "slow.tif")
    readers.ask("read_plane", stack, name="stack.tif")

    def read_slowly() -> None:
        with suppress(UnreadableImage):
            readers.ask("read_plane", slow, name="slow.tif")

    other = threading.Thread(target=read_slowly)
    other.start()
    time.sleep(0.3)
    with pytest.raises(Busy, match="Try it again in a minute"):
        readers.ask("read_plane", stack, name="stack.tif")
    assert readers.ask("read_plane", stack, patience=1000, name="stack.tif").shape == (40, 48)
    other.join()


@pytest.mark.parametrize(("pages", "side"), [(4096, 1000), (64, 10_000)], ids=["4,096 on one strip", "64 of 100 Mpx"])
def test_planes_times_pixels_are_bounded(tmp_path: Path, pages: int, side: int) -> None:
    path = pages_on_one_strip(tmp_path / "x.tif", pages=pages, side=side)
    began = time.process_time()
    with pytest.raises(UnreadableImage, match="the limit here is 2,000 in one channel: export fewer planes"):
        inspect_image(path, name="x.tif")
    assert time.process_time() - began < 3


def test_headless_commands_read_in_a_process_apart(stack: Path) -> None:
    np.testing.assert_array_equal(read_plane_apart(stack, name="stack.tif"), read_plane(stack, name="stack.tif"))
    assert inspect_apart(stack, name="stack.tif") == inspect_image(stack, name="stack.tif")
    commands = [child.cmdline() for child in psutil.Process().children()]
    assert any("spines.imaging.apart.child" in command and str(MEMORY_MB) in command for command in commands)
