"""Who waits for a page goes first: readers of files and workers let the pages have the processor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from spines.imaging import ReadLimits
from spines.imaging.apart import Readers, child
from tests.factories import make_tiff
from webapp.serve.processes import Child, Program
from webapp.serve.programs import WORKER_NICENESS, analysis_worker, training_worker


def test_a_reader_is_nicer_than_who_asks_it(tmp_path: Path) -> None:
    before = {process.pid for process in psutil.Process().children()}
    readers = Readers(most=1, memory_mb=1024, seconds=60, wait_s=60)
    try:
        readers.ask("inspect_image", make_tiff(tmp_path), name="a.tif", limits=ReadLimits())
        (reader,) = [each for each in psutil.Process().children() if each.pid not in before]
        assert reader.nice() == child.NICENESS > psutil.Process().nice()
    finally:
        readers.close()


def test_a_program_is_as_nice_as_it_says_with_all_that_it_starts(tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = f"import os, pathlib; pathlib.Path({str(said)!r}).write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))"
    started = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}], check=True)"
    program = Child(Program(name="nice", arguments=(sys.executable, "-c", started), niceness=7))
    assert program.process.wait(30) == 0
    assert said.read_text() == "7"


def test_workers_are_nicer_than_readers(tmp_path: Path) -> None:
    environment = {"SPINULA_STATE": str(tmp_path)}
    assert analysis_worker(environment).niceness == training_worker(environment).niceness == WORKER_NICENESS
    assert child.NICENESS < WORKER_NICENESS


def test_nobody_gets_less_nice() -> None:
    code = (
        "import os; from spines.background.processes import stand_back; stand_back(9); stand_back(3); "
        "print(os.getpriority(os.PRIO_PROCESS, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "9"
