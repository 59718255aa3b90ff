"""Tell a detector's card what its training images look like.

`python -m worker.training.judging.unlikeness --data D --model M`.

Writes the `look` entry of the card, from which serving grades pictures. With --table, says besides how pictures of
each source are graded by a look that never saw the source, and how pictures of other kinds are.
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
from worker.inference.backends import Array
from worker.inference.card import CARD_FILE, load_detector_card
from worker.inference.evidence import INDIFFERENT, evidence_of
from worker.inference.unlikeness import TrainedLook, features_of, neighbour_distance, relative_distance
from worker.training.data.coco import AnnotatedImage
from worker.training.data.made_images import FLUORESCENT, make_annotated
from worker.training.data.sources import Source, TrainingData, read_training_folder
from worker.training.judging.grade_table import print_table
from worker.training.run.console import exit_code
from worker.training.run.errors import TrainingError

MADE = "made"
MADE_IMAGES = 160
FEWEST_IMAGES = 20
MOST_REFERENCES = 500
SHRINKAGE = 0.1
SMALLEST_SPREAD = 0.01  # where one picture is in several groups
THRESHOLD_PERCENT = 99.0
WEAK_PERCENT = 5.0
HALF = 0.5
LEAST_ABOVE = 0.05  # of a quantity, whatever a set's pictures have of it


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Of training images: features `vectors` (n, k), `evidence` (n, l), and the source and group (n,) each is from."""

    vectors: NDArray[np.float64]
    evidence: NDArray[np.float64]
    sources: NDArray[np.str_]
    groups: NDArray[np.str_]

    def without(self, source: str) -> Seen:
        """As if the source had never been seen."""
        kept = self.sources != source
        return Seen(
            vectors=self.vectors[kept],
            evidence=self.evidence[kept],
            sources=self.sources[kept],
            groups=self.groups[kept],
        )


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
    look = look_of(seen_in(read_training_folder(data), seed=seed, made_images=made_images))
    write_look(model, look)
    return look


def write_look(model: Path, look: TrainedLook) -> None:
    """Put a look into the card of the detector in `model`, in the place of the one that it has. Raises BrokenModel."""
    card = load_detector_card(model)
    path = model / CARD_FILE
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(card.raw | {"look": look.as_entry()}, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def look_of(seen: Seen) -> TrainedLook:
    """Whitening within sources, references, the threshold that one training image in a hundred passes, and limits.

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
        limits=_limits(seen),
    )


def _limits(seen: Seen) -> NDArray[np.float64]:
    """Of each quantity half of what the weakest pictures of the weakest source have, counted from indifference."""
    of_sources = [
        np.percentile(seen.evidence[seen.sources == source], WEAK_PERCENT, axis=0) for source in np.unique(seen.sources)
    ]
    above = np.min(of_sources, axis=0) - INDIFFERENT
    return np.asarray(INDIFFERENT + np.maximum(HALF * above, LEAST_ABOVE), np.float64)


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


def seen_in(data: TrainingData, *, seed: int = 0, made_images: int = MADE_IMAGES) -> Seen:
    """The training pictures of a folder and made ones, each at the scale at which serving shows it to the networks."""
    pictures = [
        (image, source.enlargement(image), source.folder, group)
        for source in data.sources
        for image, group in _with_groups(data, source)
    ]
    made = min(made_images if data.made_images is None else data.made_images, MADE_IMAGES)
    pictures += [(image, 1.0, MADE, image.group) for image in make_annotated(made, seed=seed, looks=FLUORESCENT)]
    vectors, evidence, sources, groups = [], [], [], []
    for image, scale, source, group in pictures:
        told = (features_of(image.normalised, scale=scale), _least_evidence(image.normalised, scale))
        if told[0] is not None and told[1] is not None:
            vectors.append(told[0])
            evidence.append(told[1])
            sources.append(source)
            groups.append(group)
    return Seen(
        vectors=np.array(vectors), evidence=np.array(evidence), sources=np.array(sources), groups=np.array(groups)
    )


def _least_evidence(normalised: Array, scale: float) -> NDArray[np.float64] | None:
    """What a picture has of each quantity, or has left of it once somebody has brightened it for the eye."""
    told = [evidence_of(each, scale=scale) for each in (normalised, np.sqrt(normalised))]
    return None if told[0] is None or told[1] is None else np.minimum(told[0], told[1])


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
    seen = seen_in(read_training_folder(data), seed=seed)
    look = look_of(seen)
    write_look(model, look)
    sys.stdout.write(f"{model / CARD_FILE}: look of {len(look.references)} training pictures written.\n")
    if table:
        folder = read_training_folder(data)
        print_table(look, folder, unseen=lambda source: look_of(seen.without(source)))


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m worker.training.judging.unlikeness", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the training folder")
    parser.add_argument("--model", type=Path, required=True, help="the detector's folder, whose card gets the look")
    parser.add_argument("--seed", type=int, default=0, help="of the made images (default 0)")
    parser.add_argument("--table", action="store_true", help="tell how well like and unlike pictures are told apart")
    known = parser.parse_args()
    return exit_code(lambda: run(model=known.model, data=known.data, seed=known.seed, table=known.table))


if __name__ == "__main__":
    sys.exit(main())
