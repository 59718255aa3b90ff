"""The boxes of a result that its threshold keeps out: written with the result, and anew when the threshold changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spines.models import AnalysisImage, Candidates, Spine

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What the classifier says of a box."""

    class_probabilities: dict[str, float]
    spine_class: str
    uncertain: bool


@dataclass(frozen=True, kw_only=True)
class CandidateRow:
    """A box below the threshold: (x, y, width, height) in pixels of the original image, and its score.

    `opinion` is None as long as it has been no spine: candidates are many, so they are classified when they become one.
    """

    box_px: Box
    score: float
    opinion: Opinion | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        said = {} if self.opinion is None else dict(vars(self.opinion))
        return {"box_px": list(self.box_px), "score": self.score} | said

    @classmethod
    def read(cls, stored: dict[str, Any]) -> CandidateRow:
        """The inverse of `stored`."""
        said = {name: stored[name] for name in Opinion.__dataclass_fields__ if name in stored}
        x_px, y_px, width_px, height_px = stored["box_px"]
        opinion = Opinion(**said) if said else None
        return cls(box_px=(x_px, y_px, width_px, height_px), score=stored["score"], opinion=opinion)

    @classmethod
    def of(cls, spine: Spine) -> CandidateRow:
        """A spine that a network found, as a candidate."""
        probabilities = spine.class_probabilities
        assert spine.score is not None
        assert probabilities is not None
        opinion = Opinion(class_probabilities=probabilities, spine_class=spine.spine_class, uncertain=spine.uncertain)
        return cls(box_px=(spine.x_px, spine.y_px, spine.width_px, spine.height_px), score=spine.score, opinion=opinion)


def in_reading_order(boxes_px: Sequence[Box]) -> list[int]:
    """The order of boxes by row, then by column of their centres: that in which the detector gives them."""
    return sorted(range(len(boxes_px)), key=lambda n: _centre(boxes_px[n])[::-1])


def _centre(box_px: Box) -> tuple[float, float]:
    x_px, y_px, width_px, height_px = box_px
    return x_px + width_px / 2, y_px + height_px / 2


def write_candidates(result: AnalysisImage, rows: Sequence[CandidateRow]) -> None:
    """Put these in the place of the result's candidates; whoever calls holds the lock of the image's row."""
    Candidates.objects.update_or_create(
        analysis_image=result,
        defaults={"found": [row.stored() for row in rows], "scores": [row.score for row in rows]},
    )


def read_candidates(result: AnalysisImage) -> list[CandidateRow]:
    """The result's candidates; none where it keeps none."""
    kept = Candidates.objects.filter(analysis_image=result).first()
    return [CandidateRow.read(each) for each in kept.found] if kept else []
