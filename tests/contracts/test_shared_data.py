"""The annotated sets that the shipped networks were trained on, where they are at hand: no leaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from spines.training_sets.fingerprints import fingerprint, near_duplicates
from spines.training_sets.leaks import find_leaks_in_folder
from webapp.serve.programs import PROJECT

DATA = Path(PROJECT).parent / "shared" / "data"
EVERY = 10
MARGIN_PX = 110


def listed(source: str) -> list[dict[str, Any]]:
    """The images of a source's train part."""
    path = DATA / source / "train.json"
    if not path.is_file():
        pytest.skip("the annotated sets lie outside of the repository")
    images: list[dict[str, Any]] = json.loads(path.read_text())["images"]
    return images


def seen_again(grey: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The field shifted by up to a tenth, turned or mirrored, brighter or dimmer, and noisy; what is drawn stays in."""
    height, width = grey.shape
    rows, columns = np.nonzero(grey > 20)
    is_cut_out = np.mean(grey > 20) < 0.05
    shift = (rng.uniform(-0.1, 0.1, 2) * (height, width)).astype(int)
    if is_cut_out:
        shift = np.clip(shift, (-rows.min(), -columns.min()), (height - 1 - rows.max(), width - 1 - columns.max()))
    padded = np.pad(grey, MARGIN_PX, mode="constant" if is_cut_out else "reflect").astype(float)
    top, left = MARGIN_PX - shift[0], MARGIN_PX - shift[1]
    moved = padded[top : top + height, left : left + width]
    noisy = np.clip(moved * rng.uniform(0.6, 1.3) + rng.normal(0, 8, moved.shape), 0, 255).astype(np.uint8)
    turned = np.rot90(noisy, int(rng.integers(4)))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)


@pytest.mark.long
@pytest.mark.parametrize("source", ["wide512", "meng"])
def test_no_near_duplicate_stands_in_train_and_val(source: str) -> None:
    assert listed(source)
    count, leaks = find_leaks_in_folder(DATA / source)
    assert count > 100
    assert [str(leak) for leak in leaks] == []


@pytest.mark.parametrize(("source", "least"), [("wide512", 0.95), ("meng", 0.9)])
def test_copies_of_real_pictures_are_found(source: str, least: float) -> None:
    rng = np.random.default_rng(0)
    found = []
    for image in listed(source)[::EVERY]:
        grey = np.asarray(Image.open(DATA / source / image["file_name"]).convert("L"))
        found.append(bool(near_duplicates([fingerprint(grey), fingerprint(seen_again(grey, rng))])))
    print(f"{source}: {sum(found)} of {len(found)} copies found")  # noqa: T201
    assert np.mean(found) >= least
