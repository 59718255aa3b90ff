"""The files of a set on disk. Pictures are found among what is there, never by joining what a set calls them."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from spines.errors import InvalidInput
from spines.training_sets.types import last_component

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
MOST_FILES = 200_000
LARGEST_LIST_BYTES = 128 << 20
"""Of one file of annotations or names; what is read of it takes some times as much memory."""
_PART = re.compile(r"(train|val|test)(?:ing|id|idation|uation)?(?:\d{4})?")


class SetFolder:
    """The files below a folder, by their path from it with forward slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Path] = {}
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = sorted(name for name in subfolders if not _is_hidden(name))
            for name in sorted(names):
                path = Path(folder) / name
                if not _is_hidden(name) and path.is_file() and not path.is_symlink():
                    self.files[path.relative_to(root).as_posix()] = path
            if len(self.files) > MOST_FILES:
                raise InvalidInput(f"{root.name} holds more than {MOST_FILES:,} files: bring in a smaller set.")
        self._by_last_name: dict[str, list[str]] = defaultdict(list)
        for name in self.pictures:
            self._by_last_name[last_component(name)].append(name)

    def of_suffix(self, *suffixes: str) -> list[str]:
        """Names of the files with one of these endings, in the order of their paths."""
        return sorted(name for name in self.files if PurePosixPath(name).suffix.lower() in suffixes)

    @property
    def pictures(self) -> list[str]:
        """Names of the pictures, told by their endings."""
        return self.of_suffix(*PICTURE_SUFFIXES)

    def find(self, file_name: str, *, beside: str) -> tuple[str, ...]:
        """The picture that a list in the folder `beside` means: one name, none, or several that it could be."""
        wanted = _plain(file_name)
        for folder in dict.fromkeys((beside, ".", "images", f"{beside}/images")):
            name = _plain(f"{folder}/{wanted}")
            if name in self.files:
                return (name,)
        candidates = self._by_last_name.get(last_component(file_name), [])
        ending = [name for name in candidates if f"/{name}".endswith(f"/{wanted}")]
        return tuple(ending if len(ending) == 1 else candidates)


def list_text(path: Path, *, errors: str = "strict") -> str:
    """The text of a list of annotations or names. Raises InvalidInput where it is larger than any such list is."""
    if path.stat().st_size > LARGEST_LIST_BYTES:
        raise InvalidInput(
            f"{path.name} is larger than {LARGEST_LIST_BYTES >> 20} MB, the limit of one list: split the set."
        )
    return path.read_text(encoding="utf-8", errors=errors)


def part_of(name: str) -> str:
    """The part that a path speaks of, from the last of its components that names one; "" for none.

    >>> part_of("annotations/instances_val2017.json"), part_of("valid/images/a.png"), part_of("all.json")
    ('val', 'val', '')
    """
    for component in reversed(PurePosixPath(name).parts):
        for word in re.split(r"[_\-. ]+", component.lower()):
            if found := _PART.fullmatch(word):
                return found.group(1)
    return ""


def _plain(name: str) -> str:
    """A path without what climbs or points elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "/".join(part for part in parts if part not in ("/", "//", ".", "..") and not part.endswith(":"))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
