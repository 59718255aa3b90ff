"""super-gradients writes where it is told that home is, once it is imported: into a folder that goes away."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def super_gradients_imported() -> Iterator[None]:
    """Import super-gradients inside of this: it tees the console into the home folder and hooks crashes."""
    home = os.environ.get("HOME")
    os.environ["HOME"] = tempfile.mkdtemp(prefix="super-gradients-")
    os.environ.setdefault("CRASH_HANDLER", "FALSE")
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    try:
        yield
    finally:
        if home is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = home
