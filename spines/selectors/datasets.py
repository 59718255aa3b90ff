"""What a dataset can be made from, and what one was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spines.models import DatasetVersion, ImportedSet, Lab, ModelKind


@dataclass(frozen=True, kw_only=True)
class LabChoice:
    """A lab with what it has to train on."""

    lab: Lab
    lets_train: bool
    reviewed_spines: int
    reviewed_images: int


@dataclass(frozen=True, kw_only=True)
class SetChoice:
    """An imported set, and why it cannot teach this kind of network where it cannot."""

    imported_set: ImportedSet
    is_usable: bool
    reason: str = ""


def lab_choices() -> list[LabChoice]:
    """All labs, those that let their spines train networks first."""
    raise NotImplementedError


def set_choices(kind: ModelKind | str) -> list[SetChoice]:
    """All imported sets, with whether they can teach this kind of network."""
    raise NotImplementedError


def dataset_sources(dataset: DatasetVersion) -> list[dict[str, Any]]:
    """Name, licence and source of each source of a dataset, as a card cites them."""
    raise NotImplementedError


def withdrawn_labs(dataset: DatasetVersion) -> list[str]:
    """The labs of a dataset that no longer let networks be trained on their spines, or are gone."""
    raise NotImplementedError
