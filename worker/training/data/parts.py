"""The parts of a training folder that a detector is trained and judged on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.training.data.coco import AnnotatedImage
from worker.training.data.sources import Source, TrainingData
from worker.training.run.errors import TrainingError

MADE = Source(folder="made", name="made images")


@dataclass(frozen=True)
class Part:
    """The images of one part of a source, and the share of a batch's crops that they give."""

    source: Source
    images: list[AnnotatedImage]
    share: float = 1.0


def load_parts(data: TrainingData, part: str) -> list[Part]:
    """Read `part` ("train", "val", "test") of every source whose spines are all marked, at least in known places.

    Raises TrainingError.
    """
    marked = [source for source in data.sources if source.is_fully_marked or source.known_within is not None]
    parts = [Part(source, images) for source in marked if (images := data.images(source, part))]
    if not parts:
        folders = ", ".join(f"{source.folder}/{part}.json" for source in marked) or "no fully marked set"
        raise TrainingError(f"{data.folder} has nothing to train a detector on: it has {folders}, and no image there.")
    count = sum(len(each.images) for each in parts)
    return [replace(each, share=each.source.share or len(each.images) / count) for each in parts]


def with_made(parts: Sequence[Part], made: list[AnnotatedImage], *, share: float) -> list[Part]:
    """The parts with made images beside them, which give `share` of the crops."""
    if not made or not share:
        return list(parts)
    whole = sum(part.share for part in parts)
    others = [replace(part, share=part.share / whole * (1 - share)) for part in parts]
    return [*others, Part(MADE, made, share=share)]
