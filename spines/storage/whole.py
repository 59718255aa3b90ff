"""Local storage in which a file is there whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

DRAFT = ".draft-"


class WholeFileStorage(FileSystemStorage):
    """Writes beside the place and puts the file there when all of it is written: a full disk leaves nothing behind."""

    def _save(self, name: str, content: File[Any]) -> str:
        folder = Path(self.path(name)).parent
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(prefix=DRAFT, dir=folder) as draft:
            for chunk in content.chunks():
                draft.write(chunk.encode() if isinstance(chunk, str) else chunk)
            draft.flush()
            if self.file_permissions_mode is not None:
                Path(draft.name).chmod(self.file_permissions_mode)
            while True:
                try:
                    _put(Path(draft.name), Path(self.path(name)))
                    return str(name).replace("\\", "/")
                except FileExistsError:
                    name = self.get_available_name(name)


def _put(draft: Path, place: Path) -> None:
    """The draft under its name. Raises FileExistsError where there is a file already."""
    try:
        os.link(draft, place)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        place.touch(exist_ok=False)
        try:
            os.replace(shutil.copy(draft, f"{draft}.copy"), place)  # noqa: PTH105
        except BaseException:
            place.unlink()
            Path(f"{draft}.copy").unlink(missing_ok=True)
            raise
