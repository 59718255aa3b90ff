"""`python -m spines.imaging.apart.child MEMORY_MB SECONDS`: reads images for who asks on standard input, until it ends.

It also ends by itself after a while without work, after a question on which its memory ran out, and, where the system
knows limits, when it takes more memory or time than it was given.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from spines.background.processes import stand_back
from spines.errors import UnreadableImage
from spines.imaging import inspect_image, make_thumbnail, read_plane, read_polarised
from spines.imaging.apart import frames
from spines.imaging.apart.readers import Look
from spines.imaging.refusals import out_of_memory
from spines.imaging.types import FIRST, Place, ReadLimits

IDLE_S = 600
NICENESS = 5
"""Between the pages and the workers: an upload waits for it, and so do who looks at other pages."""


def look(path: Path, *, name: str, limits: ReadLimits, at: Place = FIRST) -> Look:
    """What an upload asks: what the file says, what the picture says, and a thumbnail."""
    info = inspect_image(path, name=name, limits=limits, at=at)
    seen = read_polarised(path, name=name, limits=limits, at=at)
    return Look(info=info, told=seen.told, thumbnail=make_thumbnail(seen.pixels))


QUESTIONS: dict[str, Callable[..., Any]] = {
    "look": look,
    "inspect_image": inspect_image,
    "read_plane": read_plane,
    "read_polarised": read_polarised,
}


def main(memory_mb: int, seconds: int) -> None:
    """Answer questions, one at a time."""
    answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    logging.basicConfig(level=logging.WARNING)
    stand_back(NICENESS)
    _limit_memory(memory_mb << 20)
    while select.select([0], [], [], IDLE_S)[0]:
        question, path, options = frames.read(_fill)
        _limit_time(seconds)
        is_last = False
        try:
            answer: Any = QUESTIONS[question](path, **options)
        except MemoryError:
            answer, is_last = out_of_memory(options["name"]), True
        except Exception as error:  # noqa: BLE001 - raised again where it was asked
            answer = error
            is_last = isinstance(error.__cause__, MemoryError)
        frames.write(lambda part: _put(answers, part), (_plain(answer), is_last))
        if is_last:
            return
        del answer


def _plain(answer: Any) -> Any:
    """Errors without what they hold on to; those of a library as words."""
    if not isinstance(answer, Exception):
        return answer
    if isinstance(answer, UnreadableImage):
        return UnreadableImage(answer.sentence)
    if isinstance(answer, OSError):
        return type(answer)(*answer.args)
    return RuntimeError(f"{type(answer).__name__}: {answer}")


def _limit_memory(most_bytes: int) -> None:
    """Of what it takes beside what it has now. Files that are mapped are not counted."""
    try:
        has_kb = int(re.findall(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])
        resource.setrlimit(resource.RLIMIT_DATA, (has_kb * 1024 + most_bytes,) * 2)
    except (OSError, IndexError, ValueError):
        logging.getLogger(__name__).warning("This system sets no memory limit for reading images.")


def _limit_time(seconds: int) -> None:
    """Should nobody be left to end it: computing time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _fill(view: memoryview) -> None:
    while view:
        count = os.readv(0, [view])
        if not count:
            _leave()
        view = view[count:]


def _put(pipe: int, part: Any) -> None:
    view = memoryview(part).cast("B")
    while view:
        view = view[os.write(pipe, view[: 1 << 20]) :]


def _leave() -> NoReturn:
    """Who asked is gone."""
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
