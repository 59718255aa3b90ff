"""What is told apart: a surrounding that fails, and an answer of one that works."""

from __future__ import annotations

import errno

from botocore.exceptions import ClientError

from spines.surroundings import Surrounding, surrounding_of


def raised_from(error: Exception, cause: Exception) -> Exception:
    """The error as it is when it was raised while the other was handled."""
    error.__context__ = cause
    return error


def test_a_file_that_an_object_storage_does_not_have_is_no_storage_that_is_away() -> None:
    answer = ClientError({"Error": {"Code": "404"}}, "HeadObject")
    assert surrounding_of(raised_from(FileNotFoundError("File does not exist: a.tif"), answer)) is None
    assert surrounding_of(raised_from(ValueError("no plane"), answer)) is Surrounding.STORAGE_AWAY
    assert surrounding_of(OSError(errno.ENOSPC, "No space left")) is Surrounding.DISK_FULL
