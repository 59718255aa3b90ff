"""The measures of a spine: each a row here, which columns, pages, exports, API, report and tests are made from.

A measure that follows from the outline names the function that computes it (`of`); the others come out of the midline
and the brightness in `spines.measure.shape`. CONTRIBUTING.md shows how to add one.
"""

from __future__ import annotations

from dataclasses import dataclass

from spines.measure.outlined import OfOutline
from spines.vocabulary.numbers import UM, UM2, Unit


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure. `key` ends in its unit and is its column in the database and in every table.

    `definition` says what it is and when it is empty, `caveat` what a reader must know beside its numbers. `short`
    heads the columns of pages, `note` explains it on the image page. `of` computes it from an outline.
    """

    key: str
    label: str
    unit: Unit
    definition: str
    caveat: str = ""
    short: str = ""
    note: str = ""
    of: OfOutline | None = None
    needs_pixel_size: bool = True
    absent: str = "–"
    """Said on the image page of a measured spine that has none."""
    faint: str = ""
    """Said instead where `part_of`, another measure's key, has a number."""
    part_of: str = ""
    resolved_um: float | None = None
    """Below this the microscope shows it too wide, which the image page says beside it."""
    is_listed: bool = False
    """Stands in the list of an experiment's spines."""
    is_in_tip: bool = False
    """Stands at the pointer over a spine of a picture."""

    @property
    def axis(self) -> str:
        """As an axis or a column is headed."""
        return f"{self.label.lower()}, {self.unit.symbol}" if self.unit.symbol else self.label.lower()

    @property
    def heading(self) -> str:
        """The short label."""
        return self.short or self.label


_PROJECTED = "Measured in the picture's plane: what points along the optical axis is shortened."

LENGTH = Measure(
    key="length_um",
    label="Length",
    unit=UM,
    definition="Along the spine's midline from the dendrite's surface to the tip.",
    caveat=_PROJECTED,
    is_listed=True,
    is_in_tip=True,
)
HEAD_WIDTH = Measure(
    key="head_width_um",
    label="Head width",
    short="Head",
    unit=UM,
    definition="Largest width at right angles to the midline in the outer part.",
    is_listed=True,
    is_in_tip=True,
)
NECK_LENGTH = Measure(
    key="neck_length_um",
    label="Neck length",
    unit=UM,
    definition="From the dendrite's surface to where the head begins; empty without a neck.",
    caveat=f"{_PROJECTED} Spines without a constriction have none.",
    absent="none",
)
NECK_WIDTH = Measure(
    key="neck_width_um",
    label="Neck width",
    short="Neck",
    unit=UM,
    definition="Smallest width between head and dendrite; empty without a neck, or too faint.",
    caveat="Necks narrower than the microscope resolves (about 0.35–0.4 µm for two-photon) come out too wide: compare "
    "them between conditions, do not quote them as sizes. Spines without a constriction have none.",
    absent="none: no constriction",
    faint="too faint to tell",
    part_of=NECK_LENGTH.key,
    resolved_um=0.4,
    is_listed=True,
)
AREA = Measure(
    key="area_um2",
    label="Area",
    unit=UM2,
    definition="Area within the outline.",
    caveat="Of the spine's outline in the picture's plane.",
    is_listed=True,
)
INTENSITY = Measure(
    key="intensity_ratio",
    label="Intensity ratio",
    short="Intensity",
    unit=UM2,
    definition="Summed intensity of the spine over the mean intensity of the shaft beside it, both above background: a "
    "proxy for volume.",
    caveat="The spine's summed intensity over the mean of the shaft beside it: a proxy for volume, not a volume.",
    note="Summed intensity over the mean intensity of the shaft beside it: stands in for volume",
)

MEASURES = {measure.key: measure for measure in (LENGTH, HEAD_WIDTH, NECK_WIDTH, NECK_LENGTH, AREA, INTENSITY)}
"""By key, in the order of every table and export."""
