"""Comparing rows and files: what no row names, what a row names and is not there, what is not what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.core.files.storage import default_storage
from django.utils import timezone

from spines.errors import UnreadableImage
from spines.models import DatasetVersion, Image, ImportedSet, ModelVersion, UnwantedFile, Work
from spines.services.upkeep.originals import in_backup, is_there, is_whole, make_thumbnail_anew, put_back
from spines.storage.deleting import delete_unwanted
from spines.storage.files import PROBES
from spines.storage.kept import PICTURES
from spines.storage.temporary import sweep
from spines.storage.whole import DRAFT

YOUNG = timedelta(hours=1)
"""A file this young may be of an upload whose row comes."""
OWNED = ("labs/", "work/", "models/", f"{PROBES}/")
"""Where each file has a row. Elsewhere lie data sets, named by content and shared, which nothing deletes."""
AT_ONCE = 500


class Kind(StrEnum):
    """What does not agree."""

    UNNAMED = "in the storage, and no row names it"
    LEFT = "left by a process that ended in the middle"
    LOST = "its original is not in the storage"
    DAMAGED = "its original is not what was uploaded"
    NO_THUMBNAIL = "its thumbnail is not in the storage"
    LOST_NETWORK = "a file of this network is not in the storage"
    LOST_SET = "a file of this data set is not in the storage"
    DAMAGED_PICTURE = "a data set's picture is not what its name says"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not agree; `remedy` says what was done about it, or what is to be done."""

    kind: Kind
    what: str
    remedy: str
    is_healed: bool = False


def check(*, heal: bool, digests: bool) -> Iterator[Finding]:
    """Compare rows and files, and tell each disagreement as it is found.

    Parameters
    ----------
    heal : bool
        Delete what nobody names, put lost originals back from the backup, draw lost thumbnails.
    digests : bool
        Read every original and compare its sha256; else sizes are compared.
    """
    names = list(_names())
    yield from _not_named(names, heal=heal)
    yield from _images(heal=heal, digests=digests)
    yield from _networks_and_sets()
    if digests:
        yield from _pictures(names)
    if heal:
        sweep()
        while delete_unwanted():
            pass


def _names(folder: str = "") -> Iterator[str]:
    folders, files = default_storage.listdir(folder)
    for file in files:
        yield f"{folder}/{file}" if folder else file
    for inner in folders:
        yield from _names(f"{folder}/{inner}" if folder else inner)


def _is_old(name: str) -> bool:
    try:
        return bool(default_storage.get_modified_time(name) < timezone.now() - YOUNG)
    except OSError:
        return False


def _not_named(names: Iterable[str], *, heal: bool) -> Iterator[Finding]:
    named = set(UnwantedFile.objects.values_list("name", flat=True))
    for model, fields in ((Image, ("file", "thumbnail")), (Work, ("given", "file"))):
        for pair in model.objects.order_by().values_list(*fields).iterator():
            named.update(pair)
    networks = tuple(f"{path}/" for path in ModelVersion.objects.values_list("path", flat=True) if path)
    for name in names:
        is_left = name.rpartition("/")[2].startswith(DRAFT) or name.startswith(f"{PROBES}/")
        is_named = name in named or not name.startswith(OWNED) or name.startswith(networks)
        if (is_named and not is_left) or not _is_old(name):
            continue
        if heal:
            UnwantedFile.objects.get_or_create(name=name)
        remedy = "Deleted." if heal else "Run it with --heal to delete it."
        yield Finding(kind=Kind.LEFT if is_left else Kind.UNNAMED, what=name, remedy=remedy, is_healed=heal)


def _images(*, heal: bool, digests: bool) -> Iterator[Finding]:
    for image in Image.objects.select_related("experiment__project__lab").order_by("pk").iterator(AT_ONCE):
        what = f"{image.original_name} (image {image.pk}) of {image.experiment}, {image.lab}"
        there = is_there(image)
        if not there or (digests and not is_whole(image)):
            kind = Kind.DAMAGED if there or default_storage.exists(str(image.file.name)) else Kind.LOST
            yield _original(image, kind, what, heal=heal)
        elif not default_storage.exists(str(image.thumbnail.name)):
            yield _thumbnail(image, what, heal=heal)


def _original(image: Image, kind: Kind, what: str, *, heal: bool) -> Finding:
    kept = in_backup(image)
    if kept and heal:
        put_back(image, kept, actor=None, source="backup")
        return Finding(kind=kind, what=what, remedy="Put back from the backup.", is_healed=True)
    if kept:
        return Finding(kind=kind, what=what, remedy="The backup has it: run it with --heal to put it back.")
    again = f"Upload the same file again (sha256 {image.sha256}): its results and corrections stay."
    return Finding(kind=kind, what=what, remedy=again)


def _thumbnail(image: Image, what: str, *, heal: bool) -> Finding:
    if not heal:
        return Finding(kind=Kind.NO_THUMBNAIL, what=what, remedy="Run it with --heal to draw it anew.")
    try:
        make_thumbnail_anew(image)
    except UnreadableImage as error:
        return Finding(kind=Kind.NO_THUMBNAIL, what=what, remedy=error.sentence)
    return Finding(kind=Kind.NO_THUMBNAIL, what=what, remedy="Drawn anew.", is_healed=True)


def _networks_and_sets() -> Iterator[Finding]:
    restore = "Restore it from a backup."
    for version in ModelVersion.objects.exclude(path=""):
        for name in version.files if not version.is_shipped else ():
            if not default_storage.exists(f"{version.path}/{name}"):
                yield Finding(kind=Kind.LOST_NETWORK, what=f"{version}: {version.path}/{name}", remedy=restore)
    sets = [(each, f"{each.path}/truth.json") for each in ImportedSet.objects.all()]
    for dataset, path in (*sets, *((each, each.path) for each in DatasetVersion.objects.all())):
        if not default_storage.exists(path):
            yield Finding(kind=Kind.LOST_SET, what=f"{dataset}: {path}", remedy=restore)


def _pictures(names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if not name.startswith(f"{PICTURES}/") or name.rpartition("/")[2].startswith(DRAFT):
            continue
        with default_storage.open(name, "rb") as stored:
            digest = hashlib.sha256(stored.read()).hexdigest()
        if digest != name.rpartition("/")[2].partition(".")[0]:
            remedy = "Restore it from a backup, or bring its set in again."
            yield Finding(kind=Kind.DAMAGED_PICTURE, what=name, remedy=remedy)
