"""`make fuzz`: damaged files of every format, sheets, patterns and sets. None may crash, hang, or take a gigabyte.

Seeds are small whole files; each input is one of them with bytes turned, numbers made huge, ends cut off, parts
doubled; of sets as ZIP archives more is odd (`fuzz_sets`). A refusal with a sentence is right. What is not is printed
with the seed and number that make it again. API bodies are the matter of `tests/contracts/test_api_schema.py`.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Picture

from spines.errors import DomainError
from spines.imaging import ReadLimits
from spines.imaging.apart import Readers
from spines.samples.pattern import FilenamePattern
from spines.samples.sheet import read_sample_sheet
from spines.training_sets import Report
from spines.training_sets.coco import read_coco
from spines.training_sets.yolo import read_yolo
from tests.domain.microscope_files import build_czi, build_lif, build_lsm, build_nd2
from tests.domain.olympus_files import build_oib
from tests.fuzz_sets import COCO, YAML, odd_zip, take_in

MOST_S, MOST_MB = 10, 1024
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF)
SLOW = "took longer to read"
WRONG = ("broke down on it", SLOW, "memory")
SHEET = (
    "file_name;animal;condition;cell;sex;age_days;factor: dose\nm1_a.tif;m1;WT;a;female;90;0\n"
    "m2_a.tif;m2;'+/+;a;male;;1\n"
)
ODD = (
    *("\x00", '"', ";", ",", "\t", "\r", "\ufeff", "\ud800", "é", "e\u0301", "=1+1", "{", "}", "*"),
    *("[" * 2000, "9" * 400, "-1e999"),
)
ENCODINGS = ("utf-8", "utf-16", "cp1252", "utf-8-sig")


def seeds() -> dict[str, bytes]:
    """A whole file of each format, by its name."""
    stack = np.random.default_rng(1).integers(0, 4000, (2, 3, 40, 48)).astype(np.uint16)
    made = {
        "a.lsm": build_lsm(stack, plane_spacing_um=0.5, pixel_size_um=0.1),
        "a.lif": build_lif(stack, pixel_size_um=0.1),
        "a.czi": build_czi(stack, pixel_size_um=0.1),
        "a.nd2": build_nd2(stack, pixel_size_um=0.1),
        "packed.nd2": build_nd2(stack, is_compressed=True, pixel_size_um=0.1),
        "a.oib": build_oib(stack, dyes=("GFP", "RFP"), pixel_size_um=0.1),
    }
    grey = (stack[0, 0] // 16).astype(np.uint8)
    tiffs: dict[str, dict[str, object]] = {
        "plain.tif": {},
        "deflate.tif": {"compression": "zlib", "predictor": True},
        "lzw.tif": {"compression": "lzw"},
        "jpeg2000.tif": {"compression": "jpeg2000"},
        "tiled.tif": {"tile": (16, 16)},
        "imagej.tif": {"imagej": True, "metadata": {"axes": "ZYX"}},
        "a.ome.tif": {"ome": True, "metadata": {"axes": "CZYX", "PhysicalSizeX": 0.1}},
    }
    for name, options in tiffs.items():
        buffer = io.BytesIO()
        pixels = stack if name == "a.ome.tif" else stack[0] if name == "imagej.tif" else stack[0, 0]
        tifffile.imwrite(buffer, pixels, **options)  # type: ignore[arg-type]
        made[name] = buffer.getvalue()
    for name, kind in (("a.png", "PNG"), ("a.jpg", "JPEG")):
        buffer = io.BytesIO()
        Picture.fromarray(grey).save(buffer, kind)
        made[name] = buffer.getvalue()
    return made


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """One to eight changes of a file."""
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        if not data:
            break
        at = chance.randrange(min(len(data), 2048)) if chance.random() < 0.6 else chance.randrange(len(data))
        what = chance.randrange(6)
        if what == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            width = chance.choice((1, 2, 4, 8))
            number = chance.choice(NUMBERS) & ((1 << (8 * width)) - 1)
            data[at : at + width] = number.to_bytes(width, chance.choice(("little", "big")))
        elif what == 2:
            del data[at:]
        elif what == 3:
            del data[at : at + chance.randrange(1, 64)]
        elif what == 4:
            data[at:at] = data[at : at + chance.randrange(1, 512)]
        else:
            data[at : at + 8] = chance.randbytes(8)
    return bytes(data)


def damaged_text(whole: str, chance: random.Random) -> bytes:
    """The same of a text, with characters that programs stumble over, in an encoding of somebody's."""
    text = list(whole)
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(text) + 1)
        if chance.random() < 0.7:
            text[at:at] = [chance.choice(ODD)]
        else:
            del text[at : at + chance.randrange(1, 20)]
    said = "".join(text)
    if "\ud800" in said:
        return said.encode("utf-8", errors="surrogatepass")
    return said.encode(chance.choice(ENCODINGS), errors="replace")


def inputs(
    numbers: range, seed: int, folder: Path, readers: Readers
) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """Kind, number and act of each; the number and `seed` make it again."""
    whole = seeds()
    limits = ReadLimits(max_file_bytes=1 << 30)
    for number in numbers:
        chance = random.Random(f"{seed}/{number}")
        kind = chance.choice((*whole, *whole, "sheet", "pattern", "coco", "yolo", "coco.zip", "yolo.zip", "image.zip"))
        if kind in whole:
            path = folder / kind
            path.write_bytes(damaged(whole[kind], chance))
            yield kind, number, lambda p=path: readers.ask("look", p, name=p.name, limits=limits)  # type: ignore[misc]
        elif kind == "sheet":
            text = damaged_text(SHEET, chance)
            yield kind, number, lambda t=text: read_sample_sheet(t)  # type: ignore[misc]
        elif kind == "pattern":
            text = damaged_text("{condition}_{animal}_{cell}_{*}.tif", chance)
            said = text.decode("utf-8", errors="replace")
            yield kind, number, lambda t=said: FilenamePattern(t).extract(t + "_a_b_c.tif")  # type: ignore[misc]
        elif kind == "image.zip":
            path = folder / kind
            path.write_bytes(odd_zip(chance.choice(("coco", "yolo")), chance, damaged))
            yield kind, number, lambda p=path: readers.ask("look", p, name=p.name, limits=limits)  # type: ignore[misc]
        else:
            yield kind, number, _set(kind, chance, folder)


def _set(kind: str, chance: random.Random, folder: Path) -> Callable[[], object]:
    if kind.endswith(".zip"):
        archive, of = folder / kind, kind.removesuffix(".zip")
        archive.write_bytes(odd_zip(of, chance, damaged))
        return lambda: take_in(archive, of, folder / "unpacked")
    if kind == "coco":
        path = folder / "set.json"
        path.write_bytes(damaged_text(json.dumps(COCO), chance))
        return lambda: read_coco(path, report=Report())
    place = folder / "yolo"
    place.mkdir(exist_ok=True)
    (place / "data.yaml").write_bytes(damaged_text(YAML, chance))
    (place / "a.txt").write_bytes(damaged_text("0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n", chance))
    return lambda: read_yolo(place, report=Report())


def fault_of(act: Callable[[], object]) -> str:
    """What is wrong with how an input was taken; empty where nothing is.

    One that took too long is tried once more: another program may have had the machine, or a reader was starting.
    """
    fault, is_slow = _taken(act)
    return _taken(act)[0] if is_slow else fault


def _taken(act: Callable[[], object]) -> tuple[str, bool]:
    """What is wrong, and whether it is that it took long."""
    began, before_kb = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        act()
    except DomainError as error:
        if any(word in error.sentence for word in WRONG):
            return error.sentence, SLOW in error.sentence
    except Exception as error:  # noqa: BLE001 - any other is what is looked for
        return f"{type(error).__name__}: {error}", False
    took_s = time.monotonic() - began
    grew_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) >> 10
    if grew_mb > MOST_MB:
        return f"took {grew_mb:,} MB", False
    return (f"took {took_s:.0f} s", True) if took_s > MOST_S else ("", False)


def main() -> int:
    """1 when an input was not taken as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first, to go on where a run was ended")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    readers = Readers(most=1, memory_mb=MOST_MB, seconds=MOST_S, wait_s=MOST_S)
    faults: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "plain.tif"
        whole.write_bytes(seeds()["plain.tif"])
        readers.ask("look", whole, name=whole.name, limits=ReadLimits())  # a reader takes seconds to start
        numbers = range(asked.first, asked.inputs)
        for kind, number, act in inputs(numbers, asked.seed, Path(folder), readers):
            tried[kind] += 1
            if number % 500 == 499:
                sys.stdout.write(f"up to {asked.seed}/{number}: {faults.total()} faults\n")
                sys.stdout.flush()
            if fault := fault_of(act):
                faults[kind] += 1
                sys.stdout.write(f"{kind} {asked.seed}/{number}: {fault[:300]}\n")
                sys.stdout.flush()
    readers.close()
    sys.stdout.write(f"{tried.total()} inputs, {faults.total()} faults. Tried: {dict(sorted(tried.items()))}\n")
    return int(faults.total() > 0)


if __name__ == "__main__":
    sys.exit(main())
