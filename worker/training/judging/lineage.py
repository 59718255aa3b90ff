"""What a network came from: the one it goes on from, and all that this one saw, for the card of the new one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from worker.inference.card import CARD_FILE
from worker.training.judging.card import DataSource

STARTED_FROM = "started_from.json"


def note_beginning(run_folder: Path, start_from: Path | None) -> None:
    """Keep the card of the network that a run goes on from beside its checkpoint, for exports later on."""
    run_folder.mkdir(parents=True, exist_ok=True)
    kept = run_folder / STARTED_FROM
    if start_from is None:
        kept.unlink(missing_ok=True)
    elif (start_from / CARD_FILE).is_file():
        shutil.copyfile(start_from / CARD_FILE, kept)


def beginning_of(run_folder: Path) -> Mapping[str, Any] | None:
    """The card of the network that a run went on from; None where it began anew."""
    try:
        card: dict[str, Any] = json.loads((run_folder / STARTED_FROM).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return card


def named(card: Mapping[str, Any]) -> str:
    """Name and version of a card's network."""
    return f"{card.get('name', 'a network')} {card.get('version', '')}".strip()


def data_through(card: Mapping[str, Any]) -> list[DataSource]:
    """All that a network saw, as the card of one that goes on from it names it. Raises KeyError, TypeError."""
    sources = [DataSource(**entry) for entry in card["data"]]
    through = f"through {named(card)}"
    return [
        source if "(through " in source.part else replace(source, part=f"{source.part} ({through})")
        for source in sources
    ]
