"""Writes an upload to disk as it arrives, and stops writing where the limit is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from spines.storage.temporary import temporary_file


class IncomingFile(TemporaryUploadedFile):
    """An upload on disk, in the folder that is swept."""

    def __init__(
        self, name: str | None, content_type: str | None, charset: str | None, extra: dict[str, Any] | None
    ) -> None:
        UploadedFile.__init__(self, temporary_file(), name, content_type, 0, charset, extra)


class LimitedUploadHandler(FileUploadHandler):
    """Never in memory, never more than SPINULA_MAX_UPLOAD_MB on disk; too large sets `upload_too_large`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self.received_bytes = 0
        self.file = IncomingFile(self.file_name, self.content_type, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a chunk, or give the file up."""
        self.received_bytes += len(raw_data)
        if self.received_bytes > settings.SPINULA_MAX_UPLOAD_MB << 20:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            self.file.close()
            raise SkipFile
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> IncomingFile:
        """The whole file."""
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        """Let an unfinished file go."""
        if file := getattr(self, "file", None):
            file.close()
