"""How alike spines look: what the classification network read of each, in 64 numbers.

The features are what its last layer reads (2,048 numbers of InceptionV3), projected on 64 directions of random signs,
which keep distances (Achlioptas 2003, J Comput Syst Sci 66:671-687). The signs are bits of one fixed hash, so that any
machine, release and classifier of so many features has the same ones. Numbers of two classifiers do not compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 64
BYTES = 2 * DIMENSIONS
"""That are stored of a spine: 16 bits a number."""
SEED = b"Spinula, likeness of spines, 1"


@lru_cache(maxsize=4)
def _directions(features: int) -> NDArray[np.float32]:
    """(features, DIMENSIONS), of length 1 / sqrt(DIMENSIONS) each way."""
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(SEED).digest(features * DIMENSIONS // 8), np.uint8))
    signs = np.where(bits, 1, -1).reshape(features, DIMENSIONS)
    return np.asarray(signs / np.sqrt(DIMENSIONS), np.float32)


def reduced(features: NDArray[np.float32]) -> list[bytes]:
    """What is stored of spines with these features (n, d): `BYTES` each, of little-endian 16-bit floats."""
    projected = features.reshape(len(features), -1) @ _directions(features[0].size)
    limit = float(np.finfo(np.float16).max)
    return [row.tobytes() for row in np.clip(projected, -limit, limit).astype("<f2")]


def as_numbers(stored: Sequence[bytes]) -> NDArray[np.float32]:
    """(n, DIMENSIONS) of what is stored."""
    return np.frombuffer(b"".join(stored), "<f2").astype(np.float32).reshape(-1, DIMENSIONS)


def nearest_first(numbers: NDArray[np.float32], of: int) -> NDArray[np.intp]:
    """The rows by their distance from one of them, which comes first."""
    return np.argsort(np.linalg.norm(numbers - numbers[of], axis=1), kind="stable")


def strangeness(numbers: NDArray[np.float32], groups: Sequence[str]) -> NDArray[np.float32]:
    """(n,) how far each row lies from the middle of its group: its distance from the medians over the typical one.

    1 is typical, 3 far out. Rows of a group of fewer than five have 0: nothing is usual there.
    """
    names, told = np.array(groups), np.zeros(len(numbers), np.float32)
    for name in set(groups):
        rows = names == name
        if rows.sum() < 5:
            continue
        away = np.linalg.norm(numbers[rows] - np.median(numbers[rows], axis=0), axis=1)
        told[rows] = away / max(float(np.median(away)), 1e-6)
    return told


def typical_distance(numbers: NDArray[np.float32], *, most: int = 500) -> float:
    """The median distance between two rows, of `most` spread over all of them."""
    some = numbers[np.unique(np.linspace(0, len(numbers) - 1, most).astype(int))]
    if len(some) < 2:
        return 0.0
    one, other = np.triu_indices(len(some), 1)
    return float(np.median(np.linalg.norm(some[one] - some[other], axis=1)))
