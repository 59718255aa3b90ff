"""The kinds of long work: how long each takes, and what does it.

Whoever knows how to do a kind registers it when the program starts (`AppConfig.ready`): the domain here, the pages what
they alone can draw. So a worker does work of the pages without importing them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spines.background.progress import Progress
from spines.models import User, WorkKind


@dataclass(frozen=True, kw_only=True)
class Task:
    """What an act is given: who asked, the arguments, a file that came along, a folder to write in."""

    user: User
    arguments: dict[str, Any]
    folder: Path
    given: Path | None
    progress: Progress


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it: a file in the task's folder under the name that it is saved by, and whatever else is kept."""

    file: Path | None = None
    file_name: str = ""
    result: dict[str, Any] = field(default_factory=dict)


Act = Callable[[Task], Outcome]

_acts: dict[str, Act] = {}


def register(kind: WorkKind, act: Act) -> None:
    """Say what does a kind. It may be done twice, and must check the user's permission itself."""
    _acts[kind.value] = act


def act_of(kind: str) -> Act:
    """What does a kind of work."""
    return _acts[kind]
