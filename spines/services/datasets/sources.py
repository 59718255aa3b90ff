"""What datasets are made from: the reviewed images of labs, and imported sets, in one form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from spines.imaging import FIRST, Polarity
from spines.models import AnalysisImage, ImportedSet, ModelKind
from spines.models.analyses import SEEN_AS
from spines.selectors.datasets.sets import set_facts
from spines.storage.kept import array_of, kept
from spines.training.recipes import DetectorRecipe
from spines.training_sets.fingerprints import Fingerprint
from spines.vocabulary.classes import NETWORK_KEYS

CLASSES = frozenset(NETWORK_KEYS)
CROP_SIDE_PX = DetectorRecipe.crop_px / DetectorRecipe.network_scale  # of the reference scale
FEW_SPINES_A_CROP = 2.0
PARTLY_KNOWN_WITHIN = 0.5
"""Of a set whose spines are marked in part: further from a marked box than this times its side nobody looked."""

MarkedBox = tuple[float, float, float, float, str]
"""x, y, width, height in pixels, and the class."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What does not come into the dataset: so many "images", "spines", "labs" or "sets", and why."""

    what: str
    count: int
    reason: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class View:
    """Which pixels of a lab's image were reviewed."""

    result: AnalysisImage

    @property
    def key(self) -> str:
        """Names the pixels: the file's SHA-256 with channel, projection and plane, and that they were turned round."""
        seen = self.seen
        turned = ["turned"] if seen["polarity"] == Polarity.DARK_ON_LIGHT else []
        image = self.result.image
        place = [] if image.place == FIRST else [repr(image.place)]
        return ":".join([image.sha256, *place, *(str(seen[name]) for name in SEEN_AS[:3]), *turned])

    @property
    def seen(self) -> dict[str, Any]:
        """Channel, projection, plane, pixel size and polarity as they were analysed."""
        own = {name: getattr(self.result, name) for name in SEEN_AS}
        return {name: getattr(self.result.image, name) if own[name] in (None, "") else own[name] for name in SEEN_AS}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An annotated image that a dataset can take.

    `file` is the stored picture, "" for an image of a lab that no dataset has taken yet; `given` the part that its
    set puts it in; `keys` what it must not be parted from.
    """

    source: str
    file: str
    name: str
    keys: tuple[str, ...]
    given: str
    width_px: int
    height_px: int
    pixel_size_um: float | None
    boxes: tuple[MarkedBox, ...]
    fingerprint: Fingerprint
    view: View | None = None

    @property
    def counts(self) -> Counter[str]:
        """Spines by class."""
        return Counter(box[4] for box in self.boxes)


@dataclass(kw_only=True)
class Source:
    """One source of a dataset with its images, and what of it is left out."""

    folder: str
    name: str
    licence: str
    source: str
    box_factor: float = 1.0
    reference_side_px: int | None = None
    has_classes: bool = True
    is_fully_marked: bool = True
    spine_side_px: float | None = None
    advice: str = ""
    lab_ids: tuple[int, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """As a training folder's sources.json and model cards state it."""
        return {
            "folder": self.folder,
            "name": self.name,
            "licence": self.licence,
            "source": self.source,
            "box_factor": self.box_factor,
            "around_spines": self._has_few_spines(),
            "reference_side_px": self.reference_side_px,
            "has_classes": self.has_classes,
            "is_fully_marked": self.is_fully_marked,
            "share": None,
            **({} if self.is_fully_marked else {"known_within": PARTLY_KNOWN_WITHIN}),
            **({"spine_side_px": self.spine_side_px} if self.spine_side_px else {}),
        }

    def _has_few_spines(self) -> bool:
        """Whether a crop anywhere in a picture would mostly show none."""
        spines = area = 0.0
        for entry in self.entries:
            scale = (self.reference_side_px or 0) / max(entry.width_px, entry.height_px) or 1.0
            scale = entry.pixel_size_um / 0.1 if entry.pixel_size_um else scale
            spines, area = spines + len(entry.boxes), area + entry.width_px * entry.height_px * scale**2
        return spines * CROP_SIDE_PX**2 < FEW_SPINES_A_CROP * area


def imported_source(kind: ModelKind, imported: ImportedSet) -> Source:
    """The pictures of an imported set that can teach this kind of network."""
    facts = set_facts(imported)
    source = Source(
        folder=f"set-{imported.sha256[:12]}",
        name=imported.name,
        licence=imported.licence,
        source=imported.source,
        box_factor=imported.box_factor,
        reference_side_px=imported.reference_side_px,
        has_classes=imported.has_classes,
        is_fully_marked=imported.is_fully_marked,
        spine_side_px=imported.spine_side_px,
        advice=facts.advice if facts.needs_scale else "",
    )
    truth = json.loads(kept(f"{imported.path}/truth.json"))
    fingerprints = array_of(kept(f"{imported.path}/fingerprints.npy"))
    for stored, small in zip(truth["pictures"], fingerprints, strict=True):
        own = (key if key.startswith("alike:") else f"{source.folder}:{key}" for key in stored["keys"])
        source.entries.append(
            Entry(
                source=source.folder,
                file=stored["file"],
                name=stored["name"],
                keys=(f"picture:{stored['file']}", *own),
                given=stored["part"],
                width_px=stored["width_px"],
                height_px=stored["height_px"],
                pixel_size_um=stored["pixel_size_um"] or imported.pixel_size_um,
                boxes=tuple((x, y, w, h, str(name)) for x, y, w, h, name in stored["boxes"]),
                fingerprint=small,
            )
        )
    if kind == ModelKind.CLASSIFIER:
        _leave_out_unclassed(source)
    return source


def _leave_out_unclassed(source: Source) -> None:
    none = [entry.name for entry in source.entries if not CLASSES & entry.counts.keys()]
    others = sum(n for entry in source.entries for name, n in entry.counts.items() if name not in CLASSES)
    if none:
        source.left_out.append(left_out("images", none, f"have no spine of the four classes ({source.name})"))
    if others:
        reason = f"are of none of the four classes ({source.name})"
        source.left_out.append(LeftOut(what="spines", count=others, reason=reason))
    source.entries = [entry for entry in source.entries if CLASSES & entry.counts.keys()]


def left_out(what: str, names: Iterable[str], reason: str) -> LeftOut:
    """All of these, the first five as examples."""
    every = list(names)
    return LeftOut(what=what, count=len(every), reason=reason, examples=tuple(every[:5]))
