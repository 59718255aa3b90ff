"""The planes that were looked at last, kept in this process so that contrast changes need no new reading."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any

from numpy.typing import NDArray

from spines.imaging import Place, Polarity, Projection
from spines.models import Image
from spines.storage.pixels import stored_plane

Key = tuple[str, Place, int, str, int, str]
MOST_BYTES = 128 * 1024**2


class PlaneCache:
    """Least recently used first out, bounded by bytes. Keys hold the file's sha256, so nothing goes stale.

    Who asks for a plane that another thread reads already waits for it.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._planes: OrderedDict[Key, NDArray[Any]] = OrderedDict()
        self._being_read: dict[Key, Future[NDArray[Any]]] = {}
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The plane, read where it is not here. What reading raises goes to all who waited for it."""
        with self._lock:
            plane = self._planes.get(key)
            if plane is not None:
                self._planes.move_to_end(key)
                return plane
            other = self._being_read.get(key)
            mine = self._being_read.setdefault(key, Future())
        if other is not None:
            return other.result()
        try:
            plane = read()
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            self._put(key, plane)
            mine.set_result(plane)
            return plane
        finally:
            with self._lock:
                del self._being_read[key]

    def _put(self, key: Key, plane: NDArray[Any]) -> None:
        """Keep a plane, unless it alone would fill the cache."""
        if plane.nbytes > self._most_bytes:
            return
        with self._lock:
            self._planes[key] = plane
            while sum(kept.nbytes for kept in self._planes.values()) > self._most_bytes:
                self._planes.popitem(last=False)


_cache = PlaneCache(MOST_BYTES)


def plane_of(image: Image, *, channel: int, projection: Projection, plane: int) -> NDArray[Any]:
    """One plane of the image as its file has it, (height_px, width_px) in the file's own type."""
    wanted = plane if projection is Projection.PLANE else 0
    polarity_matters = image.polarity if projection is Projection.MAX else ""
    key = (image.sha256, image.place, channel, projection.value, wanted, polarity_matters)

    def read() -> NDArray[Any]:
        polarity = Polarity(image.polarity)
        pixels = stored_plane(image, channel=channel, projection=projection, plane=wanted, polarity=polarity)
        pixels.setflags(write=False)
        return pixels

    return _cache.get(key, read)
