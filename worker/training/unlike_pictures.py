"""Pictures that a network trained on spines has not seen, and how many of them come out as unlike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from spines.synthesis import Look, draw_parameters, make_image
from worker.inference.card import DetectorCard
from worker.inference.detector import scale_for
from worker.inference.unlikeness import TrainedLook, features_of
from worker.preprocess import normalise
from worker.training.made import make_annotated
from worker.training.sources import TrainingData

Plane = NDArray[Any]
Change = Callable[[Plane, np.random.Generator], Plane]

SIDE_PX = 512
PICTURES = 30
ENLARGED_PICTURES = 8
MADE_SEED = 977  # training draws from others


def print_table(look: TrainedLook, card: DetectorCard, data: TrainingData) -> None:
    """Print how many pictures of each kind are above 1: validation pictures, and such that are unlike."""
    like, changed = [], []
    sys.stdout.write("| pictures | number | above 1 | median | AUC |\n|---|---|---|---|---|\n")
    for source in data.sources:
        images = data.images(source, "val")
        if not images:
            continue
        scores = np.array([_score(look, card, image.grey, image.pixel_size_um) for image in images])
        like.append(scores)
        _say(f"{source.folder} val", scores, None)
        changed.append((source.folder, [image.grey for image in images][:PICTURES]))
    made = [_score(look, card, image.grey, None) for image in make_annotated(PICTURES * 2, seed=MADE_SEED)]
    _say("made, of another seed", np.array(made), None)
    real = np.concatenate(like) if like else np.array(made)
    random = np.random.default_rng(0)
    for folder, planes in changed:
        for name, change in CHANGES.items():
            count = ENLARGED_PICTURES if name.startswith("enlarged") else PICTURES
            _say(f"{folder} {name}", _scores(look, card, (change(plane, random) for plane in planes[:count])), real)
    for name, draw in DRAWN.items():
        _say(name, _scores(look, card, (draw(random) for _ in range(PICTURES))), real)
    masks = sorted((data.folder / "ghani_masks").glob("*.png"))[:PICTURES]
    if masks:
        _say("outlines of single spines (ghani_masks)", _scores(look, card, map(_grey, masks)), real)


def _score(look: TrainedLook, card: DetectorCard, plane: Plane, pixel_size_um: float | None) -> float:
    return look.unlikeness(features_of(normalise(plane), scale=scale_for(card, pixel_size_um)))


def _scores(look: TrainedLook, card: DetectorCard, planes: Iterator[Plane]) -> NDArray[np.float64]:
    return np.array([_score(look, card, plane, None) for plane in planes])


def _say(name: str, scores: NDArray[np.float64], like: NDArray[np.float64] | None) -> None:
    auc = "" if like is None else f"{np.mean(like[:, None] < scores):.3f}"
    sys.stdout.write(f"| {name} | {len(scores)} | {np.mean(scores > 1):.0%} | {np.median(scores):.2f} | {auc} |\n")
    sys.stdout.flush()


def _grey(path: Any) -> Plane:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def _resized(plane: Plane, factor: float) -> Plane:
    size = [max(8, round(side * factor)) for side in plane.shape[::-1]]
    how = Image.Resampling.BOX if factor < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(plane).resize((size[0], size[1]), how))


def _salted(plane: Plane, random: np.random.Generator) -> Plane:
    chance = random.random(plane.shape)
    return np.where(chance < 0.02, 255, np.where(chance > 0.98, 0, plane))


CHANGES: dict[str, Change] = {
    "inverted": lambda plane, _: 255 - plane,
    "reduced twice": lambda plane, _: _resized(plane, 0.5),
    "enlarged twice": lambda plane, _: _resized(plane, 2),
    "reduced 4 times": lambda plane, _: _resized(plane, 0.25),
    "enlarged 4 times": lambda plane, _: _resized(plane, 4),
    "blurred over 8 px": lambda plane, _: gaussian_filter(plane.astype(np.float32), 8),
    "with 4 % salt and pepper": _salted,
}


def _blank(random: np.random.Generator) -> Plane:
    return np.full((SIDE_PX, SIDE_PX), random.integers(0, 255), np.uint8)


def _white_noise(random: np.random.Generator) -> Plane:
    return random.poisson(random.uniform(1, 20), (SIDE_PX, SIDE_PX))


def _checks(random: np.random.Generator) -> Plane:
    rows, columns = np.indices((SIDE_PX, SIDE_PX)) // random.integers(4, 40)
    return np.asarray((rows + columns) % 2 * 200.0 + random.normal(20, 5, (SIDE_PX, SIDE_PX)))


def _page_of_text(random: np.random.Generator) -> Plane:
    page = Image.new("L", (SIDE_PX, SIDE_PX), 255)
    pen = ImageDraw.Draw(page)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     "))
    for y in range(10, SIDE_PX - 12, 16):
        pen.text((10, y), "".join(random.choice(letters, 75)), fill=0)
    return np.asarray(page)


def _photograph(random: np.random.Generator) -> Plane:
    """Textures of all sizes and things with edges, as in a photograph turned grey."""
    grey = np.zeros((SIDE_PX, SIDE_PX))
    for size in (1, 2, 4, 8, 16, 32, 64):
        grey += gaussian_filter(random.standard_normal(grey.shape), size) * size**1.3
    for x, y, width, height in random.integers(0, SIDE_PX, (12, 4)):
        grey[y : y + height // 2 + 20, x : x + width // 2 + 20] += random.normal(0, 3)
    return grey


def _noisy_field(random: np.random.Generator) -> Plane:
    """A made field with ten times the noise."""
    drawn = draw_parameters(Look.TWO_PHOTON, random, side_px=SIDE_PX, grain_px=0.0)
    noisy = replace(drawn, shaft_photons=drawn.shaft_photons / 100)
    return make_image(noisy, seed=int(random.integers(2**31))).pixels


DRAWN: dict[str, Callable[[np.random.Generator], Plane]] = {
    "blank": _blank,
    "white noise": _white_noise,
    "checks": _checks,
    "page of text": _page_of_text,
    "textures and edges, as a photograph": _photograph,
    "made field with 10 times the noise": _noisy_field,
}
