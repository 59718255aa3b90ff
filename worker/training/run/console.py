"""What a training process says: figures as lines of JSON, and one sentence when it cannot go on."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from spines.errors import DomainError


def say_figures(log: Path, figures: Mapping[str, float]) -> None:
    """Write one line of JSON to the console and to the end of `log`."""
    _say(log, figures)


def _say(log: Path, said: Mapping[str, float | str]) -> None:
    line = json.dumps({**said, "at": round(time.time(), 1)}) + "\n"
    sys.stdout.write(line)
    sys.stdout.flush()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(line)


def say_stage(log: Path, stage: str) -> None:
    """Say what the process does now, in a few words for people."""
    _say(log, {"stage": stage})


def exit_code(run: Callable[[], None]) -> int:
    """Run; 0, or 1 with the sentence of a domain error on the error stream."""
    try:
        run()
    except DomainError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 1
    return 0
