"""All that an answer tells, and every address that there is."""

from __future__ import annotations

import io
import zipfile

from django.http.response import HttpResponseBase

from webapp.management.addresses import addresses, patterns

__all__ = ["addresses", "all_of", "patterns"]


def all_of(response: HttpResponseBase) -> str:
    """Everything that an answer tells: its head, its body, the names and contents of a zip within."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    told = [body.decode("utf-8", "replace"), *(f"{name}: {value}" for name, value in response.headers.items())]
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for entry in archive.infolist():
                told += [entry.filename, archive.read(entry).decode("utf-8", "replace")]
    return "\n".join(told)
