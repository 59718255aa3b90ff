"""Single files of installed packages (npm and Python) as static files, and nothing else of those packages."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core import checks
from django.core.files.storage import FileSystemStorage


class PackageFileFinder(BaseFinder):
    """Finds what `settings.PACKAGE_FILES` names, each as `vendor/<package>/<file name>`."""

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Warn about files that are not installed, so that a page without its viewer has a reason."""
        missing = [str(path) for _, path in self._files() if not path.is_file()]
        if not missing:
            return []
        return [checks.Warning(f"Not installed: {', '.join(missing)}. Run `make setup`.", id="webapp.W001")]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file behind the static path, or an empty list."""
        for prefix, file in self._files():
            if path == f"{prefix}/{file.name}" and file.is_file():
                return [str(file)] if find_all else str(file)
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every installed file with a storage that reads its folder."""
        for prefix, file in self._files():
            if file.is_file():
                storage = FileSystemStorage(location=str(file.parent))
                storage.prefix = prefix  # type: ignore[attr-defined]  # what collectstatic and WhiteNoise read
                yield file.name, storage

    @staticmethod
    def _files() -> Iterator[tuple[str, Path]]:
        for package, files in settings.PACKAGE_FILES.items():
            for file in files:
                yield f"vendor/{package}", file
