"""Many small pictures in one, so that a page of thousands asks for a few files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TILE_PX = 64
COLUMNS = 16


def sheet(windows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Square grey pictures of any size, each made `TILE_PX` wide, in rows of `COLUMNS`.

    >>> sheet([np.full((32, 32), 7, np.uint8)] * 17).shape
    (128, 1024)
    """
    rows = max(1, -(-len(windows) // COLUMNS))
    drawn = np.zeros((rows * TILE_PX, COLUMNS * TILE_PX), np.uint8)
    for place, window in enumerate(windows):
        top, left = (part * TILE_PX for part in divmod(place, COLUMNS))
        small = Image.fromarray(window).resize((TILE_PX, TILE_PX), Image.Resampling.BILINEAR)
        drawn[top : top + TILE_PX, left : left + TILE_PX] = np.asarray(small)
    return drawn
