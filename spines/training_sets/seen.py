"""Pictures that the shipped networks were trained on, told by hashes, since the pictures themselves do not ship.

A file's SHA-256 tells the very same file. A perceptual hash tells the same picture recompressed, resized, turned,
mirrored or in other light: the signs of the lowest frequencies of its fingerprint. On wide512, meng and zoom such
copies differ in 25 of 255 bits at most for 19 of 20, different pictures in 51 or more; shifted or cropped copies are
not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from spines.training_sets.fingerprints import Fingerprint, fine_structure

ALIKE_BITS = 36
FREQUENCIES = 16
NONE = -1

Bits = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A set, and the part of it, in which a network saw a picture."""

    name: str
    part: str


@dataclass(frozen=True, kw_only=True)
class SeenPictures:
    """The pictures that networks saw: hashes (n, 32) and file hashes (n, 32) as bytes, and where each was seen."""

    hashes: NDArray[np.uint8]
    files: NDArray[np.uint8]
    places: NDArray[np.int16]
    where: tuple[Seen, ...]

    def find(self, fingerprints: Sequence[Fingerprint], files: Sequence[str]) -> list[Seen | None]:
        """Where each picture was seen, None for nowhere; `files` are SHA-256 in hexadecimal, "" where unknown."""
        if not len(fingerprints) or not len(self.hashes):
            return [None] * len(fingerprints)
        known = np.unpackbits(self.hashes, axis=1)[:, : FREQUENCIES**2 - 1].astype(np.float32)
        off = np.full(len(fingerprints), np.inf, np.float32)
        nearest = np.zeros(len(fingerprints), np.intp)
        for turned in _turned(frequencies(fingerprints)):
            bits = (turned > 0).astype(np.float32)
            differ = bits.sum(axis=1)[:, None] + known.sum(axis=1) - 2 * bits @ known.T
            least = differ.argmin(axis=1)
            value = differ[np.arange(len(bits)), least]
            nearest = np.where(value < off, least, nearest)
            off = np.minimum(off, value)
        by_file = {bytes(row): number for number, row in enumerate(self.files)}
        found: list[Seen | None] = []
        for number, file in enumerate(files):
            same = by_file.get(bytes.fromhex(file)) if file else None
            row = same if same is not None else int(nearest[number]) if off[number] <= ALIKE_BITS else NONE
            found.append(None if row == NONE else self.where[self.places[row]])
        return found

    def save(self, path: Path) -> None:
        """Write them as one small file."""
        names = np.array([f"{seen.name}\0{seen.part}" for seen in self.where])
        np.savez_compressed(path, hashes=self.hashes, files=self.files, places=self.places, where=names)


def read_seen(path: Path) -> SeenPictures:
    """Read what `save` wrote; none where there is no file."""
    if not path.is_file():
        nothing = np.zeros((0, 32), np.uint8)
        return SeenPictures(hashes=nothing, files=nothing, places=np.zeros(0, np.int16), where=())
    with np.load(path) as stored:
        where = tuple(Seen(name=name, part=part) for name, _, part in (str(w).partition("\0") for w in stored["where"]))
        return SeenPictures(
            hashes=stored["hashes"], files=stored["files"], places=stored["places"].astype(np.int16), where=where
        )


def note_seen(fingerprints: Sequence[Fingerprint], files: Sequence[str], where: Sequence[Seen]) -> SeenPictures:
    """The hashes of pictures, each with where it was seen."""
    places = tuple(sorted(set(where), key=lambda seen: (seen.name, seen.part)))
    coefficients = frequencies(fingerprints).reshape(len(fingerprints), -1)[:, 1:]
    return SeenPictures(
        hashes=np.packbits(coefficients > 0, axis=1),
        files=np.array([list(bytes.fromhex(file)) for file in files], np.uint8),
        places=np.array([places.index(seen) for seen in where], np.int16),
        where=places,
    )


def frequencies(fingerprints: Sequence[Fingerprint]) -> NDArray[np.float32]:
    """(n, FREQUENCIES, FREQUENCIES): the lowest cosine frequencies of the fine structure."""
    planes = fine_structure(np.stack(fingerprints))
    whole = dctn(planes, axes=(1, 2), norm="ortho")
    return np.asarray(whole[:, :FREQUENCIES, :FREQUENCIES], np.float32)


def _turned(coefficients: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """(n, …) of the picture in all eight turns and mirror images, without the mean: a mirror turns odd signs round."""
    signs = np.where(np.arange(FREQUENCIES) % 2, -1.0, 1.0).astype(np.float32)
    across, down = signs[None, None, :], signs[None, :, None]
    both = (coefficients, coefficients.swapaxes(1, 2))
    turned = [plane * x * y for plane in both for x in (1.0, across) for y in (1.0, down)]
    return [np.asarray(each.reshape(len(each), -1)[:, 1:], np.float32) for each in turned]
