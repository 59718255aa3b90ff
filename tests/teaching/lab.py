"""A site admin with pictures of their own: everything through the pages, and a worker that does what they ask for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve, reverse

from spines.models import ImportedSet, ModelState, ModelVersion, TrainingRun, TrainingStatus, User
from spines.models.training import UNFINISHED_RUN
from tests.work import done
from worker.runs.run import train_here

NAME = "A lab's own pictures"


class Refused(RuntimeError):
    """A page said no, or did not say what it should."""


class Lab:
    """The set, its scale and its training, each made where it is not there yet."""

    def __init__(self) -> None:
        admin, _ = User.objects.get_or_create(username="admin", defaults={"is_staff": True})
        self._client = Client(headers={"host": "localhost"})
        self._client.force_login(admin)

    def bring_in(self, packed: Path, *, partly_marked: bool, name: str = NAME) -> ImportedSet:
        """Hand over a zip, and nothing of its scale."""
        if found := ImportedSet.objects.filter(name=name).first():
            return found
        form: dict[str, Any] = {"name": name, "licence": "ours", "source": "our microscope", "set_format": "coco"}
        form |= {"partly_marked": "on"} if partly_marked else {}
        with packed.open("rb") as file:
            self._post(reverse("training:sets"), form | {"file": SimpleUploadedFile("ours.zip", file.read())})
        return ImportedSet.objects.get(name=name)

    def asked_of_scale(self, imported: ImportedSet, kind: str) -> list[str]:
        """What the page of the set and the preview of a training say before a scale is stated. Raises Refused."""
        choice: dict[str, Any] = {"kind": kind, "chosen": "1", "sets": imported.pk, "recipe": "default", "minutes": "5"}
        words = [
            self._words(reverse("training:set", args=[imported.pk])),
            self._words(reverse("training:new"), choice),
        ]
        said = [match.group() for page in words if (match := re.search(r"Boxes here are about [^:]*: [^.]*\.", page))]
        if len(said) < len(words) or not all("give the pixel size" in sentence for sentence in said):
            raise Refused("The pages do not ask for the scale: " + " | ".join(said))
        return said

    def state_scale(self, imported: ImportedSet, pixel_size_um: float) -> str:
        """Say how large a pixel is, on the page of the set; what it says then."""
        self._post(reverse("training:set_scale", args=[imported.pk]), {"pixel_size_um": f"{pixel_size_um:g}"})
        match = re.search(r"Boxes here are about [^.]*\.", self._words(reverse("training:set", args=[imported.pk])))
        return match.group() if match else ""

    def teach(
        self, imported: ImportedSet, kind: str, *, asked: dict[str, Any], recipe: dict[str, str] | None = None
    ) -> TrainingRun:
        """Train from the network in use to the end, going on where an earlier call was ended. Raises Refused.

        Parameters
        ----------
        asked : `minutes` or `steps`, and `made_images`, as the form of a training has them.
        recipe : what differs from it.
        """
        run = TrainingRun.objects.order_by("pk").last()
        if run is None:
            run = self._started(imported, kind, asked=asked, recipe=recipe or {})
        elif run.status != TrainingStatus.DONE:
            if run.status in UNFINISHED_RUN:
                self._post(reverse("training:cancel", args=[run.pk]), {})
            self._post(reverse("training:resume", args=[run.pk]), {})
        if run.status != TrainingStatus.DONE:
            train_here(run.pk)
        run.refresh_from_db()
        if run.status != TrainingStatus.DONE:
            raise Refused(f"{run.get_status_display()}: {run.message}\n{run.log_tail}")
        return run

    def said_of(self, run: TrainingRun) -> str:
        """The words of the page of its candidate."""
        assert run.candidate is not None
        return self._words(reverse("model_versions:version", args=[run.candidate.pk]))

    def _started(
        self, imported: ImportedSet, kind: str, *, asked: dict[str, Any], recipe: dict[str, str]
    ) -> TrainingRun:
        active = ModelVersion.objects.get(kind=kind, state=ModelState.ACTIVE)
        form = {"kind": kind, "chosen": "1", "sets": imported.pk, "recipe": "default", "start_from": active.pk, **asked}
        self._post(reverse("training:new"), form | {f"set-{name}": value for name, value in recipe.items()})
        return TrainingRun.objects.get()

    def _words(self, address: str, asked: dict[str, Any] | None = None) -> str:
        answer = self._client.get(address, asked, secure=True, headers={"HX-Request": "true"} if asked else {})
        if answer.status_code != 200:
            raise Refused(f"{address} answered {answer.status_code}")
        return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())

    def _post(self, address: str, form: dict[str, Any]) -> None:
        """Send a form, and do the work that it leads to as a worker would. Raises Refused."""
        answer = self._client.post(address, form, secure=True)
        if answer.status_code != 302:
            text = re.sub(r"<[^>]+>", " ", answer.content.decode())
            raise Refused(f"{address} answered {answer.status_code}: {' '.join(text.split())[:800]}")
        led_to = answer.headers["Location"]
        if resolve(led_to).view_name == "work:work" and (work := done(led_to)).status != "done":
            raise Refused(f"{address}: {work.message}")
