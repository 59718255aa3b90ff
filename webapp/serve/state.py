"""The state folder: what a run keeps for the next one, and a lock so that only one run uses it."""

import fcntl
import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from webapp.serve.errors import ServeError

_SOCKET_PATH_LIMIT = 80  # a socket's path may have 104 bytes (macOS) or 108 (Linux), its name included


class State:
    """A folder that belongs to one run at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Make the folder and take its lock. Raises ServeError when another run has it, or it cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)  # root's PostgreSQL runs as somebody else
            self._lock = (self.folder / "lock").open("a+")
        except OSError as error:
            raise ServeError(
                f"The state folder {self.folder} cannot be used ({error.strerror}). Choose another: SPINULA_STATE=…"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            other = self._lock.read().strip() or "unknown"
            self._lock.close()
            self._lock = None
            raise ServeError(
                f"Spinula already runs on {self.folder} (process {other}). "
                "Stop that one, or give this one a folder of its own: SPINULA_STATE=…"
            ) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def close(self) -> None:
        """Forget the run and let go of the lock, if this is the run that has it: the folder is not ours before."""
        if self._lock is not None:
            self.forget_run()
            self._lock.close()
            self._lock = None

    def kept_secret(self, name: str, *, characters: int = 50) -> str:
        """A random text, made once and kept in a file that only its owner reads."""
        path = self.folder / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(characters)[:characters])
        return path.read_text().strip()

    def describe_run(self, environment: Mapping[str, str]) -> None:
        """Write `run.env`, from which `manage.py` learns how to reach the servers of this run."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in environment.items()]
        write_private(self.folder / "run.env", "".join(lines))

    def forget_run(self) -> None:
        """Remove what only made sense while the servers ran."""
        (self.folder / "run.env").unlink(missing_ok=True)
        self._remove_socket_folder()

    def new_socket_folder(self) -> Path:
        """A new folder with a short path and no spaces for sockets, in place of one a killed run left behind."""
        self._remove_socket_folder()
        folder = short_temporary_folder()
        write_private(self.folder / "socket-folder", str(folder))
        return folder

    def _remove_socket_folder(self) -> None:
        note = self.folder / "socket-folder"
        if note.exists():
            left = Path(note.read_text().strip())
            if left.name.startswith("spinula-"):
                shutil.rmtree(left, ignore_errors=True)
            note.unlink()


def short_temporary_folder() -> Path:
    """A new private folder whose path is short enough, and plain enough, for a socket."""
    parent = tempfile.gettempdir()
    if len(os.fsencode(parent)) > _SOCKET_PATH_LIMIT or not parent.isascii() or " " in parent:
        parent = "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it
    return Path(tempfile.mkdtemp(prefix="spinula-", dir=parent))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
