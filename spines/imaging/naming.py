"""What a picture of a file is called that holds several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath


def name_with(file_name: str, said: Sequence[str], *, longest: int) -> str:
    """The name with what is said of a picture before its ending, cut to the `longest` number of characters.

    >>> name_with("m1.ome.tif", ["left", "time 2"], longest=80)
    'm1 [left, time 2].ome.tif'
    """
    if not said:
        return file_name
    ending = "".join(PurePosixPath(file_name).suffixes[-2:]) if ".ome." in file_name.lower() else ""
    ending = ending or PurePosixPath(file_name).suffix
    middle = f" [{', '.join(said).replace('/', '·')}]"
    stem = file_name.removesuffix(ending)
    return stem[: longest - len(middle) - len(ending)] + middle + ending
