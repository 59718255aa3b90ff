"""What a training folder holds: its sources, how each is to be read, and how many made images join them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.training.data.coco import AnnotatedImage, load_annotated
from worker.training.run.errors import TrainingError

SOURCES_NAME = "sources.json"
REFERENCE_PIXEL_SIZE_UM = 0.1
REFERENCE_SPINE_PX = 13.0  # usual longer side of a spine's box at the reference scale


@dataclass(frozen=True, kw_only=True)
class Source:
    """One annotated set of a training folder, and how its pictures are drawn from.

    `share` is how many of the real pictures of a batch come from it; None leaves that to the number of its images.
    """

    folder: str
    name: str = ""
    licence: str = ""
    source: str = ""
    share: float | None = None
    box_factor: float = 1.0  # annotated boxes are shrunk about their centre by this
    around_spines: bool = False  # crops lie about spines, else anywhere in the picture
    reference_side_px: int | None = None  # pictures of another side show the spines in proportion
    has_classes: bool = False
    is_fully_marked: bool = True  # every spine of a picture is annotated
    known_within: float | None = None  # further from every annotated box than this times its side nobody looked
    click_slack: float = 1.0  # boxes are assigned this much larger, since their centres are clicked, then tightened
    spine_side_px: float | None = None  # usual side of the tightened boxes, where it is not that of the reference

    def enlargement(self, image: AnnotatedImage) -> float:
        """Pixels of the reference scale, 0.1 µm where a pixel size is known, to one of the picture."""
        if image.pixel_size_um is not None:
            return image.pixel_size_um / REFERENCE_PIXEL_SIZE_UM
        if self.spine_side_px is not None:
            return REFERENCE_SPINE_PX / self.spine_side_px
        side_px: int = max(image.grey.shape)
        return (self.reference_side_px or side_px) / side_px


WIDE512 = Source(
    folder="wide512",
    name="wide512",
    licence="CC BY 4.0",
    source='Roboflow export "Dendritic2 v2" of the Max Planck Florida Institute, github.com/nspiller/SpineDetector',
    share=0.55,
    box_factor=0.6,  # fixed squares of about 22 px on clicked points, the spines in them about 13 px
    known_within=1.4,  # whole branches are not annotated
    click_slack=1.6,
)
MENG = Source(
    folder="meng",
    name="meng",
    licence="MIT",
    source="github.com/Meng-De-Gong/Dendritic-Spine-Analyzer-YOLO11-",
    share=0.25,
    around_spines=True,  # one dendrite cut out on black, little of the picture
    reference_side_px=1024,  # pictures of 512² show the spines at half the size
    has_classes=True,
)
ZOOM = Source(
    folder="zoom",
    name="zoom",
    licence="CC BY 4.0",
    source="the same export as wide512: single dendrites at high zoom, followed over time",
    share=0.2,
    box_factor=0.45,  # squares of about 127 px around heads of 40 to 60 px
    around_spines=True,
    known_within=0.5,  # only the spines of interest are marked
    click_slack=1.4,
    spine_side_px=57.0,
    is_fully_marked=False,
)


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """A training folder. `made_images` is None where the recipe decides."""

    folder: Path
    sources: tuple[Source, ...]
    made_images: int | None = None
    made_seed: int = 0

    def images(self, source: Source, part: str) -> list[AnnotatedImage]:
        """The pictures of a part ("train", "val", "test") of a source; none where it has no such part."""
        truth = self.folder / source.folder / f"{part}.json"
        return load_annotated(truth) if truth.is_file() else []

    def judged_part(self) -> str:
        """The part that figures are given for: "test" where a source has one, else "val"."""
        return "test" if any((self.folder / s.folder / "test.json").is_file() for s in self.sources) else "val"


def read_training_folder(folder: Path) -> TrainingData:
    """Read what a training folder holds; without `sources.json`, wide512, meng and zoom. Raises TrainingError."""
    listed = folder / SOURCES_NAME
    if not listed.is_file():
        return TrainingData(folder=folder, sources=(WIDE512, MENG, ZOOM))
    try:
        stated: dict[str, Any] = json.loads(listed.read_text(encoding="utf-8"))
        made = stated.get("made") or {}
        return TrainingData(
            folder=folder,
            sources=tuple(Source(**entry) for entry in stated["sources"]),
            made_images=made.get("images"),
            made_seed=made.get("seed", 0),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{listed} does not state the sources of a training ({error}): write it anew.") from error
