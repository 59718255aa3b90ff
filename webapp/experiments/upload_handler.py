"""Writes an upload to disk as it arrives, and stops writing where the limit is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Never in memory, never more than SPINULA_MAX_UPLOAD_MB on disk; too large sets `upload_too_large`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self.received_bytes = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a chunk, or give the file up."""
        self.received_bytes += len(raw_data)
        if self.received_bytes > settings.SPINULA_MAX_UPLOAD_MB << 20:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
