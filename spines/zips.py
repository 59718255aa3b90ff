"""ZIP archives that a stranger could have made, opened within bounds. Plain Python: imaging knows no Django."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

LARGEST_DIRECTORY_BYTES = 24 << 20
"""Of the list of what is in an archive: some hundred thousand names. Each takes half a kilobyte of memory."""

DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(RuntimeError, NotImplementedError, ValueError, OverflowError),
)
"""What opening and reading an archive raises where it is damaged, encrypted or packed in a way that is not known."""


class BoundedZip(zipfile.ZipFile):
    """An archive that is opened to be read.

    Raises one of `DAMAGED`, at once where the list of its entries is larger than `LARGEST_DIRECTORY_BYTES`.
    """

    def __init__(self, path: Path) -> None:
        self._file = _File(path)
        try:
            super().__init__(self._file)
        except BaseException:
            self._file.close()
            raise
        self._file.most = None

    def files(self) -> list[zipfile.ZipInfo]:
        """The entries that are no folders; one without a name counts as a file."""
        return [entry for entry in self.infolist() if not entry.filename or not entry.is_dir()]

    def close(self) -> None:
        """Close the file too, which `ZipFile` leaves to who opened it."""
        super().close()
        self._file.close()


class _File(io.BufferedReader):
    """Reads no more at once than `most` bytes, while it says so."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.most: int | None = LARGEST_DIRECTORY_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        if self.most is not None and (size or 0) > self.most:
            raise zipfile.BadZipFile(f"it lists more files than are taken in, in {(size or 0) / 1e6:,.0f} MB")
        return super().read(size)
