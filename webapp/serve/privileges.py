"""PostgreSQL refuses to run as root. Started by root, it runs as `nobody`, who must be able to reach its files."""

import os
import pwd
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from webapp.serve.errors import ServeError

_OUT_OF_REACH = (
    "PostgreSQL refuses to run as root, and the user `{name}` cannot reach {path}. "
    "Run Spinula as an ordinary user, use another SPINULA_STATE, or give DATABASE_URL."
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user of this machine."""

    name: str
    user_id: int
    group_id: int


def unprivileged_account() -> Account | None:
    """Who runs PostgreSQL: nobody if root asks, else (None) the one who asks."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise ServeError(
            "PostgreSQL refuses to run as root, and this machine has no user `nobody`. "
            "Run Spinula as an ordinary user, or give DATABASE_URL."
        ) from error
    return Account(name=entry.pw_name, user_id=entry.pw_uid, group_id=entry.pw_gid)


def lend_access(account: Account, *, folder: Path, packages: Iterable[Path], program: Path) -> None:
    """Let the account pass through to `folder`, and run `program`, whose files lie in `packages`.

    Folders above get the right to pass through (x), and only where it is missing. Raises ServeError when the
    account still cannot, as on a file system that forbids it.
    """
    _let_through(folder)
    if not _can(account, ["test", "-x", str(folder)]):
        raise ServeError(_OUT_OF_REACH.format(name=account.name, path=folder))
    if _can(account, [str(program), "--version"]):
        return
    for package in packages:
        _let_through(package)
        for path in package.rglob("*"):
            _add_mode(path, 0o005 if path.is_dir() or os.access(path, os.X_OK) else 0o004)
    if not _can(account, [str(program), "--version"]):
        raise ServeError(_OUT_OF_REACH.format(name=account.name, path=program))


def _let_through(folder: Path) -> None:
    for place in (folder, *folder.parents):
        _add_mode(place, 0o001)


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode & 0o7777
    if mode & bits != bits:
        path.chmod(mode | bits)


def _can(account: Account, command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd="/",
            user=account.user_id,
            group=account.group_id,
            extra_groups=[],
            capture_output=True,
        )
    except (FileNotFoundError, PermissionError):
        return False
    except (OSError, subprocess.SubprocessError) as error:
        raise ServeError(
            f"PostgreSQL refuses to run as root, and root may not become `{account.name}` here. "
            "Run Spinula as an ordinary user, or give DATABASE_URL."
        ) from error
    return done.returncode == 0
