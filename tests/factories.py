"""Rows and files that tests begin with, made through the services where there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from django.utils import timezone

from spines.models import (
    Analysis,
    AnalysisImage,
    AnalysisStatus,
    Cell,
    Condition,
    Dendrite,
    Experiment,
    Image,
    Lab,
    Membership,
    ModelKind,
    ModelState,
    ModelVersion,
    PixelSizeSource,
    Project,
    Role,
    Spine,
    Subject,
    User,
)
from spines.services.analyses import jobs
from spines.services.images.uploads import add_image

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


CLASSES_IN_TURN = ("mushroom", "thin", "stubby", "filopodia", "uncertain")
TRUSTED_SHAPE = {
    "length_um": 1.5,
    "head_width_um": 0.6,
    "neck_width_um": 0.2,
    "neck_length_um": 0.7,
    "area_um2": 0.5,
    "intensity_ratio": 0.4,
}


def placed_image(
    study: Study, *, animal: str = "", condition: str = "", cell: str = "", pixel_size_um: float | None = 0.1
) -> Image:
    """An image as a row only, without a file, of an animal (none where that is empty)."""
    number = next(_numbers)
    of = {"experiment": study.experiment}
    row = group = None
    if condition:
        group, _ = Condition.objects.get_or_create(**of, name=condition, defaults={"position": number})
    if animal:
        subject, _ = Subject.objects.get_or_create(**of, name=animal, defaults={"condition": group})
        row, _ = Cell.objects.get_or_create(subject=subject, name=cell)
    return Image.objects.create(
        experiment=study.experiment,
        cell=row,
        original_name=f"image{number}.tif",
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        size_bytes=1,
        format="tiff",
        width_px=1024,
        height_px=1024,
        bit_depth=8,
        pixel_size_um=pixel_size_um,
        pixel_size_source=PixelSizeSource.USER if pixel_size_um else "",
        uploaded_by=study.owner,
    )


def current_row(study: Study, image: Image, *, analysis: Analysis | None = None) -> AnalysisImage:
    """A finished result that is the image's current one, without spines and dendrites yet."""
    if analysis is None:
        detector, classifier = make_versions()
        analysis, _ = Analysis.objects.get_or_create(
            experiment=study.experiment,
            detector=detector,
            classifier=classifier,
            software_version="test",
            created_by=study.owner,
        )
    return AnalysisImage.objects.create(
        analysis=analysis,
        image=image,
        status=AnalysisStatus.DONE,
        is_current=True,
        channel=0,
        projection="max",
        polarity="light_on_dark",
        plane=0,
        pixel_size_um=image.pixel_size_um,
        software_version="test",
        started_at=timezone.now(),
        finished_at=timezone.now(),
    )


def add_dendrite(result: AnalysisImage, *, length_px: float = 500) -> Dendrite:
    """A straight dendrite across the picture; its µm follow from the result's pixel size."""
    number = result.dendrites.count() + 1
    y_px = 100.0 * number
    return Dendrite.objects.create(
        analysis_image=result,
        number=number,
        points_px=[[10, y_px], [10 + length_px, y_px]],
        radius_px=[4, 4],
        length_px=length_px,
        length_um=length_px * result.pixel_size_um if result.pixel_size_um else None,
    )


def add_spines(
    result: AnalysisImage,
    classes: Sequence[str],
    *,
    dendrite: Dendrite | None = None,
    heads_um: Sequence[float] = (),
    **fields: Any,
) -> list[Spine]:
    """Spines of these classes ("uncertain" too): evenly along a dendrite and measured, or on none and not measured.

    `heads_um` are their head widths, one each; `fields` stand for all of them, over what would be.
    """
    begin = result.spines.count()
    made = []
    for at, name in enumerate(classes):
        likeliest = "thin" if name == "uncertain" else name
        values: dict[str, Any] = {"quality": "no_dendrite"}
        if dendrite is not None:
            position_px = dendrite.length_px * (at + 0.5) / len(classes)
            scale = result.pixel_size_um
            values = {"dendrite": dendrite, "position_px": position_px, "side": 1, "quality": "trusted"}
            if scale:
                values |= {"position_um": position_px * scale, **TRUSTED_SHAPE}
                values |= {"rule_classes": {"dendritic_spine_counter": "mushroom", "golgi": likeliest}}
        box: dict[str, Any] = {"x_px": 10 + at, "y_px": 10, "width_px": 12, "height_px": 14}
        opinion: dict[str, Any] = {"probabilities": [0.7 if n == likeliest else 0.1 for n in CLASSES_IN_TURN[:4]]}
        opinion |= {"score": 0.8, "spine_class": likeliest, "uncertain": name == "uncertain"}
        row = {"analysis_image": result, "number": begin + at + 1} | box | opinion | values | fields
        if heads_um:
            row["head_width_um"] = heads_um[at]
        made.append(Spine(**row))
    return Spine.objects.bulk_create(made)


def make_measured_study(
    animals: Mapping[str, Sequence[float]] | None = None, *, pixel_size_um: float | None = 0.1
) -> Study:
    """Animals by condition, each given as its spines per µm: two cells an animal, an image a cell, two dendrites each.

    A dendrite is 20 µm long where there is a pixel size. Classes come in turn. Head widths are 0.5 µm times the number
    of the animal, ± 10 % from spine to spine. Without argument: three control animals about 1 and three treated about
    1.5 a µm.
    """
    study = make_study()
    for condition, densities in (animals or {"control": (0.9, 1.0, 1.1), "treated": (1.4, 1.5, 1.6)}).items():
        for at, density in enumerate(densities, start=1):
            for cell in ("c1", "c2"):
                place = {"animal": f"{condition}-{at}", "condition": condition, "cell": cell}
                image = placed_image(study, **place, pixel_size_um=pixel_size_um)
                result = current_row(study, image)
                for _ in range(2):
                    dendrite = add_dendrite(result, length_px=200)
                    classes = list(islice(cycle(CLASSES_IN_TURN), round(20 * density)))
                    heads_um = [0.5 * density * (0.9 + 0.1 * (n % 3)) for n in range(len(classes))]
                    add_spines(result, classes, dendrite=dendrite, heads_um=heads_um if pixel_size_um else ())
    return study
