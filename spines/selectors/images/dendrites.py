"""The dendrites of an image's result, how densely each is set, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass

from spines.models import AnalysisImage, Dendrite, Density
from spines.selectors.results.rows import standing_spines
from spines.vocabulary.classes import DEFAULT, LEFT_OUT, ClassSet
from spines.vocabulary.densities import per_10_um, per_um


@dataclass(frozen=True, kw_only=True)
class ImageDendrites:
    """`rows` with their `density`. `on_none` counts the spines that sit on no dendrite; where there are rows, these are
    listed apart and count nowhere.

    Lengths in µm and densities are None without a pixel size.
    """

    rows: list[Dendrite]
    on_none: int
    classes: ClassSet = DEFAULT

    @property
    def length_px(self) -> float:
        """Of all dendrites together."""
        return sum(row.length_px for row in self.rows)

    @property
    def length_um(self) -> float | None:
        """Of all dendrites together."""
        lengths = [row.length_um for row in self.rows if row.length_um is not None]
        return sum(lengths) if lengths else None

    @property
    def spines(self) -> int:
        """On all dendrites together."""
        return sum(row.density.spines for row in self.rows)

    @property
    def spines_per_um(self) -> float | None:
        """All spines on dendrites over the whole length."""
        return per_um(self.spines, self.length_um)

    @property
    def spines_per_10_um(self) -> float | None:
        """The same for ten micrometres."""
        return per_10_um(self.spines_per_um)

    @property
    def without_left_out_per_um(self) -> float | None:
        """Spines on dendrites but those of the class `LEFT_OUT`, over the whole length."""
        without = self.spines - sum(
            row.density.by_class.get(name, 0) for row in self.rows for name in self.classes.standing_for(LEFT_OUT)
        )
        return per_um(without, self.length_um)


def dendrites_of_result(result: AnalysisImage | None) -> ImageDendrites | None:
    """None where the image has no result."""
    if result is None:
        return None
    rows = list(result.dendrites.order_by("number"))
    # By their keys, not by a join: PostgreSQL counts only these then, not every spine that there is.
    for density in Density.objects.in_bulk([row.pk for row in rows]).values():
        density.dendrite = next(row for row in rows if row.pk == density.pk)
    return ImageDendrites(
        rows=rows,
        on_none=standing_spines(result).filter(dendrite=None).count(),
        classes=result.image.experiment.classes,
    )
