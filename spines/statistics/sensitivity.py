"""What the detector's errors could do to a difference of densities: spines that are missed, and boxes that are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spines.statistics.types import MeasureTest
from spines.vocabulary.numbers import INDEX, SHARE, in_words

LEAST_SPINES = 20
"""That people looked at in a condition, for its recall to be told."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """In images of a condition whose boxes were all called right: boxes that are spines, boxes that are none, spines
    that people added."""

    images: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def is_told(self) -> bool:
        """People looked at enough to say how good it is."""
        return self.right + self.missed >= LEAST_SPINES

    @property
    def recall(self) -> float:
        """Of the spines that people see, the share that has a box."""
        return self.right / (self.right + self.missed)

    @property
    def precision(self) -> float:
        """Of the boxes, the share that people call spines."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def factor(self) -> float:
        """True density over that of boxes alone."""
        return self.precision / self.recall if self.recall else 1.0


def sensitivity(test: MeasureTest, detection: Mapping[str, Detection]) -> list[str]:
    """Of each pair with a ratio: what would make the difference by itself, and what measured errors make of it.

    Errors that are alike in both conditions leave the ratio as it is: if 8 % are missed in both, both densities
    are 1 / 0.92 times as high. Only where they differ the ratio does.
    """
    said = []
    for pair in test.pairs:
        if pair.p_value is None or not pair.ratio or not pair.ratio > 0:
            continue
        low, high = (pair.second, pair.first) if pair.ratio < 1 else (pair.first, pair.second)
        fewer = 1 - min(pair.ratio, 1 / pair.ratio)
        text = (
            f"{pair.second} against {pair.first}: spines that are missed alike in both change no ratio. To make this "
        )
        text += (
            f"one by itself ({INDEX.mean(pair.ratio)}), {SHARE.value(fewer)} % fewer of the spines would have to be "
        )
        text += f"found in {low} than in {high}."
        one, other = detection.get(pair.first), detection.get(pair.second)
        if one and other and one.is_told and other.is_told:
            corrected = pair.ratio * other.factor / one.factor
            text += f" Where people looked at every box the detector found {_words(other)} in {pair.second} and "
            text += f"{_words(one)} in {pair.first}; with these errors in all images the ratio would be "
            text += f"{INDEX.mean(corrected)}."
        said.append(text)
    return said


def _words(of: Detection) -> str:
    return (
        f"{SHARE.value(of.recall)} % of the spines, {SHARE.value(of.precision)} % of its boxes right "
        f"({in_words(of.images, 'image')})"
    )
