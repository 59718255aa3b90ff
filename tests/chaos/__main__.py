"""`python -m tests.chaos`: a job with everything that can happen around it, held against the same job left in peace.

It fails unless every image of the harmed job is done, no row of an image, spine or dendrite differs from the reference,
nothing is there twice or lies in storage unnamed, and nobody had to lend a hand but to switch the power on.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.chaos.harm import all_harm
from tests.chaos.machine import Failed, Machine, wait_for

SIDE_PX = 256
MEND_S = 600
"""So long things may take until the next image is done, whatever happened."""

_MADE = """
from pathlib import Path
from spines.models import User, Lab
from spines.services.labs.making import create_lab
from spines.services.labs.studies import create_experiment, create_project
from spines.services.images.uploads import add_image
user = User.objects.create_user("chaos", password="only for this run", is_staff=True)
lab = create_lab(user=user, name="Chaos")
project = create_project(user=user, lab_id=lab.pk, name="Chaos")
for name in ("reference", "harmed"):
    experiment = create_experiment(user=user, project_id=project.pk, name=name)
    for path in sorted(Path({folder!r}).glob("*.tif")):
        add_image(user=user, experiment_id=experiment.pk, path=path, name=path.name)
"""
_START = """
from spines.models import Experiment, User
from spines.services.analyses.starting import start_analysis
experiment = Experiment.objects.get(name={name!r})
start_analysis(user=User.objects.get(username="chaos"), experiment_id=experiment.pk)
"""
_OF = (
    "FROM spines_analysisimage r JOIN spines_image i ON i.id = r.image_id "
    "JOIN spines_experiment e ON e.id = i.experiment_id "
)
_SPINES = (
    "SELECT i.original_name, to_jsonb(s) - 'id' - 'analysis_image_id' - 'dendrite_id' - 'version' "
    f"{_OF} JOIN spines_spine s ON s.analysis_image_id = r.id WHERE e.name = '%s' AND r.is_current ORDER BY 1, s.number"
)
_DENDRITES = (
    "SELECT i.original_name, to_jsonb(d) - 'id' - 'analysis_image_id' - 'version' "
    f"{_OF} JOIN spines_dendrite d ON d.analysis_image_id = r.id WHERE e.name = '%s' AND r.is_current "
    "ORDER BY 1, d.number"
)
_STATES = (
    f"SELECT r.status, count(*) {_OF} WHERE e.name = '%s' "
    f"AND r.analysis_id = (SELECT max(analysis_id) {_OF} WHERE e.name = '%s') GROUP BY 1"
)
_OPEN = "SELECT count(*) FROM spines_analysis WHERE finished_at IS NULL"


def main() -> int:
    """Make, harm, compare. Exit code 0 where nothing differs."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--images", type=int, default=300, help="of the job (default 300)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of kills (default 1: 25 workers, …)")
    parser.add_argument("--seconds", type=float, default=60, help="for which a disk is full, … (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the order")
    parser.add_argument("--keep", action="store_true", help="leave the folder, with the log")
    parser.add_argument(
        "--s3", action="store_true", help="keep images in a bucket of a local S3 service, and harm that"
    )
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="spinula-chaos-"))
    machine = Machine(folder, with_s3=options.s3)
    try:
        faults = run(machine, options)
    finally:
        machine.stop()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(f"FAULT: {fault}")  # noqa: T201
    print("Nothing was lost, doubled, wrongly failed or stuck." if not faults else f"{len(faults)} faults.")  # noqa: T201
    return bool(faults)


def say(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)  # noqa: T201


def run(machine: Machine, options: argparse.Namespace) -> list[str]:
    """The whole. Returns what is wrong."""
    pictures = machine.folder / "pictures"
    pictures.mkdir()
    for number in range(options.images):
        write_tiff(pictures / f"neuron{number:04}.tif", make_image(SceneParameters(side_px=SIDE_PX), seed=number))
    machine.start()
    machine.manage("shell", "-c", _MADE.format(folder=str(pictures)))
    say(f"{options.images} images are in, twice.")
    began = time.monotonic()
    machine.manage("shell", "-c", _START.format(name="reference"))
    until_done(machine, "reference", seconds=120 + 30 * options.images)
    say(f"The reference took {time.monotonic() - began:.0f} s.")
    began = time.monotonic()
    machine.manage("shell", "-c", _START.format(name="harmed"))
    harm(machine, options)
    until_done(machine, "harmed", seconds=MEND_S + 30 * options.images)
    say(f"The harmed job took {time.monotonic() - began:.0f} s.")
    wait_for(machine.is_well, seconds=MEND_S, what="Health after the last harm")
    return [*differences(machine, options.images), *unnamed(machine)]


def harm(machine: Machine, options: argparse.Namespace) -> None:
    """One after the other, each once at least one more image was done since the last, as long as there are any."""
    planned = all_harm(scale=options.scale, seconds=options.seconds, seed=options.seed, with_s3=options.s3)
    for number, each in enumerate(planned, start=1):
        before = done(machine, "harmed")
        if before >= options.images:  # the job was faster: once more, for what is left to be done to it
            until_done(machine, "harmed", seconds=MEND_S)
            wait_for(lambda: _started(machine), seconds=MEND_S, what="A start")
            before = 0
        say(f"{number} of {len(planned)}: {each.name} ({before} images done)")
        each.act(machine)
        wait_for(lambda: done(machine, "harmed") > before, seconds=MEND_S, what=f"An image after: {each.name}")  # noqa: B023


def _started(machine: Machine) -> bool:
    machine.manage("shell", "-c", _START.format(name="harmed"))
    return True


def done(machine: Machine, name: str) -> int:
    """How many images of the latest job are done, whatever answers at last."""
    states = wait_for(
        lambda: [Counter(dict(machine.rows(_STATES % (name, name))))], seconds=MEND_S, what="The database"
    )
    if states[0]["failed"]:
        raise SystemExit(f"{states[0]['failed']} images of {name} failed.")
    return int(states[0]["done"])


def until_done(machine: Machine, name: str, *, seconds: float) -> None:
    """Wait for the end of the job."""
    wait_for(lambda: machine.rows(_OPEN) == [(0,)], seconds=seconds, what=f"The end of {name}")


def differences(machine: Machine, images: int) -> list[str]:
    """What of the harmed job is not as in the reference."""
    faults = []
    states = dict(machine.rows(_STATES % ("harmed", "harmed")))
    if states != {"done": images}:
        faults.append(f"images stand so: {states}")
    for what, sql in (("spines", _SPINES), ("dendrites", _DENDRITES)):
        reference, harmed = machine.rows(sql % "reference"), machine.rows(sql % "harmed")
        if not reference:
            faults.append(f"the reference has no {what}")
        wrong = _unlike(reference, harmed)
        say(f"{len(reference)} {what} in the reference, {len(harmed)} in the harmed job, {wrong} differ.")
        if wrong:
            faults.append(f"{wrong} {what} differ")
    twice = machine.rows(
        "SELECT count(*) FROM (SELECT image_id FROM spines_analysisimage WHERE is_current "
        "GROUP BY 1 HAVING count(*) > 1) twice"
    )
    if twice != [(0,)]:
        faults.append(f"{twice[0][0]} images have two current results")
    return faults


def _unlike(reference: list[tuple[Any, ...]], harmed: list[tuple[Any, ...]]) -> int:
    if len(reference) != len(harmed):
        return abs(len(reference) - len(harmed))
    return sum(one != other for one, other in zip(reference, harmed, strict=True))


def unnamed(machine: Machine) -> list[str]:
    """What rows and files disagree in."""
    try:
        machine.manage("check_storage")
    except Failed as error:
        return str(error).splitlines()
    return []


if __name__ == "__main__":
    sys.exit(main())
