"""Planes kept for the eye: who asks for one that is being read waits for it, and what reading raises is told to all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from spines.errors import UnreadableImage
from spines.imaging import FIRST
from webapp.images.planes import Key, PlaneCache

KEY: Key = ("sha256", FIRST, 0, "max", 0, "light_on_dark")
PLANE = np.zeros((4, 4), np.uint8)


class Reading:
    """A reading that goes on until it is let go; `times` counts them."""

    def __init__(self) -> None:
        self.times = 0
        self.begun, self.goes_on = threading.Event(), threading.Event()

    def __call__(self) -> NDArray[np.uint8]:
        self.times += 1
        self.begun.set()
        assert self.goes_on.wait(20)
        return PLANE


def test_eight_who_ask_at_once_are_one_reading() -> None:
    cache, reading = PlaneCache(1024), Reading()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(cache.get, KEY, reading) for _ in range(8)]
        assert reading.begun.wait(20)
        reading.goes_on.set()
        assert all(each.result(20) is PLANE for each in asked)
    assert reading.times == 1


def test_what_reading_raises_is_told_and_tried_anew() -> None:
    def fails() -> NDArray[np.uint8]:
        raise UnreadableImage("a.tif is no picture.")

    cache = PlaneCache(1024)
    with pytest.raises(UnreadableImage):
        cache.get(KEY, fails)
    assert cache.get(KEY, lambda: PLANE) is PLANE
    assert cache.get(KEY, fails) is PLANE, "kept"
