"""Which pictures a sheet's row means by the name that it gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from spines.samples.fields import as_name

_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,4}$")
_PLACE = re.compile(r" \[[^\]]*\](?=(\.ome)?\.[a-z][a-z0-9]{0,4}$|$)")
_WHOLE_ENDING = re.compile(r"(\.ome)?\.[a-z][a-z0-9]{0,4}$")


class NamedPicture(Protocol):
    """A picture with its file name and the folder it was uploaded with."""

    folder: str
    original_name: str


PictureT = TypeVar("PictureT", bound=NamedPicture)


def full_name(picture: NamedPicture) -> str:
    """The name with its folder, as patterns and sheets know it."""
    return f"{picture.folder}/{picture.original_name}" if picture.folder else picture.original_name


class PictureNames(Generic[PictureT]):
    """Finds pictures by name: as it is written, else in other case, else given without its ending, else as the file
    of which they are positions.

    The folder may be left out. The nearest way of writing that finds any decides: `a.tif` means `a.tif` where there
    is one, and `A.TIF` only where there is none.
    """

    def __init__(self, pictures: Iterable[PictureT]) -> None:
        known = list(pictures)
        self._written = _table(known, lambda name: {_as_written(name)})
        self._any_case = _table(known, lambda name: {_in_any_case(name)})
        self._no_ending = _table(known, _without_endings)
        self._of_file = _table(known, lambda name: _without_place(name) | _without_endings(*_without_place(name)))

    def find(self, name: str) -> Sequence[PictureT]:
        """The pictures that the name can mean; empty where there is none."""
        plain = _in_any_case(name)
        tables = ((self._written, _as_written(name)), (self._any_case, plain), (self._no_ending, plain))
        return next((found for table, key in tables if (found := table.get(key))), self._of_file.get(plain, ()))


def _table(pictures: Sequence[PictureT], read: Callable[[str], set[str]]) -> dict[str, list[PictureT]]:
    table: dict[str, list[PictureT]] = {}
    for picture in pictures:
        for key in read(full_name(picture)) | read(picture.original_name):
            table.setdefault(key, []).append(picture)
    return table


def _as_written(name: str) -> str:
    return as_name(name.replace("\\", "/"))


def _in_any_case(name: str) -> str:
    return as_name(_as_written(name).casefold())


def _without_place(name: str) -> set[str]:
    """`cells.lif` of `cells [Series002].lif`."""
    return {_PLACE.sub("", _in_any_case(name))}


def _without_endings(name: str) -> set[str]:
    """`cell_1.ome` and `cell_1` of `cell_1.ome.tif`."""
    plain = _in_any_case(name)
    return {_ENDING.sub("", plain), _WHOLE_ENDING.sub("", plain)}
