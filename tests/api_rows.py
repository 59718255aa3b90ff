"""A lab with one of everything that the API names by its number, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from django.core.files import File

from spines.models import Experiment, User, WorkKind
from spines.services.work.asking import ask
from tests.factories import add_dendrite, finish, found, make_measured_study, make_tiff, queue_analysis, upload


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A manager, and the numbers of the rows by the name of the parameter that asks for them."""

    user: User
    rows: dict[str, int]


def make_asked(folder: Path) -> Asked:
    """The lab has results, and elsewhere an unfinished analysis."""
    study = make_measured_study({"control": (0.25,), "treated": (0.25,)})
    for image in study.experiment.images.all():
        path = make_tiff(folder, side_px=image.width_px)
        with path.open("rb") as file:
            image.file.save(path.name, File(file))
    elsewhere = Experiment.objects.create(project=study.experiment.project, name="Waiting")
    waiting = upload(replace(study, experiment=elsewhere), folder)
    reviewed = upload(study, folder)
    finish(queue_analysis(study, [reviewed]), [[found("mushroom"), found("thin")]])
    result = reviewed.results.get()
    work = ask(user=study.owner, kind=WorkKind.TABLES, arguments={}, experiment=study.experiment)
    rows = {
        "lab_id": study.lab.pk,
        "project_id": study.experiment.project_id,
        "experiment_id": study.experiment.pk,
        "image_id": reviewed.pk,
        "spine_id": result.spines.earliest("pk").pk,
        "dendrite_id": add_dendrite(result, length_px=40).pk,
        "analysis_id": queue_analysis(study, [waiting]).pk,
        "work_id": work.pk,
    }
    return Asked(user=study.owner, rows=rows)
