"""Made images as a part of a training set: drawn when a run starts, the same ones for the same seed."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from spines.synthesis import Look, MadeImage, MadeSpine, Visibility, make_series_image
from worker.preprocess import normalise
from worker.training.data.coco import AnnotatedImage

LOOKS = (
    *(Look.TWO_PHOTON, Look.TWO_PHOTON),
    *(Look.PROJECTION, Look.PROJECTION, Look.PROJECTION, Look.PROJECTION),
    *(Look.CUT_OUT, Look.GOLGI, Look.DAB),
)
FLUORESCENT = tuple(look for look in LOOKS if not look.is_stained)
PIXEL_SIZES_UM = (0.075, 0.1, 0.1, 0.13)
SIDE_PX = 512


SECONDS_A_PICTURE = 0.4
DRAWING_SHARE = 0.1


def affordable(count: int, *, minutes: float | None) -> int:
    """At most so many pictures that drawing them takes a tenth of the minutes given; all where none are.

    >>> affordable(600, minutes=5), affordable(600, minutes=None)
    (75, 600)
    """
    return count if minutes is None else min(count, round(60 * minutes * DRAWING_SHARE / SECONDS_A_PICTURE))


def make_annotated(
    count: int, *, seed: int, looks: tuple[Look, ...] = LOOKS, side_px: int = SIDE_PX
) -> list[AnnotatedImage]:
    """Draw `count` pictures of these looks, with the boxes of their visible spines."""
    rng = np.random.default_rng((seed, 1))
    return [
        _annotated(
            make_series_image(
                looks[int(rng.integers(len(looks)))],
                seed=seed,
                number=number,
                side_px=side_px,
                pixel_size_um=PIXEL_SIZES_UM[rng.integers(len(PIXEL_SIZES_UM))],
            ),
            group=f"made {seed} {number}",
        )
        for number in range(count)
    ]


def _annotated(made: MadeImage, *, group: str) -> AnnotatedImage:
    return AnnotatedImage(
        grey=np.rint(normalise(_light_on_dark(made)) * 255).astype(np.uint8),
        boxes_px=_boxes(made.visible_spines),
        classes=tuple(spine.spine_class for spine in made.visible_spines),
        group=group,
        unknown_px=_boxes(spine for spine in made.spines if spine.visibility is not Visibility.VISIBLE),
    )


def _boxes(spines: Iterable[MadeSpine]) -> NDArray[np.float32]:
    return np.array([spine.box_px for spine in spines], np.float32).reshape(-1, 4)


def _light_on_dark(made: MadeImage) -> NDArray[np.float32]:
    """The picture as the networks see it: turned where it is dark on light."""
    grey = made.pixels.astype(np.float32)
    return grey.max() - grey if made.parameters.look.is_stained else grey
