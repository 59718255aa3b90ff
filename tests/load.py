"""`python -m tests.load`: twenty people browse and eight upload while a job runs, on the servers of `make run`.

It goes on until all images are uploaded. It fails where a request fails, where 95 % of a page's answers take longer
than a second, where fewer images came in than were asked, or where the memory of the pages or of the workers grows:
that of the last quarter is held against the second.
"""

from __future__ import annotations

import argparse
import http.client
import io
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import psycopg
import tifffile

from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.chaos.machine import DISK_MB, Failed, Machine, wait_for

MADE = """
from pathlib import Path
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from spines.models import User
from spines.services.accounts.tokens import create_token
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.services.labs.making import create_lab
from spines.services.labs.studies import create_experiment, create_project
user = User.objects.create_user("load", password="only for this run", is_staff=True)
project = create_project(user=user, lab_id=create_lab(user=user, name="Load").pk, name="Load")
there, sent = (create_experiment(user=user, project_id=project.pk, name=name) for name in ("there", "sent"))
images = [
    add_image(user=user, experiment_id=there.pk, path=path, name=path.name).pk
    for path in sorted(Path({folder!r}).glob("*.tif"))
]
start_analysis(user=user, experiment_id=there.pk)
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.create()
_, token = create_token(user=user, name="load")
print("MADE", project.pk, there.pk, sent.pk, images[0], session.session_key, token)
"""
AGAIN = """
from spines.models import Experiment, User
from spines.services.analyses.starting import start_analysis
start_analysis(user=User.objects.get(username="load"), experiment_id=Experiment.objects.get(name="there").pk)
"""
OPEN = "SELECT count(*) FROM spines_analysis WHERE finished_at IS NULL"
PROGRAMS = {"pages": ("webapp.front", "spines.imaging.apart"), "workers": ("celery",)}
"""By what is in their commands; readers of files are the pages', too."""
MB_AN_IMAGE = 0.5
"""Of an uploaded one and its thumbnail: noise, which packs badly."""
MOST_MS = 1000
MOST_GROWTH = 1.15


@dataclass
class Heard:
    """What came back, from all threads."""

    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, took_s: float, fault: str) -> None:
        with self.lock:
            self.times_ms[name].append(1000 * took_s)
            if fault:
                self.faults.append(fault)


def main() -> int:
    """Start, load, judge. Exit code 0 where all held."""
    parser = argparse.ArgumentParser(prog="tests.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800, help="of load at most (default 1800)")
    parser.add_argument("--uploads", type=int, default=2000, help="images that are uploaded (default 2000)")
    parser.add_argument("--browsing", type=int, default=20)
    parser.add_argument("--uploading", type=int, default=8)
    parser.add_argument("--images", type=int, default=60, help="of the job, which begins again (default 60)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="spinula-load-"))
    machine = Machine(folder, images_mb=DISK_MB + int(options.uploads * MB_AN_IMAGE))
    try:
        return run(machine, options)
    finally:
        machine.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run(machine: Machine, options: argparse.Namespace) -> int:
    pictures = machine.folder / "pictures"
    pictures.mkdir()
    for number in range(options.images):
        write_tiff(pictures / f"neuron{number:04}.tif", make_image(SceneParameters(side_px=256), seed=number))
    machine.start()
    made = machine.manage("shell", "-c", MADE.format(folder=str(pictures))).split("MADE ")[1].split()
    project, there, sent, image = made[:4]
    pages = {
        "home": "/",
        "project": f"/projects/{project}/",
        "images": f"/experiments/{there}/images/",
        "images that come in": f"/experiments/{sent}/images/",
        "image": f"/images/{image}/",
        "spines of an image": f"/images/{image}/spines.json",
        "picture": f"/images/{image}/picture.png",
        "thumbnail": f"/images/{image}/thumbnail.png",
        "results": f"/experiments/{there}/results/",
        "spines": f"/experiments/{there}/spines/",
        "design": f"/experiments/{there}/design/",
        "analyses": "/analyses/",
    }
    heard, ends = Heard(), threading.Event()
    memory: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    cookie = f"spinula_session_{machine.port}={made[4]}"
    browsing = [
        threading.Thread(target=browse, args=(machine.port, cookie, pages, heard, ends, number), daemon=True)
        for number in range(options.browsing)
    ]
    share = -(-options.uploads // max(options.uploading, 1))
    uploading = [
        threading.Thread(target=upload, args=(machine.port, made[5], sent, share, heard, ends), daemon=True)
        for _ in range(options.uploading)
    ]
    for thread in (*browsing, *uploading):
        thread.start()
    end = time.monotonic() + options.seconds
    while time.monotonic() < end and machine.runs and any(thread.is_alive() for thread in uploading):
        time.sleep(5)
        for name, words in PROGRAMS.items():
            memory[name].append(memory_mb(machine, words))
        with suppress(psycopg.OperationalError, Failed):  # so many at once that it did not get in: the next time then
            if machine.rows(OPEN) == [(0,)]:
                machine.manage("shell", "-c", AGAIN)
    ends.set()
    for thread in (*browsing, *uploading):
        thread.join(60)
    wait_for(machine.is_well, seconds=120, what="Health after the load")
    return told(heard, memory, uploads=share * options.uploading)


def browse(port: int, cookie: str, pages: dict[str, str], heard: Heard, ends: threading.Event, seed: int) -> None:
    """A person: a page, a look at it, another."""
    chance = random.Random(seed)
    while not ends.is_set():
        name, address = chance.choice(list(pages.items()))
        ask(port, "GET", address, {"Cookie": cookie}, b"", name, heard, 200)
        ends.wait(chance.uniform(0.5, 2.5))


def upload(port: int, token: str, experiment: str, share: int, heard: Heard, ends: threading.Event) -> None:
    """A person who sends images, each another."""
    for _ in range(share):
        if ends.is_set():
            return
        content = io.BytesIO()
        tifffile.imwrite(content, np.random.default_rng().integers(0, 255, (512, 512)).astype(np.uint8))
        name, mark = uuid.uuid4().hex, uuid.uuid4().hex
        body = (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}.tif"\r\n'
            "Content-Type: image/tiff\r\n\r\n"
        ).encode() + content.getvalue()
        body += f"\r\n--{mark}--\r\n".encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={mark}"}
        ask(port, "POST", f"/api/v1/experiments/{experiment}/images", headers, body, "upload", heard, 201)


def ask(
    port: int, method: str, address: str, headers: dict[str, str], body: bytes, name: str, heard: Heard, status: int
) -> None:
    """One request, on a connection of its own."""
    began, fault = time.monotonic(), ""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, address, body or None, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != status:
            fault = f"{name}: {answer.status} {said[:200]!r}"
    except OSError as error:
        fault = f"{name}: {type(error).__name__} {error}"
    finally:
        connection.close()
    heard.note(name, time.monotonic() - began, fault)


def memory_mb(machine: Machine, words: Sequence[str]) -> float:
    """Of the programs of whose commands some part is one of these words."""
    total = 0
    for process in {process for word in words for process in machine.processes(word)}:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 2**20


def told(heard: Heard, memory: dict[str, list[float]], *, uploads: int) -> int:
    """Print what was heard; 1 where something did not hold."""
    faults = list(heard.faults[:20])
    if (sent := len(heard.times_ms["upload"])) < uploads:
        faults.append(f"{sent:,} of {uploads:,} images were uploaded in the time")
    for name, times in sorted(heard.times_ms.items()):
        times.sort()
        half, most = times[len(times) // 2], times[min(int(len(times) * 0.95), len(times) - 1)]
        print(f"{name:<22}{len(times):>6} times   p50 {half:>6.0f} ms   p95 {most:>6.0f} ms")  # noqa: T201
        if most >= MOST_MS and name != "upload":
            faults.append(f"{name}: 95 % within {most:.0f} ms, and a second is asked")
    for name, seen in memory.items():
        if quarter := len(seen) // 4:
            before, after = (float(np.mean(seen[i * quarter : (i + 1) * quarter])) for i in (1, 3))
            print(f"memory of the {name:<9}{before:.0f} MB in the second quarter, {after:.0f} MB in the last")  # noqa: T201
            if after > MOST_GROWTH * before:
                faults.append(f"memory of the {name} grew from {before:.0f} to {after:.0f} MB")
    print(f"{len(heard.faults)} requests failed.")  # noqa: T201
    for fault in faults:
        print(f"FAULT: {fault}")  # noqa: T201
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
