"""Tell a detector's card what its training images look like: `python -m worker.training.unlikeness --data D --model M`.

Writes the `look` entry of the card, from which serving tells how unlike an image is. With --table, says besides how
many of the validation pictures, and of pictures that no such network has seen, come out as unlike.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spines.training_sets import read_truth
from worker.inference.card import CARD_FILE, DetectorCard, load_detector_card
from worker.inference.detector import scale_for
from worker.inference.unlikeness import TrainedLook, features_of, neighbour_distance, relative_distance
from worker.training.coco import AnnotatedImage
from worker.training.console import exit_code
from worker.training.errors import TrainingError
from worker.training.made import make_annotated
from worker.training.sources import Source, TrainingData, read_training_folder
from worker.training.unlike_pictures import print_table

MADE_IMAGES = 160
FEWEST_IMAGES = 20
MOST_REFERENCES = 500
SHRINKAGE = 0.1
SMALLEST_SPREAD = 0.01  # where one picture is in several groups
THRESHOLD_PERCENT = 99.0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The features of training images: `vectors` (n, k), and the source and group (n,) each is from."""

    vectors: NDArray[np.float64]
    sources: NDArray[np.str_]
    groups: NDArray[np.str_]


class TooFewPictures(TrainingError):
    """The training images do not suffice to tell unlike ones by."""


def add_look(*, model: Path, data: Path, seed: int = 0, made_images: int = MADE_IMAGES) -> TrainedLook:
    """Write the look of the training images in `data` into the card of the detector in `model`.

    Parameters
    ----------
    made_images
        How many a training without a number of its own draws; more than `MADE_IMAGES` tell no more.

    Raises
    ------
    TooFewPictures, BrokenModel, TrainingError, InvalidInput
        There are too few pictures, or there is no detector, or a file cannot be read.
    """
    card = load_detector_card(model)
    look = look_of(_seen(read_training_folder(data), card, seed=seed, made_images=made_images))
    path = model / CARD_FILE
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(card.raw | {"look": look.as_entry()}, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
    return look


def look_of(seen: Seen) -> TrainedLook:
    """Whitening within sources, references, and the threshold that one training image in a hundred passes.

    Each image is held against the references of other groups alone. Raises TooFewPictures.
    """
    if len(seen.vectors) < FEWEST_IMAGES:
        raise TooFewPictures(
            f"There are {len(seen.vectors)} training pictures to tell unlike ones by: it takes {FEWEST_IMAGES}, "
            "of which made images may be some."
        )
    mean, whitening = _whitening(seen)
    white = (seen.vectors - mean) @ whitening.T
    chosen = np.sort(np.random.default_rng(0).permutation(len(white))[:MOST_REFERENCES])
    distances = np.linalg.norm(white[:, None] - white[None, chosen], axis=2)
    distances[seen.groups[:, None] == seen.groups[None, chosen]] = np.inf
    spreads = np.array([max(neighbour_distance(row), SMALLEST_SPREAD) for row in distances])
    if not np.isfinite(spreads).all():
        raise TooFewPictures("The training pictures are of too few groups to tell unlike ones by: add made images.")
    scores = [relative_distance(row, spreads[chosen]) for row in distances]
    return TrainedLook(
        mean=mean,
        whitening=whitening,
        references=white[chosen],
        spreads=spreads[chosen],
        threshold=float(np.percentile(scores, THRESHOLD_PERCENT)),
    )


def _whitening(seen: Seen) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean, and the matrix that makes the spread within sources even; outliers are drawn in for it."""
    within = np.concatenate(
        [
            part - part.mean(axis=0)
            for source in np.unique(seen.sources)
            for part in (seen.vectors[seen.sources == source],)
        ]
    )
    within = np.clip(within, *np.percentile(within, [1, 99], axis=0))
    spread = within.T @ within / len(within)
    own = np.diag(np.maximum(np.diag(spread), 1e-8))
    values, axes = np.linalg.eigh((1 - SHRINKAGE) * spread + SHRINKAGE * own)
    return seen.vectors.mean(axis=0), (axes / np.sqrt(values)).T


def _seen(data: TrainingData, card: DetectorCard, *, seed: int, made_images: int) -> Seen:
    rows = [
        (features_of(image.normalised, scale=scale_for(card, image.pixel_size_um)), source.folder, group)
        for source in data.sources
        if source.is_fully_marked
        for image, group in _with_groups(data, source)
    ]
    made = min(made_images if data.made_images is None else data.made_images, MADE_IMAGES)
    rows += [
        (features_of(image.normalised, scale=1.0), "made", image.group) for image in make_annotated(made, seed=seed)
    ]
    shown = [(vector, source, group) for vector, source, group in rows if vector is not None]
    return Seen(
        vectors=np.array([vector for vector, _, _ in shown]),
        sources=np.array([source for _, source, _ in shown]),
        groups=np.array([group for _, _, group in shown]),
    )


def _with_groups(data: TrainingData, source: Source) -> list[tuple[AnnotatedImage, str]]:
    """The training pictures of a source, each with what it is held apart by: day of imaging, else group."""
    images = data.images(source, "train")
    if not images:
        return []
    true = read_truth(data.folder / source.folder / "train.json").values()
    groups = [next((key for key in each.keys if key.startswith("date:")), each.group) for each in true]
    if len(set(groups)) == 1:
        groups = [f"{number}" for number in range(len(images))]
    return [(image, f"{source.folder} {group}") for image, group in zip(images, groups, strict=True)]


def run(*, model: Path, data: Path, seed: int, table: bool) -> None:
    """Write the look, say so, and print the table when asked to."""
    look = add_look(model=model, data=data, seed=seed)
    sys.stdout.write(f"{model / CARD_FILE}: look of {len(look.references)} training pictures written.\n")
    if table:
        print_table(look, load_detector_card(model), read_training_folder(data))


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m worker.training.unlikeness", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the training folder")
    parser.add_argument("--model", type=Path, required=True, help="the detector's folder, whose card gets the look")
    parser.add_argument("--seed", type=int, default=0, help="of the made images (default 0)")
    parser.add_argument("--table", action="store_true", help="tell how well like and unlike pictures are told apart")
    known = parser.parse_args()
    return exit_code(lambda: run(model=known.model, data=known.data, seed=known.seed, table=known.table))


if __name__ == "__main__":
    sys.exit(main())
