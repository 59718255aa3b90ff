"""The model card that lies beside a network: what it needs, at which operating point, and where it is from."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from spines.errors import DomainError
from spines.vocabulary.classes import NETWORK_KEYS

SPINE_CLASSES: tuple[str, ...] = NETWORK_KEYS
MODEL_FILE = "model.onnx"
CARD_FILE = "card.json"
PRETRAINED_FOLDER = Path(__file__).resolve().parent.parent / "pretrained"

TILE_MULTIPLE_PX = 32
LARGEST_TILE_PX = 1536  # a field of 1024² enlarged 1.5 times is one tile: overlaps would cost a quarter more
DEFAULT_OVERLAP_PX = 96
DEFAULT_TYPICAL_BOX_PX = 11.5
DEFAULT_SCORE_ABOVE = 0.18
"""Of the way from the threshold to 1, where a card does not say: the typical score of a box."""


class BrokenModel(DomainError):
    """A network's folder is incomplete, its card does not hold what it must, or its file was altered."""


class ClassifierOutput(StrEnum):
    """What the classifier's last layer gives."""

    LOGITS = "logits"
    PROBABILITIES = "probabilities"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What both kinds of network state."""

    folder: Path
    kind: str
    name: str
    version: str
    sha256: str
    raw: dict[str, Any]

    @property
    def model_path(self) -> Path:
        """The ONNX file."""
        return self.folder / MODEL_FILE


@dataclass(frozen=True, kw_only=True)
class DetectorCard(Card):
    """A detector: boxes of spines in a tile.

    `score_threshold` is the operating point. Of two boxes that overlap by more than `nms_iou`, or whose
    centres are nearer than `nms_centre_distance` times the mean of their longer sides, the lesser goes.
    The network sees pictures of `target_pixel_size_um`, or of an unknown pixel size, enlarged by `network_scale`.
    At that size its boxes are `typical_box_px` wide in half of the images or more, and of a mean score of
    `typical_score`: by these two the scale of an image is told (`worker.inference.scale`).
    """

    score_threshold: float
    nms_iou: float
    nms_centre_distance: float
    target_pixel_size_um: float | None
    network_scale: float
    tile_px: int
    overlap_px: int
    typical_box_px: float = DEFAULT_TYPICAL_BOX_PX
    typical_score: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ClassifierCard(Card):
    """A classifier: probabilities of the four classes for a fixed window around a spine's centre.

    The network's input is `crop * input_scale + input_offset` with the crop in [0, 1]. With `turned_windows` each
    window is turned towards its light first (`worker.preprocess.crop_windows`), so that its class does not hang on
    how the dendrite lies in the picture.
    """

    window_px: float
    input_size_px: int
    input_scale: float
    input_offset: float
    output: ClassifierOutput
    temperature: float
    uncertain_below: float
    test_time_flips: int
    turned_windows: bool


def load_detector_card(folder: Path) -> DetectorCard:
    """The detector's card in `folder`, checked. Raises BrokenModel."""
    fields = _Fields(folder, kind="detector")
    tile_px = fields.integer("tile_px", low=TILE_MULTIPLE_PX, high=LARGEST_TILE_PX, default=LARGEST_TILE_PX)
    if tile_px % TILE_MULTIPLE_PX:
        raise fields.wrong("tile_px", f"a multiple of {TILE_MULTIPLE_PX}")
    threshold = fields.number("score_threshold", low=0, high=1)
    typical_score = threshold + DEFAULT_SCORE_ABOVE * (1 - threshold)
    return DetectorCard(
        **fields.common(),
        score_threshold=threshold,
        nms_iou=fields.number("nms_iou", low=0, high=1),
        nms_centre_distance=fields.number("nms_centre_distance", low=0, high=2, default=0),
        target_pixel_size_um=fields.number_or_none("target_pixel_size_um", low=1e-4, high=100),
        network_scale=fields.number("network_scale", low=0.25, high=4, default=1),
        tile_px=tile_px,
        overlap_px=fields.integer("overlap_px", low=0, high=tile_px // 2, default=DEFAULT_OVERLAP_PX),
        typical_box_px=fields.number("typical_box_px", low=1, high=1000, default=DEFAULT_TYPICAL_BOX_PX),
        typical_score=fields.number("typical_score", low=threshold, high=1, default=typical_score),
    )


def load_classifier_card(folder: Path) -> ClassifierCard:
    """The classifier's card in `folder`, checked. Raises BrokenModel."""
    fields = _Fields(folder, kind="classifier")
    if tuple(fields.raw.get("classes", ())) != SPINE_CLASSES:
        raise fields.wrong("classes", f"{list(SPINE_CLASSES)}, in this order")
    flips = fields.integer("test_time_flips", low=1, high=4, default=1)
    if flips == 3:
        raise fields.wrong("test_time_flips", "1, 2 or 4")
    output = fields.raw.get("output")
    if output not in list(ClassifierOutput):
        raise fields.wrong("output", "logits or probabilities")
    return ClassifierCard(
        **fields.common(),
        window_px=fields.number("window_px", low=1, high=4096),
        input_size_px=fields.integer("input_size_px", low=16, high=1024),
        input_scale=fields.number("input_scale", low=1e-6, high=1e6),
        input_offset=fields.number("input_offset", low=-1e6, high=1e6),
        output=ClassifierOutput(output),
        temperature=fields.number("temperature", low=0.01, high=100),
        uncertain_below=fields.number("uncertain_below", low=0, high=1),
        test_time_flips=flips,
        turned_windows=fields.flag("turned_windows", default=False),
    )


def check_model_file(card: Card) -> None:
    """Compare the ONNX file with the card's sha256. Raises BrokenModel when it is absent or another."""
    try:
        with card.model_path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise BrokenModel(
            f"The {card.kind}'s network file {card.model_path} is missing: "
            f"put it back from the repository or the training run that wrote {CARD_FILE}."
        ) from None
    if found != card.sha256:
        raise BrokenModel(
            f"The {card.kind}'s network file {card.model_path} is not the one its card describes "
            f"(sha256 {found[:12]}…, the card says {card.sha256[:12]}…): "
            "put the file and its card back together from one training run."
        )


class _Fields:
    """Typed access to a card's JSON; every failure names the file and the field."""

    def __init__(self, folder: Path, *, kind: str) -> None:
        self.folder = folder
        self.kind = kind
        path = folder / CARD_FILE
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BrokenModel(
                f"There is no {kind} in {folder}: {CARD_FILE} is missing. "
                f"Train one with manage.py train {kind}, or name a folder that has one."
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise BrokenModel(f"The model card {path} is not JSON: put it back from its training run.") from None
        if not isinstance(raw, dict) or raw.get("kind") != kind:
            raise BrokenModel(f"The model card {path} does not describe a {kind}: name the folder of one.")
        self.raw: dict[str, Any] = raw

    def wrong(self, key: str, wanted: str) -> BrokenModel:
        return BrokenModel(
            f"The model card {self.folder / CARD_FILE} has no usable {key}: it must be {wanted}. "
            "Put the card back from its training run."
        )

    def text(self, key: str) -> str:
        value = self.raw.get(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "a text")
        return value

    def number(self, key: str, *, low: float, high: float, default: float | None = None) -> float:
        value = self.raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        if not low <= value <= high:
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def number_or_none(self, key: str, *, low: float, high: float) -> float | None:
        return None if self.raw.get(key) is None else self.number(key, low=low, high=high)

    def integer(self, key: str, *, low: int, high: int, default: int | None = None) -> int:
        value = self.raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def common(self) -> dict[str, Any]:
        return {
            "folder": self.folder,
            "kind": self.kind,
            "name": self.text("name"),
            "version": self.text("version"),
            "sha256": self.text("sha256").lower(),
            "raw": self.raw,
        }
