"""Dendrites traced and spines measured, as rows: after an analysis, and again when people change what they rest on.

Measures follow from the pixels, the boxes and the dendrites alone. They are made without any lock, from a `Basis`, and
written under the lock of the image's row when the basis still holds (`services.review.measured_change`). Boxes that a
person rejected are no spines: they end no neighbour, sit on nothing and have no measures until they are restored.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from spines.imaging import Polarity, Projection
from spines.measure.blur import blur_um, necks_um, withheld_classes
from spines.measure.image import REFERENCE_PIXEL_UM, remeasure, remeasure_changed, seen_pixel_um
from spines.measure.rules import RULE_PRESETS, rule_class
from spines.measure.tracing import trace_dendrites
from spines.measure.types import Box, ByHand, SpineMeasures
from spines.measure.types import Dendrite as TracedDendrite
from spines.measure.versions import MEASURES_VERSION, TRACING_VERSION
from spines.models import AnalysisImage, Dendrite, DendriteSource, Spine, SpineShape
from spines.storage.pixels import analysed_plane
from spines.vocabulary.measures import MEASURES, NECK_WIDTH
from spines.vocabulary.picture_scale import ScaleSource

BOX = ("x_px", "y_px", "width_px", "height_px")
PLACE = ("dendrite", "position_px", "position_um", "side")
NOT_MEASURED: dict[str, Any] = dict.fromkeys((*PLACE, *MEASURES)) | {
    "quality": "",
    "rule_classes": {},
    "apart": False,
}
"""What measuring writes of a spine, as it stands where a spine is not measured."""


TRIES = 5
"""So often what was measured is measured anew, where what it follows from changed meanwhile."""


def plane_as_analysed(result: AnalysisImage) -> NDArray[Any]:
    """The pixels that a finished result was made from, light on dark, whatever view the image has now."""
    assert result.channel is not None
    assert result.plane is not None
    return analysed_plane(
        result.image,
        channel=result.channel,
        projection=Projection(result.projection),
        plane=result.plane,
        polarity=Polarity(result.polarity or Polarity.LIGHT_ON_DARK),
    )


Line = tuple[list[list[float]], list[float]]
"""Points and half widths of a dendrite, as its row keeps them."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the measures of a result follow from, besides the pixels.

    `boxes_px` are those that stand, in the order of their numbers. `lines` is None where dendrites are to be traced.
    """

    boxes_px: list[Box]
    lines: list[Line] | None
    pixel_size_um: float | None
    by_hand: list[ByHand | None] = field(default_factory=list)  # in the order of the boxes; empty: nothing was set
    seen_pixel_um: float | None = None  # what to look for goes by it, where the picture told its scale


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measures that were made from a basis, not written yet. `spines` is by index of its boxes; others stay."""

    traced: list[TracedDendrite] | None
    spines: dict[int, SpineMeasures]
    seconds: float


def basis_of(result: AnalysisImage, *, trace: bool = False) -> Basis:
    """As the rows stand now. With `trace` the dendrites are to be traced anew, unless a person has set them."""
    lines = result.dendrites.order_by("number").values_list("points_px", "radius_px")
    rows = list(result.spines.filter(rejected=False).order_by("number").values_list(*BOX, "outline_by_hand", "base_px"))
    is_traced = trace and result.dendrites_edited_at is None
    return Basis(
        boxes_px=[row[:4] for row in rows],
        by_hand=[_by_hand(*row[4:]) for row in rows],
        lines=None if is_traced else list(lines),
        pixel_size_um=result.pixel_size_um,
        seen_pixel_um=result.scale_pixel_um if result.scale_source == ScaleSource.SEEN else None,
    )


def _by_hand(outline_px: list[list[float]] | None, base_px: list[float] | None) -> ByHand | None:
    if outline_px is None and base_px is None:
        return None
    outline = tuple((x, y) for x, y in outline_px or ())
    return ByHand(outline_px=outline, base_px=None if base_px is None else (base_px[0], base_px[1]))


def hand_of(spine: Spine) -> ByHand | None:
    """What a person set of a spine's shape."""
    return _by_hand(spine.outline_by_hand, spine.base_px)


def lines_of(basis: Basis) -> list[TracedDendrite]:
    """The dendrites of a basis that has them."""
    return [_as_line(*line) for line in basis.lines or ()]


def scale_of(basis: Basis) -> dict[str, Any]:
    """What `spines.measure` wants to know of a plane's scale."""
    scale = None if basis.seen_pixel_um is None else basis.seen_pixel_um / REFERENCE_PIXEL_UM
    return {"pixel_size_um": basis.pixel_size_um, "scale": scale}


def measure(plane: NDArray[Any], basis: Basis, *, before: Basis | None = None) -> Measured:
    """Trace the dendrites, unless the basis has them, and measure the spines. Takes seconds: hold no lock meanwhile.

    Parameters
    ----------
    plane
        (M, N), the pixels that the result was made from.
    before
        From which the result was measured: then only spines that the change reaches are measured anew.
    """
    began = time.perf_counter()
    size = scale_of(basis)
    if basis.lines is None:
        looked_for_um = seen_pixel_um(plane, **size)
        traced = [_kept(line) for line in trace_dendrites(plane, boxes_px=basis.boxes_px, pixel_size_um=looked_for_um)]
        spines = dict(enumerate(remeasure(plane, basis.boxes_px, traced, by_hand=basis.by_hand, **size).spines))
        return Measured(traced=traced, spines=spines, seconds=time.perf_counter() - began)
    lines = lines_of(basis)
    if before is None or before.lines is None:
        spines = dict(enumerate(remeasure(plane, basis.boxes_px, lines, by_hand=basis.by_hand, **size).spines))
    else:
        was: dict[str, Any] = {"boxes_before_px": before.boxes_px}
        was |= {"dendrites_before": lines_of(before), "by_hand_before": before.by_hand}
        spines = remeasure_changed(plane, basis.boxes_px, lines, by_hand=basis.by_hand, **was, **size)
    return Measured(traced=None, spines=spines, seconds=time.perf_counter() - began)


def write_measures(result: AnalysisImage, measured: Measured) -> None:
    """Write what was measured from the `basis_of` the result as it stands; the caller holds the image's lock."""
    said: dict[str, Any] = {"measures_version": MEASURES_VERSION}
    if measured.traced is not None:
        said["tracing_version"] = TRACING_VERSION
        _unseat(result)
        result.dendrites.all().delete()
        rows = Dendrite.objects.bulk_create(
            dendrite_row(result, n, line) for n, line in enumerate(measured.traced, start=1)
        )
    else:
        rows = list(result.dendrites.order_by("number"))
    pks = list(result.spines.filter(rejected=False).order_by("number").values_list("pk", flat=True))
    standing = result.spines.in_bulk([pks[index] for index in measured.spines])  # most stay as they are
    for name, version in said.items():
        setattr(result, name, version)
    _write(result, {standing[pks[index]]: measures for index, measures in measured.spines.items()}, rows)
    AnalysisImage.objects.filter(pk=result.pk).update(**said)  # last: from here on the row is locked
    result.measured_now = frozenset(standing)


def forget_measures(spine: Spine) -> None:
    """Of a spine that was rejected, where no other rests on it."""
    Spine.objects.filter(pk=spine.pk).update(**NOT_MEASURED)
    SpineShape.objects.filter(spine=spine).delete()


def dendrite_row(result: AnalysisImage, number: int, dendrite: TracedDendrite, **said: Any) -> Dendrite:
    """An unsaved row of a result. Coordinates are kept to a hundredth of a pixel, lengths are those of the kept."""
    scale = result.pixel_size_um
    kept = _kept(dendrite)
    return Dendrite(
        analysis_image=result,
        number=number,
        points_px=kept.points_px.tolist(),
        radius_px=kept.radius_px.tolist(),
        length_px=kept.length_px,
        length_um=None if scale is None else kept.length_px * scale,
        **{"source": DendriteSource.TRACED} | said,
    )


def as_traced(row: Dendrite) -> TracedDendrite:
    """A row as `spines.measure` takes it."""
    return _as_line(row.points_px, row.radius_px)


def _as_line(points_px: list[list[float]], radius_px: list[float]) -> TracedDendrite:
    return TracedDendrite(points_px=np.array(points_px, float), radius_px=np.array(radius_px, float))


def _kept(line: TracedDendrite) -> TracedDendrite:
    """Rounded as its row is, so that whoever measures again without a change gets the same figures."""
    return TracedDendrite(points_px=np.round(line.points_px, 2), radius_px=np.round(line.radius_px, 2))


def _rounded(points: NDArray[np.float64]) -> list[Any]:
    rounded: list[Any] = np.round(points, 2).tolist()
    return rounded


def _unseat(result: AnalysisImage) -> None:
    result.spines.update(dendrite=None, position_px=None, position_um=None, side=None)


def _write(result: AnalysisImage, measures: Mapping[Spine, SpineMeasures], dendrites: Sequence[Dendrite]) -> None:
    shapes = []
    blur = blur_um(_necks_um(result, measures))
    unknown = {preset: withheld_classes(preset, blur) for preset in RULE_PRESETS}
    for spine, measured in measures.items():
        _place(spine, measured, dendrites, result.pixel_size_um)
        spine.quality = measured.quality.value
        spine.apart = spine.dendrite is None and bool(dendrites)
        for name in MEASURES:
            setattr(spine, name, measured.value(name))
        classes = {preset: rule_class(preset, measured) for preset in RULE_PRESETS}
        spine.rule_classes = {name: found for name, found in classes.items() if found and found not in unknown[name]}
        if measured.outline_px is not None:
            midline = [] if measured.midline_px is None else _rounded(measured.midline_px)
            shapes.append(SpineShape(spine=spine, outline_px=_rounded(measured.outline_px), midline_px=midline))
    rejected = result.spines.filter(rejected=True).exclude(quality="")
    SpineShape.objects.filter(Q(spine__in=[spine.pk for spine in measures]) | Q(spine__in=rejected)).delete()
    rejected.update(**NOT_MEASURED)
    # All rows are there, so this only updates them, at a tenth of what bulk_update takes.
    Spine.objects.bulk_create(measures, update_conflicts=True, unique_fields=["id"], update_fields=NOT_MEASURED)
    SpineShape.objects.bulk_create(shapes)
    # Of spines that were not measured anew the first or the last dendrite decides, too.
    on_none = result.spines.filter(rejected=False, dendrite=None).exclude(quality="")
    on_none.exclude(apart=bool(dendrites)).update(apart=bool(dendrites))


def _necks_um(result: AnalysisImage, measures: Mapping[Spine, SpineMeasures]) -> list[float]:
    """Widths of all necks of a result, of the spines just measured as they are now."""
    others = result.spines.filter(rejected=False).exclude(**{NECK_WIDTH.key: None})
    others = others.exclude(pk__in=[spine.pk for spine in measures])
    return [*others.values_list(NECK_WIDTH.key, flat=True), *necks_um(measures.values())]


def _place(spine: Spine, measured: SpineMeasures, dendrites: Sequence[Dendrite], pixel_size_um: float | None) -> None:
    seat = measured.seat
    if seat is None:
        spine.dendrite = spine.position_px = spine.position_um = spine.side = None
        return
    spine.dendrite, spine.position_px, spine.side = dendrites[seat.dendrite], seat.position_px, seat.side
    spine.position_um = None if pixel_size_um is None else seat.position_px * pixel_size_um
