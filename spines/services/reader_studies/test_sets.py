"""What the raters of a study agree on as an annotated set, whose pictures are for testing alone."""

from __future__ import annotations

import hashlib
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from spines.access import require_admin
from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict
from spines.models import ImportedSet, ReaderStudy, Task, User
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.reader_studies.agreement import ShownItem, agreed_items
from spines.selectors.results.rows import current_result
from spines.services.datasets.folder import write_training_folder
from spines.services.datasets.imports import import_set
from spines.services.datasets.pixels import reviewed_png
from spines.services.datasets.sources import View
from spines.services.reader_studies.applying import box_of_item, ready_study
from spines.training_sets import NO_CLASS, SetFormat

FOLDER = "consensus"
LICENCE = "with the consent of the lab, for this site"


def may_keep(study: ReaderStudy, user: User) -> bool:
    """Whether the user may bring the set in: site admins, where the lab lets networks learn from its spines."""
    return user.is_staff and study.lab.lets_train


def write_test_set(
    *, user: User, study_id: int, folder: Path, keeps: bool = False, progress: Progress = UNWATCHED
) -> tuple[Path, str, ImportedSet | None]:
    """A zip with the pictures and a COCO file, `test.json`: its path, its name, and the set where it was brought in.

    Pictures are called by their codes. Managers of the lab; `keeps` brings the set in, for site admins.

    Raises
    ------
    NotFound, NotAllowed, Conflict
        With what to do.
    """
    study = ready_study(user, study_id)
    if keeps:
        require_admin(user)
        if not study.lab.lets_train:
            raise Conflict(
                f"{study.lab} does not let networks of this site learn from its spines, so its pictures are not "
                "brought in. A manager can allow it in the lab's settings."
            )
    by_image: dict[int, list[ShownItem]] = defaultdict(list)
    for shown in agreed_items(study):
        if shown.consensus not in (None, NO_SPINE, CANNOT_SAY):
            by_image[shown.item.image_id].append(shown)
    contents: dict[str, bytes] = {}
    pictures = []
    for image_id, items in progress.counted(list(by_image.items()), len(by_image), "Writing pictures", every=1):
        picture, png = _picture(study, image_id, items)
        contents[picture["file"]] = png
        pictures.append(picture)
    if not pictures:
        raise Conflict("Nothing was agreed to be a spine, so there is nothing to test on.")
    source = {"folder": FOLDER, "name": study.name, "licence": LICENCE, "source": _source(study)}
    manifest = {"sources": [source], "made": {"images": 0, "seed": 0}, "pictures": pictures}
    write_training_folder(manifest, folder / "set", content_of=contents.__getitem__)
    (folder / "set" / "sources.json").unlink()
    path = folder / "test_set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted((folder / "set").rglob("*.*")):
            archive.write(file, file.relative_to(folder / "set" / FOLDER))
    imported = _bring_in(user, study, path, progress) if keeps else None
    return path, f"reader_study_{study.pk}_test_set.zip", imported


def _bring_in(user: User, study: ReaderStudy, path: Path, progress: Progress) -> ImportedSet:
    return import_set(
        user=user,
        path=path,
        set_format=SetFormat.COCO,
        name=f"Consensus of {study.name}"[:120],
        licence=LICENCE,
        source=_source(study),
        is_fully_marked=Task(study.task).is_of_pictures,
        progress=progress,
    )


def _source(study: ReaderStudy) -> str:
    return f"Reader study {study.pk} of this site: consensus of {study.raters.count()} raters"


def _picture(study: ReaderStudy, image_id: int, items: list[ShownItem]) -> tuple[dict[str, Any], bytes]:
    image = items[0].item.image
    result = current_result(image)
    if result is None:
        raise Conflict(f"Image {image.code} has no finished analysis any more. Analyse it first.")
    onto = study.experiment.classes.onto
    animal = items[0].item.animal or f"image {image_id}"
    return {
        "source": FOLDER,
        "part": "test",
        "group": hashlib.sha256(f"{study.experiment_id}:{animal}".encode()).hexdigest()[:16],
        "file": f"{image.code}.png",
        "width_px": image.width_px,
        "height_px": image.height_px,
        "pixel_size_um": image.pixel_size_um,
        "boxes": [[*box_of_item(each.item), onto.get(each.consensus or "", NO_CLASS)] for each in items],
    }, reviewed_png(View(result=result))
