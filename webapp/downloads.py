"""Answers that a browser saves or shows: fixed content types, safe names, private caching."""

from __future__ import annotations

import hashlib
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

LONGEST_STEM = 100
"""Characters; a name of four-byte signs then still fits the 255 bytes that file systems take."""

_LONGEST_STEM_BYTES = 180


def safe_stem(name: str) -> str:
    """A name that a user gave, without its extension, as the start of a download's name.

    Any script is kept. What climbs, hides or upsets a file system goes; long names are cut.

    >>> safe_stem('../a"b.ome.tif'), safe_stem("..."), safe_stem("シナプス.tif")
    ('a_b.ome', 'spinula', 'シナプス')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    stem = last.rpartition(".")[0] or last
    kept = "".join("_" if c in '<>:"|?*/\\' else c for c in stem if unicodedata.category(c)[0] != "C")
    cut = kept[:LONGEST_STEM].encode()[:_LONGEST_STEM_BYTES].decode(errors="ignore")
    return cut.strip(" .") or "spinula"


def as_attachment(response: HttpResponseBase, name: str) -> None:
    """Have the browser save the answer under this name."""
    header = content_disposition_header(as_attachment=True, filename=name)
    assert header is not None
    response["Content-Disposition"] = header


def csv_response(lines: Iterable[str], *, name: str) -> StreamingHttpResponse:
    """CSV lines as a download. The byte order mark makes Excel read it as UTF-8; R and pandas skip it."""
    response = StreamingHttpResponse(_with_mark(lines), content_type="text/csv; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    as_attachment(response, name)
    return response


def _with_mark(lines: Iterable[str]) -> Iterable[bytes]:
    yield b"\xef\xbb\xbf"
    for line in lines:
        yield line.encode()


def zip_response(write: Callable[[IO[bytes]], None], *, name: str) -> FileResponse:
    """What `write` writes, from a file that is gone when it is sent: a failure shows before anything is sent."""
    file = tempfile.TemporaryFile(prefix="spinula-")  # noqa: SIM115, the response closes it
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = FileResponse(file, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    as_attachment(response, name)
    return response


def png_response(request: HttpRequest, *, key: tuple[object, ...], render: Callable[[], bytes]) -> HttpResponse:
    """A picture that the browser may keep for itself and asks about each time.

    `key` is all that the picture depends on: while it stays, the answer is 304 and nothing is rendered.
    """
    etag = quote_etag(hashlib.sha256(repr(key).encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(render(), content_type="image/png")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
