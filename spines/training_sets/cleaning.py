"""What of a set can be trained on: pictures that are read, once each, and boxes that lie on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from spines.errors import UnreadableImage
from spines.imaging import DEFAULT_LIMITS, ReadLimits
from spines.training_sets.fingerprints import Fingerprint, fingerprint
from spines.training_sets.pictures import Picture, read_picture
from spines.training_sets.report import Report
from spines.training_sets.types import NO_CLASS, PIXEL_SIZES_UM, Box, TrueImage

SAME_BOX_PX = 0.5
_PROTECTED_FIRST = {"test": 0, "val": 1}


@dataclass(frozen=True, kw_only=True)
class CleanImage:
    """An annotated image whose picture was read and kept under the name `file`."""

    image: TrueImage
    file: str
    width_px: int
    height_px: int
    fingerprint: Fingerprint

    def with_key(self, key: str) -> CleanImage:
        """The same with one more key that ties it to others."""
        return replace(self, image=replace(self.image, keys=(*self.image.keys, key)))


def clean(
    images: Iterable[TrueImage],
    *,
    report: Report,
    keep: Callable[[Picture], str],
    limits: ReadLimits = DEFAULT_LIMITS,
) -> list[CleanImage]:
    """Read every picture and check every box; what cannot be used is told to the report.

    Of pictures with the same pixels one is kept, one of the test part before one of the others. `keep` stores a
    picture and returns the name that it has from then on.
    """
    ordered = sorted(images, key=lambda image: (_PROTECTED_FIRST.get(image.part, 2), image.file_name))
    kept = list(_clean(ordered, report, keep, limits))
    return sorted(kept, key=lambda clean: clean.image.file_name)


def _clean(
    images: Iterable[TrueImage], report: Report, keep: Callable[[Picture], str], limits: ReadLimits
) -> Iterator[CleanImage]:
    seen_names: set[str] = set()
    seen: dict[str, str] = {}
    for image in images:
        assert image.path is not None
        if image.file_name in seen_names:
            report.drop_picture("are listed twice", image.file_name)
            continue
        seen_names.add(image.file_name)
        try:
            picture = read_picture(image.path, limits=limits)
        except (UnreadableImage, OSError):
            report.drop_picture("cannot be read as pictures", image.file_name)
            continue
        height_px, width_px = picture.plane.shape
        if image.size_px is not None and image.size_px != (width_px, height_px):
            report.drop_picture("have another size than the set states, so that boxes have no place", image.file_name)
            continue
        if first := seen.get(picture.digest):
            report.drop_picture("have the same pixels as another picture", f"{image.file_name} = {first}")
            continue
        seen[picture.digest] = image.file_name
        yield CleanImage(
            image=_with_clean_boxes(_with_possible_size(image, report), (width_px, height_px), report),
            file=keep(picture),
            width_px=width_px,
            height_px=height_px,
            fingerprint=fingerprint(picture.plane),
        )


def _with_possible_size(image: TrueImage, report: Report) -> TrueImage:
    """Without a pixel size that none can have: the set's page asks for one then."""
    low, high = PIXEL_SIZES_UM
    if image.pixel_size_um is None or low <= image.pixel_size_um <= high:
        return image
    report.drop_size(f"are not {low:g} to {high:g} µm, and are taken for not stated", image.file_name)
    return replace(image, pixel_size_um=None)


def _with_clean_boxes(image: TrueImage, size_px: tuple[int, int], report: Report) -> TrueImage:
    boxes: list[Box] = []
    classes: list[str] = []
    for box, name in zip(image.boxes_px, image.classes, strict=True):
        if reason := _fault(box, size_px):
            report.drop_box(reason, image.file_name)
            continue
        twin = _twin(box, boxes)
        if twin is None:
            boxes.append(box)
            classes.append(name)
        elif classes[twin] == name:
            report.drop_box("are there twice", image.file_name)
        else:
            classes[twin] = NO_CLASS
            report.drop_box("are there twice, of two classes: one is kept without a class", image.file_name)
    return replace(image, boxes_px=tuple(boxes), classes=tuple(classes))


def _fault(box: Box, size_px: tuple[int, int]) -> str:
    x, y, width, height = box
    if not np.isfinite(box).all():
        return "have no numbers"
    if width <= 0 or height <= 0:
        return "have no area"
    if not (0 <= x + width / 2 <= size_px[0] and 0 <= y + height / 2 <= size_px[1]):
        return "have their centre outside of the picture"
    if width > size_px[0] or height > size_px[1]:
        return "are larger than the picture"
    return ""


def _twin(box: Box, others: list[Box]) -> int | None:
    if not others:
        return None
    apart = np.abs(np.array(others) - box).max(axis=1)
    nearest = int(apart.argmin())
    return nearest if apart[nearest] <= SAME_BOX_PX else None
