"""Datasets: what a training is done on, chosen, split by animal and frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from spines.access import require_admin
from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict, InvalidInput
from spines.models import AnalysisImage, DatasetVersion, ImportedSet, Lab, ModelKind, Spine, User
from spines.selectors.datasets.contents import withdrawn_labs
from spines.selectors.results.standing import counted, not_trashed
from spines.services import audit
from spines.services.datasets.earlier_parts import read_manifest, tested_path
from spines.services.datasets.folder import write_training_folder
from spines.services.datasets.pixels import reviewed_png
from spines.services.datasets.plan import Counts, Placed, Plan, make_plan
from spines.services.datasets.sources import LeftOut
from spines.storage.kept import array_bytes, canonical_json, keep, keep_picture
from spines.training_sets.fingerprints import SIDE

__all__ = [
    "DatasetPreview",
    "DatasetSelection",
    "LeftOut",
    "SourceCounts",
    "freeze",
    "materialise",
    "preview",
]

FORMAT = "spinula dataset 1"
MOST_MADE_IMAGES = 20_000
SECONDS_AN_IMAGE, SECONDS_A_COPY = 0.01, 0.15
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class DatasetSelection:
    """What a dataset is made from. The same selection of the same rows gives the same dataset."""

    lab_ids: tuple[int, ...] = ()
    imported_set_ids: tuple[int, ...] = ()
    made_images: int = 0
    made_seed: int = 0
    split_seed: int = 0


@dataclass(frozen=True, kw_only=True)
class SourceCounts:
    """One source's share of a dataset; `counts` as in `DatasetPreview`."""

    name: str
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class DatasetPreview:
    """What freezing would give.

    `counts` is {part: {"images": n, "spines": n, class: n}} over train, val and test. `joined` says which
    groups were put on one side, `problems` what weakens a training, `obstacles` what makes it impossible.
    """

    kind: ModelKind
    counts: Counts
    sources: tuple[SourceCounts, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    joined: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()

    @property
    def is_trainable(self) -> bool:
        """Whether freezing is possible."""
        return not self.obstacles


def seconds_to_plan(selection: DatasetSelection) -> float:
    """About how long it takes to count or to split a selection, by its images (docs/benchmarks.md)."""
    sets = ImportedSet.objects.filter(pk__in=selection.imported_set_ids).values_list("counts__images", flat=True)
    return SECONDS_AN_IMAGE * (_reviewed_images(selection) + sum(n or 0 for n in sets))


def seconds_to_freeze(selection: DatasetSelection) -> float:
    """About how long it takes to freeze a selection: images of labs are read and copied."""
    return seconds_to_plan(selection) + SECONDS_A_COPY * _reviewed_images(selection)


def _reviewed_images(selection: DatasetSelection) -> int:
    of_labs = AnalysisImage.objects.filter(
        counted(), not_trashed(), analysis__experiment__project__lab__in=selection.lab_ids
    )
    named = Spine.objects.filter(analysis_image=OuterRef("pk")).exclude(reviewed_class="")
    return of_labs.filter(Q(reviewed_at__isnull=False) | Exists(named)).count()


def preview_told(told: dict[str, Any]) -> DatasetPreview:
    """A preview from its fields as JSON."""
    sources = tuple(SourceCounts(**source) for source in told["sources"])
    left_out = tuple(LeftOut(**each | {"examples": tuple(each["examples"])}) for each in told["left_out"])
    lists = {name: tuple(told[name]) for name in ("joined", "problems", "obstacles")}
    kind = ModelKind(told["kind"])
    return DatasetPreview(kind=kind, counts=told["counts"], sources=sources, left_out=left_out, **lists)


def preview(
    *, user: User, kind: ModelKind | str, selection: DatasetSelection, progress: Progress = UNWATCHED
) -> DatasetPreview:
    """Count what the selection would give, part by part. Site admins only.

    Raises NotAllowed; InvalidInput when something chosen does not exist.
    """
    require_admin(user)
    progress.tell(0, 1, "Looking for pictures that are nearly the same")
    plan = _plan(ModelKind(kind), selection)
    return DatasetPreview(
        kind=plan.kind,
        counts=plan.counts(),
        sources=tuple(SourceCounts(name=source.name, counts=plan.counts(source)) for source in plan.sources),
        left_out=plan.left_out,
        joined=plan.joined,
        problems=tuple(plan.problems()),
        obstacles=tuple(plan.obstacles()),
    )


def freeze(
    *,
    user: User,
    kind: ModelKind | str,
    selection: DatasetSelection,
    progress: Progress = UNWATCHED,
    and_then: Callable[[DatasetVersion], object] = lambda _: None,
) -> DatasetVersion:
    """Keep the selection as a dataset that never changes, its pictures copied. Site admins only.

    The same content gives the row that is there. A group of images keeps the part that it had in earlier datasets of
    this kind, so that what was tested on is never trained on.

    Parameters
    ----------
    and_then
        Is done in the same transaction, with the dataset: both are there, or neither.

    Raises
    ------
    NotAllowed, InvalidInput
        With the first of the obstacles that `preview` lists.
    Conflict
        When a picture cannot be read any more.
    """
    require_admin(user)
    progress.tell(0, 1, "Splitting by animal")
    plan = _plan(ModelKind(kind), selection)
    if obstacles := plan.obstacles():
        raise InvalidInput(obstacles[0])
    placed = _with_pictures(plan, progress)
    content = canonical_json(_manifest(plan, placed, selection))
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"datasets/{sha256}.json"
    tested = [p.entry.fingerprint for p in placed if p.part == "test"]
    keep(tested_path(path), array_bytes(np.array(tested, np.uint8).reshape(-1, SIDE, SIDE)))
    keep(path, content)
    with transaction.atomic():
        dataset = _add(user=user, kind=plan.kind, sha256=sha256, path=path, plan=plan, selection=selection)
        and_then(dataset)
    return dataset


def materialise(dataset: DatasetVersion, folder: Path) -> None:
    """Write the dataset as a training folder: sources.json, <source>/<part>.json, <source>/pictures/.

    The same dataset gives the same bytes at any time. Parts without an image get no file. Nothing else in `folder`
    is touched.

    Raises
    ------
    Conflict
        When a lab whose images are in it took its consent back, or a stored file is gone or damaged.
    """
    if withdrawn := withdrawn_labs(dataset):
        raise Conflict(
            f"{', '.join(withdrawn)} no longer lets its spines train networks, and they are in this dataset. "
            "Start a training on another dataset."
        )
    write_training_folder(read_manifest(dataset.path), folder)


def _plan(kind: ModelKind, selection: DatasetSelection) -> Plan:
    if not 0 <= selection.made_images <= MOST_MADE_IMAGES:
        raise InvalidInput(f"{selection.made_images} made images cannot be made: give 0 to {MOST_MADE_IMAGES:,}.")
    if not (0 <= selection.made_seed <= LARGEST_SEED and 0 <= selection.split_seed <= LARGEST_SEED):
        raise InvalidInput(f"A seed is a whole number from 0 to {LARGEST_SEED}.")
    labs = list(Lab.objects.filter(pk__in=selection.lab_ids).order_by("pk"))
    imported = list(ImportedSet.objects.filter(pk__in=selection.imported_set_ids).order_by("sha256"))
    _refuse_unknown("lab", selection.lab_ids, [lab.pk for lab in labs])
    _refuse_unknown("imported set", selection.imported_set_ids, [row.pk for row in imported])
    return make_plan(kind, labs=labs, imported=imported, seed=selection.split_seed)


def _refuse_unknown(what: str, wanted: Iterable[int], found: Iterable[int]) -> None:
    if missing := sorted(set(wanted) - set(found)):
        raise InvalidInput(f"There is no {what} {missing[0]} any more. Load the page again and choose anew.")


def _with_pictures(plan: Plan, progress: Progress) -> list[Placed]:
    """The plan's images, those of labs now with the file of their stored copy."""
    return [
        p
        if p.entry.view is None
        else replace(
            p,
            entry=replace(
                p.entry, file=plan.file_of_view.get(p.entry.view.key) or keep_picture(reviewed_png(p.entry.view), "png")
            ),
        )
        for p in progress.counted(plan.placed, len(plan.placed), "Copying pictures", every=1)
    ]


def _manifest(plan: Plan, placed: list[Placed], selection: DatasetSelection) -> dict[str, Any]:
    pictures = [
        {
            "source": p.entry.source,
            "part": p.part,
            "group": p.group,
            "keys": sorted(p.entry.keys),
            "file": p.entry.file,
            "view": p.entry.view.key if p.entry.view else "",
            "width_px": p.entry.width_px,
            "height_px": p.entry.height_px,
            "pixel_size_um": p.entry.pixel_size_um,
            "boxes": [[*(round(value, 3) for value in box[:4]), box[4]] for box in p.entry.boxes],
        }
        for p in placed
    ]
    return {
        "format": FORMAT,
        "kind": plan.kind.value,
        "sources": [source.described() for source in plan.sources if source.entries],
        "lab_ids": _lab_ids(plan),
        "made": {"images": selection.made_images, "seed": selection.made_seed},
        "pictures": sorted(pictures, key=lambda picture: (picture["source"], picture["part"], picture["keys"])),
    }


def _lab_ids(plan: Plan) -> list[int]:
    taken = {p.entry.view.result.image.lab.pk for p in plan.placed if p.entry.view}
    return sorted(taken)


def _add(
    *, user: User, kind: ModelKind, sha256: str, path: str, plan: Plan, selection: DatasetSelection
) -> DatasetVersion:
    chosen = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(selection).items()}
    dataset, is_new = DatasetVersion.objects.get_or_create(
        kind=kind,
        sha256=sha256,
        defaults={
            "path": path,
            "selection": {
                **chosen,
                "contributing_lab_ids": _lab_ids(plan),
                "sources": [source.described() for source in plan.sources if source.entries],
            },
            "counts": plan.counts(),
            "created_by": user,
        },
    )
    if is_new:
        audit.record(actor=user, lab=None, action="dataset.frozen", subject=dataset, kind=kind, sha256=sha256)
    return dataset
