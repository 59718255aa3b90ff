"""The table of grades: pictures of each source to a look that never saw it, and pictures of other kinds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2gray

from spines.synthesis import Look, make_series_image
from spines.vocabulary.picture_grades import COUNTED_GRADES, GRADE_WORDS, Grade
from worker.inference.evidence import INDIFFERENT, evidence_of
from worker.inference.unlikeness import TrainedLook
from worker.preprocess import normalise
from worker.training.data.made_images import FLUORESCENT, make_annotated
from worker.training.data.sources import Source, TrainingData

Plane = NDArray[Any]
Shown = tuple[Plane, float]
"""A picture and the scale at which it is shown to the networks."""

SIDE_PX = 512
PICTURES = 30
DRAWN_PICTURES = 12
MADE_SEED = 977  # training draws from others


def print_table(look: TrainedLook, data: TrainingData, *, unseen: Callable[[str], TrainedLook]) -> None:
    """Print how pictures are graded, a row a kind; `unseen` makes the look of all sources but one."""
    table = _Table()
    of_sources = {source.folder: _pictures(data, source) for source in data.sources}
    of_sources["made"] = [(image.grey, 1.0) for image in make_annotated(PICTURES, seed=MADE_SEED, looks=FLUORESCENT)]
    seen = {folder: pictures for folder, pictures in of_sources.items() if pictures}
    for folder, pictures in seen.items():
        table.add(f"{folder}, seen", look, pictures)
    random = np.random.default_rng(0)
    for folder, pictures in seen.items() if len(seen) > 1 else ():
        without = unseen(folder)
        table.add(f"{folder}, never seen", without, pictures, is_good=True)
        for name, change in GOOD_CHANGES.items():
            table.add(f"… {name}", without, [(change(plane, random), scale) for plane, scale in pictures])
        table.add("… half as large", without, [(plane, scale / 2) for plane, scale in pictures])
        table.add("… twice as large", without, [(plane, scale * 2) for plane, scale in pictures[:DRAWN_PICTURES]])
    for folder, pictures in seen.items():
        table.add(f"{folder} inverted", look, [(plane.max() - plane, scale) for plane, scale in pictures])
    for name, draw in DRAWN.items():
        table.add(name, look, [(draw(random), 1.0) for _ in range(DRAWN_PICTURES)])
    for stain in (Look.GOLGI, Look.DAB):
        grey = [_grey(_stained(stain, number)) for number in range(DRAWN_PICTURES)]
        table.add(f"made {stain.value}, as it is", look, [(plane, 1.0) for plane in grey])
        table.add(
            f"made {stain.value}, turned and told so", look, [(plane.max() - plane, 1.0) for plane in grey], turned=True
        )
    for name, named in FOREIGN.items():
        planes = [_grey(foreign_picture(each)) for each in named]
        table.add(name, look, [(plane, 1.0) for plane in planes])
        table.add(f"{name}, inverted", look, [(plane.max() - plane, 1.0) for plane in planes])


def _pictures(data: TrainingData, source: Source) -> list[Shown]:
    images = data.images(source, "val") or data.images(source, "train")
    chosen = np.random.default_rng(0).permutation(len(images))[:PICTURES]
    return [(images[at].grey, source.enlargement(images[at])) for at in chosen]


class _Table:
    """Rows as they come; AUCs are against the good pictures of sources that were never seen."""

    def __init__(self) -> None:
        self._good: list[float] = []
        grades = " | ".join(GRADE_WORDS.values())
        sys.stdout.write(f"| pictures | number | {grades} | count | AUC |\n|---|{'---|' * (len(GRADE_WORDS) + 3)}\n")

    def add(
        self, name: str, look: TrainedLook, pictures: Iterable[Shown], *, is_good: bool = False, turned: bool = False
    ) -> None:
        """Grade pictures and say how many have each grade; `count` is the share of those that would count."""
        planes = [(normalise(plane), scale) for plane, scale in pictures]
        graded = [look.graded(plane, scale=scale, turned=turned).grade for plane, scale in planes]
        told = np.array([_margin(look, plane, scale) for plane, scale in planes])
        auc = f"{np.mean(np.array(self._good)[:, None] > told):.3f}" if self._good and not is_good else ""
        if is_good:
            self._good += told.tolist()
        shares = " | ".join(f"{np.mean([grade == each for grade in graded]):.0%}" for each in Grade)
        count = np.mean([grade in COUNTED_GRADES for grade in graded])
        sys.stdout.write(f"| {name} | {len(graded)} | {shares} | {count:.0%} | {auc} |\n")
        sys.stdout.flush()


def _margin(look: TrainedLook, normalised: Plane, scale: float) -> float:
    """The least of what a picture has of each quantity over what is asked of it: at 1 it is as weak as may be."""
    evidence = evidence_of(normalised, scale=scale)
    return -np.inf if evidence is None else float(((evidence - INDIFFERENT) / (look.limits - INDIFFERENT)).min())


def _jpeg(plane: Plane) -> Plane:
    kept = BytesIO()
    Image.fromarray(np.asarray(plane, np.uint8)).save(kept, "JPEG", quality=60)
    return np.asarray(Image.open(kept))


def _stained(look: Look, number: int) -> Plane:
    return make_series_image(look, seed=MADE_SEED, number=number, side_px=SIDE_PX, pixel_size_um=0.1).pixels


GOOD_CHANGES: dict[str, Callable[[Plane, np.random.Generator], Plane]] = {
    "with noise of 8 of 255": lambda plane, random: np.clip(plane + random.normal(0, 8, plane.shape), 0, 255),
    "of 30 photons at white": lambda plane, random: random.poisson(plane / 255 * 30),
    "blurred over 1.5 px": lambda plane, _: gaussian_filter(plane.astype(np.float32), 1.5),
    "with gamma 0.5": lambda plane, _: 255 * (plane / 255) ** 0.5,
    "with gamma 2": lambda plane, _: 255 * (plane / 255) ** 2.0,
    "as JPEG 60": lambda plane, _: _jpeg(plane),
}


def _blank(random: np.random.Generator) -> Plane:
    return np.full((SIDE_PX, SIDE_PX), random.integers(0, 255), np.uint8)


def _white_noise(random: np.random.Generator) -> Plane:
    return random.poisson(random.uniform(1, 20), (SIDE_PX, SIDE_PX))


def _empty_field(random: np.random.Generator) -> Plane:
    """A field of uneven autofluorescence without a neuron."""
    haze = gaussian_filter(random.standard_normal((SIDE_PX, SIDE_PX)), 40)
    return np.asarray(random.poisson(random.uniform(5, 30) * np.exp(20 * haze)))


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


def _nuclei(random: np.random.Generator) -> Plane:
    rows, columns = np.indices((SIDE_PX, SIDE_PX))
    light = np.zeros((SIDE_PX, SIDE_PX))
    for x, y, radius, flat in random.uniform((0, 0, 10, 0.8), (SIDE_PX, SIDE_PX, 18, 1.25), (60, 4)):
        inside = ((columns - x) * flat) ** 2 + ((rows - y) / flat) ** 2 < radius**2
        light = np.maximum(light, random.uniform(0.4, 1) * inside)
    return np.asarray(random.poisson(gaussian_filter(light, 1.5) * 60 + 4))


def _puncta(random: np.random.Generator) -> Plane:
    light = np.zeros((SIDE_PX, SIDE_PX))
    light[tuple(random.integers(0, SIDE_PX, (2, 300)))] = random.uniform(0.2, 1, 300)
    light = gaussian_filter(light, 2)
    return np.asarray(random.poisson(light / light.max() * 120 + 5))


DRAWN: dict[str, Callable[[np.random.Generator], Plane]] = {
    "blank": _blank,
    "white noise": _white_noise,
    "empty field": _empty_field,
    "nuclei": _nuclei,
    "puncta": _puncta,
    "checks": _checks,
    "page of text": _page_of_text,
    "textures and edges, as a photograph": _photograph,
}

FOREIGN: dict[str, tuple[str, ...]] = {
    "photographs (scikit-image)": (
        *("astronaut", "camera", "cat", "coffee", "rocket", "coins", "brick", "grass", "gravel", "moon", "clock"),
        *("colorwheel", "hubble_deep_field"),
    ),
    "text, drawings (scikit-image)": ("page", "text", "horse", "logo"),
    "other microscopy and medicine (scikit-image)": ("immunohistochemistry", "retina", "cell", "microaneurysms"),
}
"""Pictures that come with scikit-image: nobody made them for this."""


def foreign_picture(name: str) -> Plane:
    """One of `FOREIGN`, grey."""
    return _grey(np.asarray(getattr(skimage.data, name)()))


def _grey(picture: Plane) -> Plane:
    if picture.dtype == np.bool_:
        return np.asarray(picture, np.uint8) * np.uint8(255)
    return np.asarray(rgb2gray(picture[..., :3])) if picture.ndim == 3 else picture
