"""The plane that edits measure in: read once for edits of one image, and never kept where it is large."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spines.storage import last_plane
from spines.storage.last_plane import LastPlane

Plane = NDArray[np.uint8]


def test_a_plane_is_read_once_until_another_is_asked_for() -> None:
    kept, read = LastPlane(), []

    def plane(name: str) -> Plane:
        def reading() -> Plane:
            read.append(name)
            return np.full((4, 4), len(name), np.uint8)

        return kept.get(name, reading)

    assert [int(plane(name).max()) for name in ("a", "a", "bb", "bb", "a")] == [1, 1, 2, 2, 1]
    assert read == ["a", "bb", "a"]


def test_a_large_plane_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_plane, "MOST_BYTES", 15)
    kept, read = LastPlane(), []
    for _ in range(2):
        kept.get("a", lambda: read.append("a") or np.zeros((4, 4), np.uint8))  # type: ignore[func-returns-value]
    assert read == ["a", "a"]
