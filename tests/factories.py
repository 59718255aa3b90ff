"""Rows and files that tests begin with, made through the services where there is one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import tifffile
from django.utils import timezone

from spines.models import (
    Analysis,
    AnalysisImage,
    Experiment,
    Image,
    Lab,
    Membership,
    ModelKind,
    ModelState,
    ModelVersion,
    Project,
    Role,
    User,
)
from spines.services import jobs
from spines.services.uploads import add_image

_numbers = count(1)
PASSWORD = "correct horse battery staple"


def make_user(name: str = "", *, staff: bool = False) -> User:
    """A person who can sign in with PASSWORD."""
    return User.objects.create_user(name or f"user{next(_numbers)}", password=PASSWORD, is_staff=staff)


@dataclass(frozen=True)
class Study:
    """A lab with a manager, a viewer and an empty experiment."""

    lab: Lab
    owner: User
    viewer: User
    experiment: Experiment


def make_study(name: str = "") -> Study:
    """A lab of its own with everything an upload needs."""
    name = name or f"Lab {next(_numbers)}"
    lab = Lab.objects.create(name=name)
    owner, viewer = make_user(), make_user()
    Membership.objects.create(lab=lab, user=owner, role=Role.MANAGER)
    Membership.objects.create(lab=lab, user=viewer, role=Role.VIEWER)
    project = Project.objects.create(lab=lab, name="Project")
    return Study(lab, owner, viewer, Experiment.objects.create(project=project, name="Experiment"))


def make_annotator(study: Study) -> User:
    """Another member of the study's lab, who may correct results."""
    user = make_user()
    Membership.objects.create(lab=study.lab, user=user, role=Role.ANNOTATOR)
    return user


def make_tiff(folder: Path, name: str = "", *, pixel_size_um: float | None = None, side_px: int = 64) -> Path:
    """A small grey TIFF, each with other pixels."""
    number = next(_numbers)
    path = folder / (name or f"image{number}.tif")
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 255, (side_px, side_px), dtype=np.uint8)
    if pixel_size_um:
        resolution = (1 / pixel_size_um, 1 / pixel_size_um)
        tifffile.imwrite(path, pixels, imagej=True, resolution=resolution, metadata={"unit": "um"})
    else:
        tifffile.imwrite(path, pixels)
    return path


def upload(study: Study, folder: Path, name: str = "", **of_file: float | int | None) -> Image:
    """A TIFF, uploaded by the study's owner."""
    path = make_tiff(folder, name, **of_file)  # type: ignore[arg-type]
    return add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=name or path.name)


def make_versions() -> tuple[ModelVersion, ModelVersion]:
    """An active detector and classifier, as rows only: enough wherever no network runs."""
    made = []
    for kind in ModelKind:
        version = ModelVersion.objects.filter(kind=kind, state=ModelState.ACTIVE).first()
        made.append(
            version
            or ModelVersion.objects.create(
                kind=kind,
                name=f"test {kind.value}",
                version="1",
                sha256=hashlib.sha256(kind.value.encode()).hexdigest(),
                path=kind.value,
                state=ModelState.ACTIVE,
            )
        )
    return made[0], made[1]


def found(
    spine_class: str = "mushroom",
    *,
    box_px: tuple[float, float, float, float] = (10, 12, 14, 16),
    score: float = 0.8,
    uncertain: bool = False,
) -> jobs.FoundSpineRow:
    """A spine as a worker reports it, its class at 0.7."""
    names = ("mushroom", "thin", "stubby", "filopodia")
    return jobs.FoundSpineRow(
        box_px=box_px,
        score=score,
        class_probabilities={n: 0.7 if n == spine_class else 0.1 for n in names},
        spine_class=spine_class,
        uncertain=uncertain,
    )


TIMINGS = jobs.Timings(read_s=0.01, detect_s=0.1, classify_s=0.2)


def queue_analysis(study: Study, images: list[Image]) -> Analysis:
    """An analysis whose images wait; no message is sent."""
    detector, classifier = make_versions()
    analysis = Analysis.objects.create(
        experiment=study.experiment,
        detector=detector,
        classifier=classifier,
        software_version="test",
        created_by=study.owner,
    )
    now = timezone.now()
    AnalysisImage.objects.bulk_create(AnalysisImage(analysis=analysis, image=i, heartbeat_at=now) for i in images)
    return analysis


def finish(analysis: Analysis, spines_per_image: list[list[jobs.FoundSpineRow]]) -> None:
    """Write results for an analysis's images in order, as a worker would."""
    for row, spines in zip(analysis.images.order_by("pk"), spines_per_image, strict=True):
        job = jobs.claim(row.pk)
        assert job is not None
        assert jobs.record_result(job, spines=spines, timings=TIMINGS)
