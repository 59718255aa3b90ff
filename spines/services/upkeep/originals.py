"""The stored file of an image: whether it is whole, and putting it right with the same content from elsewhere."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction

from spines.backups.files import place_of
from spines.imaging import Polarity, Projection, make_thumbnail
from spines.models import Image, User
from spines.services import audit
from spines.storage.deleting import delete_unwanted
from spines.storage.pixels import stored_plane

_CHUNK = 1 << 20


def is_there(image: Image) -> bool:
    """Whether the original is in the storage with its size."""
    try:
        return default_storage.size(str(image.file.name)) == image.size_bytes
    except OSError:
        return False


def is_whole(image: Image) -> bool:
    """Whether the original is what was uploaded, byte for byte."""
    digest = hashlib.sha256()
    try:
        with default_storage.open(str(image.file.name), "rb") as stored:
            while chunk := stored.read(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == image.sha256


def put_back(image: Image, path: Path, *, actor: User | None, source: str) -> None:
    """Store the content at `path`, which is the image's, as its original; results and corrections stay as they are.

    What lies there in its place is let go once the row names the new file.
    """
    before = image.file.name
    with path.open("rb") as content:
        name = default_storage.save(str(before), File(content))
    try:
        with transaction.atomic():
            image.file.name = name
            Image.objects.filter(experiment_id=image.experiment_id, file=before).update(file=name)  # its positions too
            audit.record(
                actor=actor,
                lab=image.lab,
                action="image.file_put_back",
                subject=image,
                name=image.original_name,
                source=source,
            )
            transaction.on_commit(delete_unwanted, robust=True)
    except BaseException:
        default_storage.delete(name)
        raise
    if not default_storage.exists(str(image.thumbnail.name)):
        make_thumbnail_anew(image)


def make_thumbnail_anew(image: Image) -> None:
    """Draw the thumbnail of the view that the image has. Raises UnreadableImage."""
    pixels = stored_plane(
        image,
        channel=image.channel,
        projection=Projection(image.projection),
        plane=image.plane,
        polarity=Polarity(image.polarity),
    )
    image.thumbnail.save(image.sha256, ContentFile(make_thumbnail(pixels)), save=False)
    image.save(update_fields=["thumbnail"])


def in_backup(image: Image) -> Path | None:
    """The image's content in the folder of the backups, where that has it whole."""
    if not settings.SPINULA_BACKUP:
        return None
    kept = place_of(Path(settings.SPINULA_BACKUP), image.sha256)
    with suppress(OSError), kept.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() == image.sha256:
            return kept
    return None
