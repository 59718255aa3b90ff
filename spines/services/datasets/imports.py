"""Bringing annotated sets of images into the product."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction

from spines.background.progress import UNWATCHED, Progress
from spines.errors import InvalidInput, NotAllowed
from spines.models import ImportedSet, User
from spines.services import audit
from spines.services.datasets.seen import seen_in_words, shipped_seen
from spines.services.datasets.sets import checked_scale
from spines.storage.kept import array_bytes, canonical_json, keep, keep_picture
from spines.storage.pixels import read_limits
from spines.storage.temporary import PREFIX, temporary_folder
from spines.training_sets import KNOWN_CLASSES, PARTS, Report, SetFormat, TrueImage
from spines.training_sets.archives import unpack
from spines.training_sets.cleaning import CleanImage, clean
from spines.training_sets.coco import read_coco
from spines.training_sets.fingerprints import near_duplicates
from spines.training_sets.folders import PICTURE_SUFFIXES
from spines.training_sets.leaks import Leak, find_leaks
from spines.training_sets.pictures import Picture
from spines.training_sets.splitting import grouped
from spines.training_sets.yolo import read_yolo
from spines.vocabulary.classes import NETWORK_KEYS
from spines.zips import DAMAGED, BoundedZip

FORMAT = "spinula annotated set 1"
READERS = {SetFormat.COCO: read_coco, SetFormat.YOLO: read_yolo}
LARGEST_REFERENCE_SIDE_PX = 32_768
SECONDS_A_PICTURE, BYTES_A_SECOND = 0.02, 20e6
LONGEST = {"name": 120, "licence": 120, "source": 300}


def import_set(
    *,
    user: User | None,
    path: Path,
    set_format: SetFormat | str,
    name: str,
    licence: str,
    source: str,
    box_factor: float = 1.0,
    reference_side_px: int | None = None,
    pixel_size_um: float | None = None,
    spine_side_px: float | None = None,
    is_fully_marked: bool = True,
    class_names: Mapping[str, str] | None = None,
    file_name: str = "",
    progress: Progress = UNWATCHED,
) -> ImportedSet:
    """Bring in a COCO or YOLO set: a folder, a .zip of one, or a COCO file with its pictures beside it.

    Pictures and truth are stored by their content; the same set, taken the same way, gives the row that is there.

    Parameters
    ----------
    user : a site admin, or None from the command line.
    name, licence, source : as a model card cites them.
    box_factor : annotated boxes are shrunk about their centre by this when a detector is trained on them, 0 to 1.
    reference_side_px : the longer side of the pictures whose scale the set is of; others are scaled to it.
    pixel_size_um : µm a pixel of pictures that state none; it can be stated later too, as `spine_side_px` can.
    spine_side_px : usual side of a spine in the pictures, where no pixel size is known.
    is_fully_marked : whether every spine of a picture is marked; else nothing is learnt where nobody looked.
    file_name : what sentences call the file, where it lies under another name.
    class_names : the set's classes to those of `training_sets.types.KNOWN_CLASSES`, where they differ.

    Raises
    ------
    NotAllowed, InvalidInput
        With the sentence for the user.
    """
    if user is not None and not user.is_staff:
        raise NotAllowed("Only an administrator brings in annotated sets. Ask yours to do it.")
    for what, given in (("name", name), ("licence", licence), ("source", source)):
        longest = LONGEST[what]
        if not given.strip() or len(given) > longest:
            raise InvalidInput(f"Give the set's {what}, in at most {longest} characters: its model cards cite it.")
    if not 0 < box_factor <= 1:
        raise InvalidInput(f"A box factor of {box_factor:g} makes no sense: give one above 0, at most 1.")
    if reference_side_px is not None and not 0 < reference_side_px <= LARGEST_REFERENCE_SIDE_PX:
        raise InvalidInput(f"{reference_side_px} px is no side of a picture. Give one, for example 1024, or none.")
    checked_scale(pixel_size_um=pixel_size_um, spine_side_px=spine_side_px)
    report = Report()
    with _called(path, file_name) as path:
        images = _read(path, SetFormat(set_format), report, class_names, progress)
    _note_seen(images, report)
    truth = {
        "format": FORMAT,
        "box_factor": box_factor,
        "reference_side_px": reference_side_px,
        "is_fully_marked": is_fully_marked,
        "pictures": _pictures(images),
    }
    content = canonical_json(truth)
    sha256 = hashlib.sha256(content).hexdigest()
    if there := ImportedSet.objects.filter(sha256=sha256).first():
        progress.settle(imported_set=there.pk)
        return there
    folder = f"imported/{sha256}"
    keep(f"{folder}/fingerprints.npy", array_bytes(np.stack([image.fingerprint for image in images])))
    keep(f"{folder}/truth.json", content)
    counts = _counts(images)
    return _add(
        user=user,
        sha256=sha256,
        path=folder,
        name=name.strip(),
        licence=licence.strip(),
        source=source.strip(),
        box_factor=box_factor,
        reference_side_px=reference_side_px,
        pixel_size_um=pixel_size_um,
        spine_side_px=spine_side_px,
        is_fully_marked=is_fully_marked,
        has_classes=any(name in counts for name in NETWORK_KEYS),
        counts=counts,
        report=report.as_json(),
        progress=progress,
    )


def seconds_to_read(path: Path) -> float:
    """About how long a zip takes to be read, by its pictures and bytes (docs/benchmarks.md); 0 where it is none."""
    try:
        with BoundedZip(path) as archive:
            pictures = sum(Path(name).suffix.lower() in PICTURE_SUFFIXES for name in archive.namelist())
    except DAMAGED:
        return 0.0
    return SECONDS_A_PICTURE * pictures + path.stat().st_size / BYTES_A_SECOND


@contextmanager
def _called(path: Path, file_name: str) -> Iterator[Path]:
    """The same file under the name that its user knows."""
    if not file_name:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}set-", dir=temporary_folder()) as folder:
        called = Path(folder) / Path(file_name).name
        called.symlink_to(path.absolute())
        yield called


def _read(
    path: Path, set_format: SetFormat, report: Report, class_names: Mapping[str, str] | None, progress: Progress
) -> list[CleanImage]:
    if not path.exists():
        raise InvalidInput(f"There is no {path}: name a folder, a .zip or a COCO file.")
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}set-", dir=temporary_folder()) as unpacked:
        progress.tell(0, 0, "Unpacking")
        if path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)):
            folder = Path(unpacked) / path.name  # sentences call it so
            folder.mkdir()
            path = unpack(path, folder, report=report)
        listed = list(READERS[set_format](path, report=report, class_names=class_names))
        numbers = count(1)

        def keep_told(picture: Picture) -> str:
            progress.tell(next(numbers), len(listed), "Reading pictures")
            return keep_picture(picture.content, picture.suffix)

        images = clean(listed, report=report, keep=keep_told, limits=read_limits())
    progress.tell(len(listed), len(listed), "Looking for pictures that are nearly the same")
    if not any(image.image.boxes_px for image in images):
        raise InvalidInput(f"No spine of {path.name} can be used. " + "; ".join(report.lines()[:3]))
    return _with_near_duplicates(images, report)


def _with_near_duplicates(images: list[CleanImage], report: Report) -> list[CleanImage]:
    """Give near-duplicates a key in common, so that no split parts them; tell what the set's own split parts."""
    pairs = [(pair.first, pair.second) for pair in near_duplicates([image.fingerprint for image in images])]
    alike = grouped([[image.file] for image in images], pairs)
    sizes = Counter(alike)
    joined = [
        image.with_key(f"alike:{group}") if sizes[group] > 1 else image
        for image, group in zip(images, alike, strict=True)
    ]
    if several := sum(size for size in sizes.values() if size > 1):
        report.note(f"{several} pictures have near-duplicates; they stay on one side of any split.")
    for leak in _parted(joined)[:5]:
        report.note(f"The set's own split parts what belongs together: {leak}.")
    return joined


def _note_seen(images: Sequence[CleanImage], report: Report) -> None:
    """Name the pictures that the shipped networks were trained on."""
    files = [image.file.partition(".")[0] for image in images]
    seen = shipped_seen().find([image.fingerprint for image in images], files)
    for sentence in seen_in_words(seen):
        names = [image.image.file_name for image, saw in zip(images, seen, strict=True) if saw is not None]
        report.note(f"{sentence} For example {', '.join(names[:5])}.")


def _parted(images: Sequence[CleanImage]) -> list[Leak]:
    with_part = [image for image in images if image.image.part]
    return find_leaks(
        [image.image.file_name for image in with_part],
        [image.image.part for image in with_part],
        [],
        [image.image.keys for image in with_part],
    )


def _pictures(images: Sequence[CleanImage]) -> list[dict[str, Any]]:
    return [
        {
            "file": clean.file,
            "name": clean.image.file_name,
            "part": clean.image.part,
            "keys": list(clean.image.keys),
            "width_px": clean.width_px,
            "height_px": clean.height_px,
            "pixel_size_um": clean.image.pixel_size_um,
            "boxes": [
                [*(round(value, 3) for value in box), name]
                for box, name in zip(clean.image.boxes_px, clean.image.classes, strict=True)
            ],
        }
        for clean in images
    ]


def _counts(images: Sequence[CleanImage]) -> dict[str, Any]:
    """Images, spines and spines by class; and images and spines by part where the set gives its split."""
    found = Counter(name for image in images for name in image.image.classes)
    parts = {part: [i.image for i in images if i.image.part == part] for part in PARTS}
    return {
        **_sizes([image.image for image in images]),
        **{name: found[name] for name in KNOWN_CLASSES if found[name]},
        "parts": {part: _sizes(own) for part, own in parts.items() if own},
    }


def _sizes(images: Sequence[TrueImage]) -> dict[str, int]:
    return {"images": len(images), "spines": sum(len(image.boxes_px) for image in images)}


@transaction.atomic
def _add(*, user: User | None, sha256: str, progress: Progress, **fields: Any) -> ImportedSet:
    imported, is_new = ImportedSet.objects.get_or_create(sha256=sha256, defaults={**fields, "imported_by": user})
    if is_new:
        audit.record(
            actor=user, lab=None, action="imported_set.added", subject=imported, name=imported.name, sha256=sha256
        )
    progress.settle(imported_set=imported.pk)
    return imported
