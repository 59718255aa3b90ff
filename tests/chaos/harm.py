"""What is done to the machine: each act harms one thing; what no program can mend, it mends after a while."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.chaos.machine import Machine

CLOCK_OFF_S = 60
NOTICED_S = 420
"""So soon a program that hangs has to be ended."""


@dataclass(frozen=True)
class Harm:
    """An act under its name."""

    name: str
    act: Callable[[Machine], None]


def all_harm(*, scale: float, seconds: float, seed: int, with_s3: bool = False) -> list[Harm]:
    """Kills by the number that the issue asks for, times `scale`, and one of each of the rest, shuffled.

    `seconds` is how long a disk is full, a broker hangs, and so on. `with_s3` takes what happens to a bucket for what
    happens to a disk, and leaves out what has nothing to do with storage.
    """
    kills = {"worker": 25, "broker": 8, "database": 8, "web server": 8, "power cut": 2}
    acts: dict[str, Callable[[Machine], None]] = {
        "worker": _kill_a_worker(random.Random(seed)),
        "broker": _kill("valkey-server"),
        "database": _kill("bin/postgres", "-D"),
        "web server": _kill("webapp.front"),
        "power cut": _power_cut,
    }
    harm = [Harm(name, acts[name]) for name, number in kills.items() for _ in range(max(1, round(number * scale)))]
    harm += _harm_to_a_bucket(seconds) if with_s3 else _harm_to_a_disk(seconds)
    random.Random(seed).shuffle(harm)
    return harm


def _harm_to_a_disk(seconds: float) -> list[Harm]:
    return [
        Harm("disk full", lambda machine: _full_disk(machine, seconds)),
        Harm("storage read-only", lambda machine: _read_only(machine, seconds)),
        Harm("storage away", lambda machine: _storage_away(machine, seconds)),
        Harm("broker hung", _freeze("valkey-server")),
        Harm("beat hung", _freeze("celery", " beat")),
        Harm("worker's child frozen", _freeze_a_child),
        Harm("clock off by a minute", lambda machine: machine.worker_whose_clock_is_off(CLOCK_OFF_S)),
        Harm("clock off by a minute, the other way", lambda machine: machine.worker_whose_clock_is_off(-CLOCK_OFF_S)),
        Harm("second start", _second_start),
    ]


def _harm_to_a_bucket(seconds: float) -> list[Harm]:
    return [
        Harm("S3 down", lambda machine: _s3_down(machine, seconds)),
        Harm("S3 hung", lambda machine: _s3_hung(machine, seconds)),
        Harm("S3 refuses", lambda machine: _s3_refuses(machine, seconds)),
    ]


def _s3_down(machine: Machine, seconds: float) -> None:
    assert machine.s3 is not None
    machine.s3.kill()
    time.sleep(seconds)
    machine.s3.start()


def _s3_hung(machine: Machine, seconds: float) -> None:
    assert machine.s3 is not None
    assert machine.s3.process is not None
    machine.s3.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    machine.s3.process.send_signal(signal.SIGCONT)


def _s3_refuses(machine: Machine, seconds: float) -> None:
    assert machine.s3 is not None
    machine.s3.refuse(True)
    time.sleep(seconds)
    machine.s3.refuse(False)


def _the(machine: Machine, *words: str) -> Iterator[psutil.Process]:
    """The programs that the supervisor itself started, of these words."""
    for process in machine.processes(*words):
        with suppress(psutil.Error):
            parent = process.parent()
            if parent is not None and not any(word in " ".join(parent.cmdline()) for word in words):
                yield process


def _kill(*words: str) -> Callable[[Machine], None]:
    def kill(machine: Machine) -> None:
        for process in _the(machine, *words):
            process.kill()

    return kill


def _kill_a_worker(chance: random.Random) -> Callable[[Machine], None]:
    def kill(machine: Machine) -> None:
        workers = machine.processes("celery", "--queues")
        if workers:  # the parent, or the child that analyses
            (workers[0] if chance.random() < 0.5 else workers[-1]).kill()

    return kill


def _power_cut(machine: Machine) -> None:
    machine.cut_power()
    time.sleep(1)
    machine.start()


def _full_disk(machine: Machine, seconds: float) -> None:
    fillers = [place / "filler" for place in (machine.images, machine.disk)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:  # what is deleted meanwhile is filled as well
        for filler in fillers:
            with suppress(OSError), filler.open("ab", buffering=0) as file:
                while True:
                    file.write(b"\0" * (1 << 16))
        time.sleep(0.5)
    for filler in fillers:
        filler.unlink()


def _read_only(machine: Machine, seconds: float) -> None:
    def mount(how: str) -> bool:
        return subprocess.run(["mount", "-o", f"remount,{how}", machine.images], check=False).returncode == 0

    while not mount("ro"):  # somebody writes at this moment
        time.sleep(0.2)
    time.sleep(seconds)
    mount("rw")


def _storage_away(machine: Machine, seconds: float) -> None:
    media = machine.images / "media"
    away = media.with_name("away")
    media.rename(away)
    time.sleep(seconds)
    _take_back(away, media)


def _take_back(away: Path, media: Path) -> None:
    if media.exists():  # the probes of who looked whether it is back
        subprocess.run(["cp", "-rn", f"{media}/.", str(away)], check=False)
        subprocess.run(["rm", "-rf", str(media)], check=True)
    away.rename(media)


def _freeze(*words: str) -> Callable[[Machine], None]:
    """For good: who started it has to notice, and to end it."""

    def freeze(machine: Machine) -> None:
        _freeze_these(list(_the(machine, *words)), " ".join(words))

    return freeze


def _freeze_a_child(machine: Machine) -> None:
    """A process that analyses, for good."""
    workers = machine.processes("celery", "--queues")
    _freeze_these([child for each in workers for child in each.children() if child in workers][:1], "a worker's child")


def _freeze_these(processes: list[psutil.Process], what: str) -> None:
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    _, hung = psutil.wait_procs(processes, timeout=NOTICED_S)
    if hung:
        raise SystemExit(f"{what} hung for {NOTICED_S} s and nobody noticed.")


def _second_start(machine: Machine) -> None:
    code = machine.a_second_start()
    if code != 1:
        raise SystemExit(f"A second start on the same state ended with {code}: it should say why not, and end with 1.")
