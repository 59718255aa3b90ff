"""Which part images were in before. A group keeps its part for good: what was tested on is never trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from spines.models import DatasetVersion, ModelKind
from spines.storage.kept import array_of, kept
from spines.training_sets.fingerprints import Fingerprint, near_duplicates
from spines.training_sets.splitting import PROTECTED


class EarlierDatasets:
    """The manifests of all datasets of a kind that were frozen so far."""

    def __init__(self, kind: ModelKind) -> None:
        self._part_of_key: dict[str, str] = {}
        self.file_of_view: dict[str, str] = {}
        """The stored pictures of lab images that a dataset took already, by `View.key`."""
        self._tested: list[Fingerprint] = []
        for path in DatasetVersion.objects.filter(kind=kind).order_by("pk").values_list("path", flat=True):
            manifest = read_manifest(path)
            for picture in manifest["pictures"]:
                if picture["view"]:
                    self.file_of_view[picture["view"]] = picture["file"]
                for key in picture["keys"]:
                    known = self._part_of_key.get(key, picture["part"])
                    self._part_of_key[key] = min(known, picture["part"], key=PROTECTED.index)
            self._tested += list(_tested(path))

    def part_of(self, keys: Sequence[str]) -> str:
        """The part that something with one of these keys was in, the test part first; "" for none."""
        parts = {self._part_of_key[key] for key in keys if key in self._part_of_key}
        return next((part for part in PROTECTED if part in parts), "")

    def like_tested(self, fingerprints: Sequence[Fingerprint]) -> set[int]:
        """Positions of the pictures that nearly equal one of an earlier test part."""
        if not self._tested or not len(fingerprints):
            return set()
        words = ["now"] * len(fingerprints) + ["then"] * len(self._tested)
        return {pair.first for pair in near_duplicates([*fingerprints, *self._tested], apart=words)}


@lru_cache(maxsize=32)
def read_manifest(path: str) -> dict[str, Any]:
    """A dataset's manifest. Its path names its content, so it is read once."""
    manifest: dict[str, Any] = json.loads(kept(path))
    return manifest


def tested_path(path: str) -> str:
    """Where the fingerprints of the test part of the manifest at `path` lie."""
    return path.removesuffix(".json") + ".test.npy"


@lru_cache(maxsize=32)
def _tested(path: str) -> tuple[Fingerprint, ...]:
    return tuple(np.asarray(array_of(kept(tested_path(path))), np.uint8))
