"""Unpacking a set from a .zip that a stranger could have made."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from spines.errors import InvalidInput
from spines.surroundings import surrounding_of
from spines.training_sets.folders import PICTURE_SUFFIXES
from spines.training_sets.report import Report
from spines.zips import DAMAGED, BoundedZip

MOST_MEMBERS = 100_000
LARGEST_MEMBER_BYTES = 1 << 30
LARGEST_UNPACKED_BYTES = 8 << 30
_WANTED = PICTURE_SUFFIXES | {".json", ".yaml", ".yml", ".txt", ".names"}
_CHUNK_BYTES = 1 << 20
_LONGEST_NAME_BYTES, _LONGEST_PATH_BYTES = 255, 2048


def unpack(archive: Path, folder: Path, *, report: Report) -> Path:
    """Unpack pictures and lists into `folder`, and return where the set begins: below folders that hold one alone.

    Names that climb, links and other files are left out and reported, and so is what has the name of an earlier one.

    Raises
    ------
    InvalidInput
        When the file is no zip, is encrypted or damaged, or unpacks to more than the limits.
    OSError
        Where the disk fails, not the archive.
    """
    try:
        with BoundedZip(archive) as opened:
            members = opened.files()
            wanted = [member for member in members if _is_wanted(member, report)]
            _refuse_large(archive, folder, members, wanted)
            _unpack(opened, wanted, folder, report)
    except DAMAGED as error:
        if surrounding_of(error) is not None:
            raise
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InvalidInput(f"{archive.name} cannot be unpacked ({said}): pack it again.") from error
    root = folder
    while len(inside := list(root.iterdir())) == 1 and inside[0].is_dir():
        root = inside[0]
    return root


def _is_wanted(member: zipfile.ZipInfo, report: Report) -> bool:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if not path.parts:
        report.drop_file("have no name", member.filename)
        return False
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        report.drop_file("have a name that leads out of the archive", member.filename)
        return False
    if any(len(part.encode(errors="replace")) > _LONGEST_NAME_BYTES for part in path.parts) or (
        len(member.filename.encode(errors="replace")) > _LONGEST_PATH_BYTES
    ):
        report.drop_file("have a name that is too long to be kept", member.filename)
        return False
    if stat.S_ISLNK(member.external_attr >> 16):
        report.drop_file("are links", member.filename)
        return False
    if path.parts[0] == "__MACOSX" or path.name.startswith("."):
        return False
    if path.suffix.lower() not in _WANTED:
        report.drop_file("are neither pictures nor lists", member.filename)
        return False
    return True


def _refuse_large(archive: Path, folder: Path, members: list[zipfile.ZipInfo], wanted: list[zipfile.ZipInfo]) -> None:
    stated = sum(member.file_size for member in wanted)
    if len(members) > MOST_MEMBERS:
        raise InvalidInput(f"{archive.name} holds {len(members):,} files: {MOST_MEMBERS:,} are the limit. Split it.")
    if any(member.file_size > LARGEST_MEMBER_BYTES for member in wanted):
        raise InvalidInput(f"{archive.name} holds a file above {LARGEST_MEMBER_BYTES >> 30} GB. Take it out.")
    if stated > LARGEST_UNPACKED_BYTES:
        raise InvalidInput(
            f"{archive.name} would unpack to {stated / 1e6:,.0f} MB, which is more than is taken in. Split the set."
        )
    if stated > shutil.disk_usage(folder).free * 0.9:
        raise InvalidInput(
            f"There is no room to unpack {archive.name}. Ask your administrator to free some disk space."
        )


def _unpack(opened: zipfile.ZipFile, wanted: list[zipfile.ZipInfo], folder: Path, report: Report) -> None:
    left = LARGEST_UNPACKED_BYTES
    for member in wanted:
        target = folder.joinpath(*PurePosixPath(member.filename.replace("\\", "/")).parts)
        if target.exists():
            report.drop_file("have the name of another file", member.filename)
        else:
            left -= _unpack_one(opened, member, target, left)


def _unpack_one(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one member, counting what comes out rather than believing what is stated. Returns its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with opened.open(member) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > min(left, member.file_size):
                raise InvalidInput(f"{opened.filename} unpacks to more than it states. It was not taken in.")
            sink.write(chunk)
    return size
