"""The old domains of a site, on which a candidate must not lose: imported sets and labs that a dataset leaves out."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from spines.models import DatasetVersion, ImportedSet, Lab, ModelKind
from spines.selectors.datasets.contents import usable_for
from spines.services.datasets.earlier_parts import EarlierDatasets
from spines.services.datasets.folder import write_training_folder
from spines.services.datasets.pixels import reviewed_png
from spines.services.datasets.reviewed import reviewed_source
from spines.services.datasets.seen import seen_of
from spines.services.datasets.sources import Entry, Source, View, imported_source
from spines.storage.kept import kept_picture

MOST_PICTURES = 48
"""Of a source: judging more would take minutes, and independent groups count, not pictures."""


def write_panel(dataset: DatasetVersion, folder: Path) -> bool:
    """Write the panel of a training on `dataset` as a training folder; False, and nothing, where there is none.

    A lab is asked in so far as it lets its spines train networks. Pictures that some training of this kind or the
    shipped networks saw are left out, and so are those that a set itself puts into its train part: what a network
    learnt by heart shows nothing. The pictures of labs are not kept in storage. Raises Conflict when a picture is gone.
    """
    kind = ModelKind(dataset.kind)
    chosen = dataset.selection
    labs = list(Lab.objects.filter(lets_train=True).exclude(pk__in=chosen.get("lab_ids", [])).order_by("pk"))
    sets = ImportedSet.objects.exclude(pk__in=chosen.get("imported_set_ids", [])).order_by("sha256")
    sources = [imported_source(kind, each) for each in sets if not usable_for(kind, each)]
    sources += [replace(reviewed_source(kind, [lab]), folder=f"lab-{lab.pk}", name=lab.name) for lab in labs]
    if not any(source.entries for source in sources):
        return False
    earlier = EarlierDatasets(kind)
    views: dict[str, View] = {}
    pictures, used = [], []
    for source in sources:
        saw = seen_of(source.entries)
        pairs = zip(source.entries, saw, strict=True)
        unseen = [entry for entry, seen in pairs if seen is None and _is_unseen(entry, earlier)][:MOST_PICTURES]
        if unseen:
            used.append(source)
            pictures += [_picture(source, entry, views) for entry in unseen]
    if not pictures:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"sources": [each.described() for each in used], "made": {"images": 0, "seed": 0}, "pictures": pictures}
    write_training_folder(
        manifest, folder, content_of=lambda name: reviewed_png(views[name]) if name in views else kept_picture(name)
    )
    return True


def _is_unseen(entry: Entry, earlier: EarlierDatasets) -> bool:
    return (earlier.part_of(entry.keys) or entry.given) not in {"train", "val"} and bool(entry.boxes)


def _picture(source: Source, entry: Entry, views: dict[str, View]) -> dict[str, object]:
    """As a manifest lists it; what belongs together is named by the first thing that it has in common.

    Pictures of labs are named by their pixels, and noted in `views`.
    """
    file = entry.file
    if entry.view is not None:
        file = f"{hashlib.sha256(entry.view.key.encode()).hexdigest()}.png"
        views[file] = entry.view
    together = [key for key in entry.keys if not key.startswith(("picture:", "image:", "file:"))]
    return {
        "source": source.folder,
        "part": "test",
        "group": min(together, default=entry.keys[0]),
        "file": file,
        "width_px": entry.width_px,
        "height_px": entry.height_px,
        "pixel_size_um": entry.pixel_size_um,
        "boxes": [list(box) for box in entry.boxes],
    }
