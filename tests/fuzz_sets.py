"""The part of `make fuzz` that makes ZIP archives of sets: damaged, nested, bombs, odd names, too many entries."""

from __future__ import annotations

import io
import json
import random
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from spines.training_sets import Report
from spines.training_sets.archives import unpack
from spines.training_sets.cleaning import clean
from spines.training_sets.coco import read_coco
from spines.training_sets.yolo import read_yolo

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
NAMES = (
    *(".", "..", "/", "../a.png", "/etc/a.png", "C:\\a.png", "a\\..\\..\\b.png", "\x00.png", "a" * 300 + ".png"),
    *("é.png", "e\u0301.png", "a.png/b.png", "a.png/", "images/a.png", "con.png", " .png", "a.PNG", "__MACOSX/._a.png"),
    *("a/" * 200 + "a.png", "🧠.png", "a\n.png", "-rf.png", "inner.zip", "a.json", "data.yaml", "labels/a.txt"),
)
RARELY = 0.1
BOMB = b"\0" * (64 << 20)
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 64}],
    "categories": [{"id": 1, "name": "thin"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 4, 9, 9], "area": 81, "iscrowd": 0}],
}
YAML = "train: images\nnames:\n  0: thin\n  1: stubby\n"


def png(seed: int = 0) -> bytes:
    """A picture of 64 × 64."""
    buffer = io.BytesIO()
    Picture.fromarray(np.random.default_rng(seed).integers(0, 255, (64, 64)).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def members(kind: str) -> dict[str, bytes]:
    """A whole set, name to content."""
    if kind == "coco":
        return {"set/a.png": png(), "set/train.json": json.dumps(COCO).encode()}
    return {"images/a.png": png(), "labels/a.txt": b"0 0.5 0.5 0.1 0.1\n", "data.yaml": YAML.encode()}


def odd_zip(kind: str, chance: random.Random, damage: Callable[[bytes, random.Random], bytes]) -> bytes:
    """An archive of a set with one to three oddities; `damage` turns bytes."""
    said = members(kind)
    more: list[tuple[zipfile.ZipInfo, bytes]] = []
    acts = [chance.choice(("name", "nested", "link", "bomb", "many", "twice", "list", "laughs", "none", "none"))]
    acts += chance.choices(("name", "twice", "list", "nested", "none"), k=chance.randrange(3))
    for act in acts:
        if act == "name":
            more.append((_entry(chance.choice(NAMES)), png(1)))
        elif act == "nested":
            more.append((_entry("inner.zip"), packed(said, [], chance)))
        elif act == "link":
            link = _entry("link.png")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            more.append((link, b"/etc/passwd"))
        elif act == "bomb":
            more.append((_entry(chance.choice(("b.png", "b.txt", "b.json", "b.yaml"))), BOMB))
        elif act == "many":
            more += [(_entry(f"{chance.randrange(9)}/{n}.txt"), b"") for n in range(chance.choice((2_000, 120_000)))]
        elif act == "twice":
            more.append((_entry(chance.choice(list(said))), png(2)))
        elif act == "laughs":
            said["data.yaml"] = (
                LAUGHS + f"names: {chance.choice(('*a11', '[*a11]', '{0: *a11}'))}\ntrain: *a11\n"
            ).encode()
        elif act == "list":
            name = chance.choice([name for name in said if not name.endswith(".png")])
            said[name] = damage(said[name], chance)
    whole = packed(said, more, chance)
    return damage_ends(whole, chance, damage) if chance.random() < 0.7 else whole


def damage_ends(whole: bytes, chance: random.Random, damage: Callable[[bytes, random.Random], bytes]) -> bytes:
    """Bytes turned in the list at the end, where an archive is read first, or anywhere."""
    if chance.random() < 0.4:
        return damage(whole, chance)
    at = max(len(whole) - chance.choice((22, 120, 600)), 0)
    return whole[:at] + damage(whole[at:], chance)


def packed(said: dict[str, bytes], more: list[tuple[zipfile.ZipInfo, bytes]], chance: random.Random) -> bytes:
    """A ZIP of these."""
    buffer, large = io.BytesIO(), 4 * len(png())
    with zipfile.ZipFile(buffer, "w", chance.choice(PACKED)) as archive:
        archive.comment = b"PK\x05\x06" + bytes(18) if chance.random() < RARELY else b""  # the end of an empty one
        for entry, content in (*((_entry(name), content) for name, content in said.items()), *more):
            entry.compress_type = zipfile.ZIP_DEFLATED if len(content) > large else archive.compression
            archive.writestr(entry, content)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("x", (2026, 1, 1, 0, 0, 0))
    entry.filename = name  # as it is: what zipfile's own constructor makes plain stays odd
    return entry


def take_in(path: Path, kind: str, folder: Path) -> dict[str, Any]:
    """Do what bringing in a set does to an archive, without the database. The report, which a database could keep."""
    report = Report()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    read = read_coco if kind == "coco" else read_yolo
    list(clean(read(unpack(path, folder, report=report), report=report), report=report, keep=lambda _: "kept.png"))
    said = report.as_json()
    text = json.dumps(said, ensure_ascii=False)
    text.encode()  # halves of characters
    if "\\u0000" in text:
        raise ValueError("A report with NUL, which PostgreSQL refuses")
    return said
