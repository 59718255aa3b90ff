"""How many spines of annotated pictures can be measured, and why the others cannot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from spines.accuracy.masks import cut_outs
from spines.errors import InvalidInput
from spines.measure.image import measure_image
from spines.measure.types import Quality


def quality_shares(folder: Path) -> dict[Quality, float]:
    """Share of each quality over all spines of a folder of pictures that are annotated in `<folder>.json` beside it.

    Dendrites are traced as for a picture without a pixel size.
    """
    counts: Counter[Quality] = Counter()
    for pixels, boxes in cut_outs(folder):
        counts.update(spine.quality for spine in measure_image(pixels, boxes, pixel_size_um=None).spines)
    if not counts:
        raise InvalidInput("The folder holds none of the pictures that the annotations beside it name.")
    return {quality: counts[quality] / counts.total() for quality in Quality}
