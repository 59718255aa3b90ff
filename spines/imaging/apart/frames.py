"""Messages between a reader and who asks: pickles, with arrays beside them as they lie in memory."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

_COUNT = struct.Struct("<Q")


def write(put: Callable[[Any], Any], message: Any) -> None:
    """Send a message; `put` writes all of the bytes that it is given."""
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=arrays.append)
    raw = [array.raw() for array in arrays]
    sizes = [len(head), *(part.nbytes for part in raw)]
    put(_COUNT.pack(len(sizes)) + b"".join(_COUNT.pack(size) for size in sizes) + head)
    for part in raw:
        put(part)


def read(fill: Callable[[memoryview], None]) -> Any:
    """Receive one; `fill` fills the view or raises. Arrays can be written to."""
    (count,) = _COUNT.unpack(_filled(fill, _COUNT.size))
    sizes = struct.unpack(f"<{count}Q", _filled(fill, _COUNT.size * count))
    head, *arrays = [_filled(fill, size) for size in sizes]
    return pickle.loads(head, buffers=arrays)  # noqa: S301 - from our own process, at the other end of a pipe


def _filled(fill: Callable[[memoryview], None], size: int) -> bytearray:
    data = bytearray(size)
    if size:
        fill(memoryview(data))
    return data
