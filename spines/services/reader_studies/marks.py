"""What a rater draws over a picture, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from spines.errors import InvalidInput
from spines.models import Image, ReaderStudy, Task

Mark = dict[str, Any]
"""As `StudyAnswer.marks` has them."""
MOST_MARKS = 3000
MOST_POINTS = 400
SMALLEST_BOX_PX = 2.0
_UNREADABLE = "What was drawn cannot be read. Reload the page and draw it anew."


def checked_marks(marks: Sequence[Mark], *, study: ReaderStudy, image: Image) -> list[Mark]:
    """The marks as they are stored: boxes, or one outline where outlines are asked. Raises InvalidInput."""
    if len(marks) > MOST_MARKS:
        raise InvalidInput(f"A picture takes {MOST_MARKS:,} marks at most.")
    try:
        if study.task == Task.OUTLINE:
            return [_outline(mark["outline_px"], image) for mark in marks[-1:]]
        keys = ("", *study.experiment.classes.keys)
        return [_box(mark["box_px"], mark.get("class", ""), image, keys) for mark in marks]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(_UNREADABLE) from error


def _box(given: Sequence[float], spine_class: str, image: Image, keys: Sequence[str]) -> Mark:
    x_px, y_px, width_px, height_px = (float(value) for value in given)
    right_px, bottom_px = min(x_px + width_px, image.width_px), min(y_px + height_px, image.height_px)
    x_px, y_px = max(x_px, 0.0), max(y_px, 0.0)
    box = [round(value, 2) for value in (x_px, y_px, right_px - x_px, bottom_px - y_px)]
    if not all(map(math.isfinite, box)) or min(box[2:]) < SMALLEST_BOX_PX:
        raise InvalidInput(
            f"A box is too small or lies outside the picture. Draw one of {SMALLEST_BOX_PX:g} px or more, within it."
        )
    if spine_class not in keys:
        raise InvalidInput(f"There is no class “{spine_class}” in this experiment.")
    return {"box_px": box, "class": spine_class}


def _outline(given: Sequence[Sequence[float]], image: Image) -> Mark:
    if not 3 <= len(given) <= MOST_POINTS:
        raise InvalidInput(f"An outline has 3 to {MOST_POINTS} points.")
    points = []
    for x, y in given:
        if not (math.isfinite(x) and math.isfinite(y)):
            raise InvalidInput(_UNREADABLE)
        points.append([round(min(max(x, 0), image.width_px), 2), round(min(max(y, 0), image.height_px), 2)])
    return {"outline_px": points}
