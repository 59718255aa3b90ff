"""Files in storage that are named by their content: written once, shared by all that refer to them."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from spines.errors import Conflict
from spines.storage.files import told_if_gone

PICTURES = "datasets/pictures"


def keep(name: str, content: bytes) -> str:
    """Store `content` under `name`, which its content decides; nothing is done where it lies there whole already."""
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return name
        default_storage.delete(name)  # what a process that died in the middle left
    saved = default_storage.save(name, ContentFile(content))
    if saved != name:  # another process was faster
        default_storage.delete(saved)
    return name


def keep_picture(content: bytes, suffix: str) -> str:
    """Store a picture of a dataset; returns its name, "<sha256>.<suffix>"."""
    name = f"{hashlib.sha256(content).hexdigest()}.{suffix}"
    keep(f"{PICTURES}/{name}", content)
    return name


def kept_picture(name: str) -> bytes:
    """A stored picture. Raises Conflict when it is gone or not what its name says."""
    content = kept(f"{PICTURES}/{name}")
    if hashlib.sha256(content).hexdigest() != name.partition(".")[0]:
        raise Conflict(f"The stored picture {name} is damaged. Restore it from a backup, or bring its set in again.")
    return content


def kept(name: str) -> bytes:
    """A stored file whole. Raises FileGone when it is gone."""
    with (
        told_if_gone(f"The file {name} is gone from storage. Restore it from a backup."),
        default_storage.open(name, "rb") as stored,
    ):
        content: bytes = stored.read()
    return content


def canonical_json(value: Any) -> bytes:
    """JSON of one form, so that the same value has the same SHA-256."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def array_bytes(array: NDArray[Any]) -> bytes:
    """An array as the bytes of a .npy file."""
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def array_of(content: bytes) -> NDArray[Any]:
    """The array in the bytes of a .npy file."""
    array: NDArray[Any] = np.load(BytesIO(content), allow_pickle=False)
    return array
