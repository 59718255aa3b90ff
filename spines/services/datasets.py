"""Datasets: what a training is done on, chosen, split by animal and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spines.models import DatasetVersion, ModelKind, User


@dataclass(frozen=True, kw_only=True)
class DatasetSelection:
    """What a dataset is made from. The same selection of the same rows gives the same dataset."""

    lab_ids: tuple[int, ...] = ()
    imported_set_ids: tuple[int, ...] = ()
    made_images: int = 0
    made_seed: int = 0
    split_seed: int = 0


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What does not come into the dataset: so many "images", "spines", "labs" or "sets", and why."""

    what: str
    count: int
    reason: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourceCounts:
    """One source's share of a dataset; `counts` as in `DatasetPreview`."""

    name: str
    counts: dict[str, dict[str, int]]


@dataclass(frozen=True, kw_only=True)
class DatasetPreview:
    """What freezing would give.

    `counts` is {part: {"images": n, "spines": n, class: n}} over train, val and test. `joined` says which
    groups were put on one side, `problems` what weakens a training, `obstacles` what makes it impossible.
    """

    kind: ModelKind
    counts: dict[str, dict[str, int]]
    sources: tuple[SourceCounts, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    joined: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()

    @property
    def is_trainable(self) -> bool:
        """Whether freezing is possible."""
        return not self.obstacles


def preview(*, user: User, kind: ModelKind | str, selection: DatasetSelection) -> DatasetPreview:
    """Count what the selection would give, part by part. Site admins only."""
    raise NotImplementedError


def freeze(*, user: User, kind: ModelKind | str, selection: DatasetSelection) -> DatasetVersion:
    """Keep the selection as a dataset that never changes. Site admins only."""
    raise NotImplementedError


def materialise(dataset: DatasetVersion, folder: Path) -> None:
    """Write the dataset as a training folder."""
    raise NotImplementedError
