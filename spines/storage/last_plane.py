"""The plane that was read last, kept for who asks for it again: edits of one image come one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from numpy.typing import NDArray

MOST_BYTES = 64 << 20


class LastPlane:
    """At most one plane, of at most `MOST_BYTES`. Who takes it writes nothing into it."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, NDArray[Any]] | None = None

    def get(self, key: Hashable, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The plane of this key, read where it is not the last one."""
        kept = self._kept  # once: another thread may read another meanwhile
        if kept is not None and kept[0] == key:
            return kept[1]
        pixels = read()
        self._kept = (key, pixels) if pixels.nbytes <= MOST_BYTES else None
        return pixels
