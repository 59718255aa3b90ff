"""Annotated spines of the four classes, and the fixed windows that serving would cut around them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spines.synthesis import Look, draw_parameters, make_image
from spines.vocabulary.classes import IMMATURE
from worker.inference.card import SPINE_CLASSES
from worker.preprocess import crop_windows, normalise
from worker.training.data.binarise import load_outlines
from worker.training.data.coco import AnnotatedImage
from worker.training.data.sources import Source, TrainingData
from worker.training.run.errors import TrainingError

FEWEST_SPINES = 4
MADE_SIDE_PX = 384
MADE_PIXEL_SIZES_UM = (0.07, 0.13)
MADE_CLASS_SHARES = dict(zip(SPINE_CLASSES, (0.25, 0.25, 0.2, 0.3), strict=True))
MADE_CLASSES_ALONE = 0.3  # of the pictures show immature spines only: they hide one another less


@dataclass(frozen=True, kw_only=True)
class LabelledSpine:
    """One spine of one of the four classes.

    `px_per_reference_px` are the pixels of its picture to one of the reference scale, `served_px` the same as serving
    takes them: a picture without a pixel size is taken as it is.
    """

    image: AnnotatedImage
    centre_px: tuple[float, float]
    sides_px: tuple[float, float]
    label: int
    px_per_reference_px: float = 1.0

    @property
    def served_px(self) -> float:
        """Pixels of the picture to one of the window, as serving cuts it."""
        return 1.0 if self.image.pixel_size_um is None else self.px_per_reference_px


def spines_of(images: Sequence[AnnotatedImage], source: Source) -> list[LabelledSpine]:
    """The spines of the four classes in pictures of one source; other classes (ball) are left out."""
    return [
        LabelledSpine(
            image=image,
            centre_px=(float(x + width / 2), float(y + height / 2)),
            sides_px=(float(width), float(height)),
            label=SPINE_CLASSES.index(name),
            px_per_reference_px=1 / source.enlargement(image),
        )
        for image in images
        for (x, y, width, height), name in zip(image.boxes_px, image.classes, strict=True)
        if name in SPINE_CLASSES
    ]


def load_spines(data: TrainingData, part: str) -> list[LabelledSpine]:
    """Read the spines of the four classes out of a part of every source with classes. Raises TrainingError."""
    classed = [source for source in data.sources if source.has_classes]
    spines = [spine for source in classed for spine in spines_of(data.images(source, part), source)]
    if not spines:
        folders = ", ".join(f"{source.folder}/{part}.json" for source in classed) or "no set with classes"
        raise TrainingError(
            f"{data.folder} has {folders}, and no spine of the classes {', '.join(SPINE_CLASSES)} there: "
            "choose sets in which spines have classes."
        )
    return spines


def load_backgrounds(data: TrainingData) -> list[AnnotatedImage]:
    """Whole fields of the sources without classes, to put behind spines that were cut out on black."""
    fields = [source for source in data.sources if not source.has_classes]
    return [image for source in fields for image in data.images(source, "train")]


def make_spines(count: int, *, seed: int, looks: Sequence[Look]) -> list[LabelledSpine]:
    """The visible spines of `count` made pictures, rare classes as many as others; same seed, same spines."""
    source = Source(folder="made")
    return spines_of(make_annotated_classes(count, seed=seed, looks=looks), source)


def make_annotated_classes(
    count: int, *, seed: int, looks: Sequence[Look], side_px: int = MADE_SIDE_PX
) -> list[AnnotatedImage]:
    """`count` made pictures with the boxes and classes of their visible spines; same seed, same pictures."""
    return [_made_image(seed, number, looks[number % len(looks)], side_px) for number in range(count)]


def _made_image(seed: int, number: int, look: Look, side_px: int) -> AnnotatedImage:
    random = np.random.default_rng((seed, number, 2))
    rare_alone = random.random() < MADE_CLASSES_ALONE
    shares = dict(zip(IMMATURE, (0.4, 0.6), strict=True)) if rare_alone else MADE_CLASS_SHARES
    pixel_size_um = float(random.uniform(*MADE_PIXEL_SIZES_UM))
    parameters = draw_parameters(look, random, side_px=side_px, pixel_size_um=pixel_size_um, class_shares=shares)
    made = make_image(parameters, seed=int(random.integers(2**31)))
    return AnnotatedImage(
        grey=np.rint(normalise(made.pixels) * 255).astype(np.uint8),
        boxes_px=np.array([spine.box_px for spine in made.visible_spines], np.float32).reshape(-1, 4),
        classes=tuple(spine.spine_class for spine in made.visible_spines),
        group=f"made {seed} {number}",
        pixel_size_um=pixel_size_um,
    )


def outline_spines(data: TrainingData) -> list[LabelledSpine]:
    """Experts' outlines as spines, where the training folder has them."""
    return spines_of(load_outlines(data.folder), Source(folder="outlines"))


def require_examples(spines: Sequence[LabelledSpine]) -> None:
    """Raise TrainingError, naming class and count, where a class has too few spines to learn it from."""
    counts = class_counts(spines)
    few = {name: count for name, count in counts.items() if count < FEWEST_SPINES}
    if few:
        named = ", ".join(f"{count} of the class {name}" for name, count in few.items())
        raise TrainingError(
            f"The training part has {named}, and at least {FEWEST_SPINES} are needed: "
            "review more images with such spines, add an imported set that has them, or add made images."
        )


def class_counts(spines: Sequence[LabelledSpine]) -> dict[str, int]:
    """How many spines each class has."""
    counts = np.bincount([spine.label for spine in spines], minlength=len(SPINE_CLASSES))
    return dict(zip(SPINE_CLASSES, counts.tolist(), strict=True))


def labels_of(spines: Sequence[LabelledSpine]) -> NDArray[np.int64]:
    """(n,) class numbers."""
    return np.array([spine.label for spine in spines], np.int64)


def split_by_group(
    spines: Sequence[LabelledSpine], *, held_out_share: float, seed: int
) -> tuple[list[LabelledSpine], list[LabelledSpine]]:
    """Split so that a group (a stack's planes) stays on one side: what to train on, what to watch.

    Groups with spines of the rarest class are shared out first, so that both sides have some.
    """
    groups = sorted({spine.image.group for spine in spines})
    rarest = int(np.argmin(np.bincount(labels_of(spines), minlength=len(SPINE_CLASSES))))
    with_rarest = {spine.image.group for spine in spines if spine.label == rarest}
    shuffled = np.random.default_rng(seed).permutation(groups).tolist()
    held_out: set[str] = set()
    for part in ([g for g in shuffled if g in with_rarest], [g for g in shuffled if g not in with_rarest]):
        held_out.update(part[: round(held_out_share * len(part))])
    inside = [spine for spine in spines if spine.image.group not in held_out]
    return inside, [spine for spine in spines if spine.image.group in held_out]


def serving_windows(
    spines: Sequence[LabelledSpine],
    *,
    window_px: float,
    size_px: int,
    turned: bool = False,
    shifts: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """Cut the windows as serving does, (n, size, size, 3) in [0, 1].

    `shifts` (n, 2) moves each window by shares of its box's sides, as a detector's box is off an annotated one.
    """
    moved = np.zeros((len(spines), 2)) if shifts is None else shifts
    windows = [
        crop_windows(
            spine.image.normalised,
            [np.array(spine.centre_px) + shift * np.array(spine.sides_px)],
            window_px=window_px * spine.served_px,
            size_px=size_px,
            turned=turned,
        )
        for spine, shift in zip(spines, moved, strict=True)
    ]
    if not windows:
        return np.zeros((0, size_px, size_px, 3), np.float32)
    return np.repeat(np.concatenate(windows)[..., None], 3, axis=3)
