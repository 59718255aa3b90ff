"""An item as its rater sees it: cut out of the picture, turned and mirrored; and places in it, there and back.

An item of a whole picture shows all of it; that of a spine a square around its box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.imaging import Polarity, Projection, light_on_dark, to_grey8
from spines.models import Image, StudyItem, Task
from webapp.images.forms import HIGH_PERCENT, LOW_PERCENT
from webapp.images.pictures import crop_side_px, reduced, shown_factor, window_around
from webapp.images.planes import plane_of

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A window of an image, in pixels of the image, as it is turned: by quarters, from 4 on mirrored as well."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float
    turn: int

    @property
    def size_px(self) -> tuple[float, float]:
        """Width and height as it is shown."""
        return (self.height_px, self.width_px) if self.turn % 2 else (self.width_px, self.height_px)

    def place(self, point: Point) -> Point:
        """Where a place of the image is shown."""
        x, y = point[0] - self.left_px, point[1] - self.top_px
        width, height = self.width_px, self.height_px
        for _ in range(self.turn % 4):
            x, y, width, height = y, width - x, height, width
        return (width - x, y) if self.turn >= 4 else (x, y)

    def back(self, point: Point) -> Point:
        """Where in the image a place is that is shown here."""
        x, y = point
        width, height = self.size_px
        if self.turn >= 4:
            x = width - x
        for _ in range(self.turn % 4):
            width, height = height, width
            x, y = width - y, x
        return x + self.left_px, y + self.top_px

    def box(self, box: Sequence[float]) -> Box:
        """A box of the image as it is shown."""
        return _around(self.place((box[0], box[1])), self.place((box[0] + box[2], box[1] + box[3])))

    def box_back(self, box: Sequence[float]) -> Box:
        """A shown box in the image."""
        return _around(self.back((box[0], box[1])), self.back((box[0] + box[2], box[1] + box[3])))

    def mark(self, mark: dict[str, Any]) -> dict[str, Any]:
        """A mark of the image as it is shown."""
        if "outline_px" in mark:
            return mark | {"outline_px": [self.place((x, y)) for x, y in mark["outline_px"]]}
        return mark | {"box_px": self.box(mark["box_px"])}

    def mark_back(self, mark: dict[str, Any]) -> dict[str, Any]:
        """A shown mark in the image."""
        if "outline_px" in mark:
            return mark | {"outline_px": [self.back((x, y)) for x, y in mark["outline_px"]]}
        return mark | {"box_px": self.box_back(mark["box_px"])}


def _around(one: Point, other: Point) -> Box:
    left, top = min(one[0], other[0]), min(one[1], other[1])
    return left, top, abs(one[0] - other[0]), abs(one[1] - other[1])


def is_whole(item: StudyItem) -> bool:
    """Whether an item is a whole picture."""
    return Task(item.study.task).is_of_pictures and item.found_in_id is None


def shown_of(item: StudyItem) -> Shown:
    """The window of an item."""
    if is_whole(item):
        image = item.image
        return Shown(left_px=0, top_px=0, width_px=image.width_px, height_px=image.height_px, turn=item.turn)
    side = crop_side_px(item)
    left = round(item.x_px + item.width_px / 2 - side / 2)
    top = round(item.y_px + item.height_px / 2 - side / 2)
    return Shown(left_px=left, top_px=top, width_px=side, height_px=side, turn=item.turn)


def pixels_of(item: StudyItem) -> NDArray[np.uint8]:
    """What the rater sees, light on dark, in grey."""
    window = _whole(item.image) if is_whole(item) else window_around(item.image, item, crop_side_px(item))
    turned = np.rot90(window, item.turn % 4)
    return np.ascontiguousarray(np.fliplr(turned) if item.turn >= 4 else turned)


def _whole(image: Image) -> NDArray[np.uint8]:
    plane = plane_of(image, channel=image.channel, projection=Projection(image.projection), plane=image.plane)
    plane = reduced(plane, shown_factor(image))
    light = light_on_dark(plane, Polarity(image.polarity), is_stain=image.reads_stain)
    return to_grey8(light, low_percent=LOW_PERCENT, high_percent=HIGH_PERCENT)
