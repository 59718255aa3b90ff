"""Classes of an image's spines after its measured heads were weighed in, where its pixel size can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from spines.imaging import Polarity
from spines.measure.heads import weighed_with_head
from spines.measure.types import SpineMeasures
from spines.vocabulary.picture_scale import ScaleDoubt, ScaleSource
from worker.inference.classifier import Classification, likeliest
from worker.inference.pipeline import FoundSpine

Named = TypeVar("Named", Classification, FoundSpine)


def heads_tell(
    *, source: ScaleSource | str, doubt: ScaleDoubt | str, pixel_size_um: float | None, polarity: Polarity | str
) -> bool:
    """Whether heads in µm can be believed: a pixel size is stated, and the picture does not contradict it.

    In a stained section a head reads as wide as it is black, which no phantom has told yet.
    """
    is_stated = pixel_size_um is not None and source in (ScaleSource.STATED, ScaleSource.BOTH) and not doubt
    return is_stated and polarity != Polarity.DARK_ON_LIGHT


def weighed(
    named: Sequence[Named],
    measures: Sequence[SpineMeasures],
    *,
    blur_um: float | None,
    uncertain_below: float,
) -> list[Named]:
    """Spines with classes, after `spines.measure.heads.weighed_with_head`.

    Parameters
    ----------
    measures : of each, in the same order.
    blur_um : the picture's, by all of its necks; None where it is not known.
    uncertain_below : the classifier's, from its card.
    """
    after = []
    for one, measured in zip(named, measures, strict=True):
        probabilities = weighed_with_head(one.class_probabilities, measured, blur_um=blur_um)
        spine_class, uncertain = likeliest(probabilities, uncertain_below=uncertain_below)
        after.append(replace(one, class_probabilities=probabilities, spine_class=spine_class, uncertain=uncertain))
    return after
