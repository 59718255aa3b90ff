"""Analysed files as pictures to look at: spines boxed by class, dendrites drawn, as the image page gives them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spines.errors import InvalidInput
from spines.export.annotated_picture import DendriteMark, SpineMark, annotated_picture
from spines.imaging import to_grey8
from spines.measure.types import Dendrite
from spines.vocabulary.classes import UNCERTAIN
from worker.inference.files import FileResult, Reading, read_seen
from worker.inference.pipeline import FoundSpine

LARGEST_SIDE_PX = 6144
"""A larger picture is drawn smaller by a whole factor."""


class PictureFolder:
    """A folder that annotated pictures are written to, one a file that was analysed."""

    def __init__(self, folder: Path) -> None:
        """Raises InvalidInput where there is no such folder to write to, and none can be made."""
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise InvalidInput(
                f"The pictures cannot be written to {folder} ({error.strerror}): name a folder, or one to be made, "
                "with --pictures."
            ) from error
        self._folder = folder
        self._taken: set[str] = set()

    def write(self, path: Path, result: FileResult, *, name: str, reading: Reading) -> Path:
        """Draw what was found in a file over its picture, as the file has it; the PNG that was written.

        It is called `name` with `.png` after it, and a number where another folder had one of that name.

        Parameters
        ----------
        name : of the file, or of its position where it has several.
        reading : how the file was read, with the pixel size of the scale bar.

        Raises
        ------
        UnreadableImage : the file can no longer be read.
        OSError : the picture cannot be written.
        """
        seen = read_seen(path, name=name, reading=replace(reading, polarity=result.polarity))
        factor = math.ceil(max(seen.pixels.shape) / LARGEST_SIDE_PX)
        um = reading.pixel_size_um
        drawn = annotated_picture(
            _smaller(to_grey8(seen.pixels), factor),
            [_mark(spine, factor) for spine in result.spines],
            pixel_size_um=None if um is None else um * factor,
            dendrites=[
                _line(dendrite, factor, number)
                for number, dendrite in enumerate(result.measures.dendrites if result.measures else (), start=1)
            ],
        )
        file = self._folder / self._name(name)
        file.write_bytes(drawn)
        return file

    def _name(self, of_file: str) -> str:
        name, number = f"{of_file}.png", 2
        while name in self._taken:
            name, number = f"{of_file} {number}.png", number + 1
        self._taken.add(name)
        return name


def _smaller(grey: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    return grey if factor == 1 else np.asarray(Image.fromarray(grey).reduce(factor))


def _mark(spine: FoundSpine, factor: int) -> SpineMark:
    x, y, width, height = (side / factor for side in spine.box_px)
    return SpineMark(box_px=(x, y, width, height), spine_class=UNCERTAIN.key if spine.uncertain else spine.spine_class)


def _line(dendrite: Dendrite, factor: int, number: int) -> DendriteMark:
    points = (dendrite.points_px / factor).tolist()
    return DendriteMark(points_px=tuple((x, y) for x, y in points), number=number)
