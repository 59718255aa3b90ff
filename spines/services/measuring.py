"""Dendrites traced and spines measured, as rows: after an analysis, and again when people change what they rest on.

Whoever calls holds the lock of the image's row. Measures follow from the pixels, the boxes and the dendrites alone, so
they are written anew as a whole, never mended. Boxes that a person rejected are no spines: they end no neighbour, sit
on nothing and have no measures until they are restored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.imaging import Projection
from spines.measure.image import remeasure
from spines.measure.rules import RULE_PRESETS, rule_class
from spines.measure.tracing import trace_dendrites
from spines.measure.types import Dendrite as TracedDendrite
from spines.measure.types import SpineMeasures
from spines.models import AnalysisImage, Dendrite, DendriteSource, Spine, SpineShape
from spines.models.results import MEASURES
from spines.pixels import stored_plane

PLACE = ("dendrite", "position_px", "position_um", "side")
NOT_MEASURED: dict[str, Any] = dict.fromkeys((*PLACE, *MEASURES)) | {"quality": "", "rule_classes": {}}
"""What measuring writes of a spine, as it stands where a spine is not measured."""


def plane_as_analysed(result: AnalysisImage) -> NDArray[Any]:
    """The pixels that a finished result was made from, whatever view the image has now."""
    assert result.channel is not None
    assert result.plane is not None
    return stored_plane(
        result.image, channel=result.channel, projection=Projection(result.projection), plane=result.plane
    )


def measure_result(result: AnalysisImage, plane: NDArray[Any]) -> float:
    """Trace the dendrites of a result, unless a person has set them, and measure its spines.

    Parameters
    ----------
    plane
        (M, N), the pixels that the result was made from.

    Returns
    -------
    float
        Seconds that tracing and measuring took, writing left out.
    """
    if result.dendrites_edited_at is not None:
        return remeasure_result(result, plane)
    began = time.perf_counter()
    traced = trace_dendrites(plane, pixel_size_um=result.pixel_size_um, boxes_px=_boxes_px(_standing(result)))
    trace_s = time.perf_counter() - began
    _unseat(result)
    result.dendrites.all().delete()
    Dendrite.objects.bulk_create(dendrite_row(result, n, dendrite) for n, dendrite in enumerate(traced, start=1))
    # Against the rows, which are rounded: whoever measures again without a change gets the same figures.
    return trace_s + remeasure_result(result, plane)


def remeasure_result(result: AnalysisImage, plane: NDArray[Any]) -> float:
    """Measure the spines of a result against the dendrites that it has. Returns the seconds that measuring took."""
    spines = _standing(result)
    rows = list(result.dendrites.order_by("number"))
    dendrites = [as_traced(row) for row in rows]
    began = time.perf_counter()
    measured = remeasure(plane, _boxes_px(spines), dendrites, pixel_size_um=result.pixel_size_um)
    measure_s = time.perf_counter() - began
    _write(result, spines, measured.spines, rows)
    return measure_s


def forget_measures(spine: Spine) -> None:
    """Of a spine that was rejected, where no other rests on it."""
    Spine.objects.filter(pk=spine.pk).update(**NOT_MEASURED)
    SpineShape.objects.filter(spine=spine).delete()


def dendrite_row(result: AnalysisImage, number: int, dendrite: TracedDendrite, **said: Any) -> Dendrite:
    """An unsaved row of a result. Coordinates are kept to a hundredth of a pixel, lengths are those of the kept."""
    scale = result.pixel_size_um
    kept = TracedDendrite(points_px=np.round(dendrite.points_px, 2), radius_px=np.round(dendrite.radius_px, 2))
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
    return TracedDendrite(points_px=np.array(row.points_px, float), radius_px=np.array(row.radius_px, float))


def _standing(result: AnalysisImage) -> list[Spine]:
    return list(result.spines.filter(rejected=False).order_by("number"))


def _boxes_px(spines: Sequence[Spine]) -> list[tuple[float, float, float, float]]:
    return [(s.x_px, s.y_px, s.width_px, s.height_px) for s in spines]


def _rounded(points: NDArray[np.float64]) -> list[Any]:
    rounded: list[Any] = np.round(points, 2).tolist()
    return rounded


def _unseat(result: AnalysisImage) -> None:
    result.spines.update(dendrite=None, position_px=None, position_um=None, side=None)


def _write(
    result: AnalysisImage, spines: Sequence[Spine], measures: Sequence[SpineMeasures], dendrites: Sequence[Dendrite]
) -> None:
    shapes = []
    for spine, measured in zip(spines, measures, strict=True):
        _place(spine, measured, dendrites, result.pixel_size_um)
        spine.quality = measured.quality.value
        for name in MEASURES:
            setattr(spine, name, getattr(measured, name))
        classes = {preset: rule_class(preset, measured) for preset in RULE_PRESETS}
        spine.rule_classes = {preset: found for preset, found in classes.items() if found}
        if measured.outline_px is not None:
            midline = [] if measured.midline_px is None else _rounded(measured.midline_px)
            shapes.append(SpineShape(spine=spine, outline_px=_rounded(measured.outline_px), midline_px=midline))
    # All rows are there, so the second only updates them, at a tenth of what bulk_update takes.
    result.spines.filter(rejected=True).update(**NOT_MEASURED)
    Spine.objects.bulk_create(spines, update_conflicts=True, unique_fields=["id"], update_fields=NOT_MEASURED)
    SpineShape.objects.filter(spine__analysis_image=result).delete()
    SpineShape.objects.bulk_create(shapes)


def _place(spine: Spine, measured: SpineMeasures, dendrites: Sequence[Dendrite], pixel_size_um: float | None) -> None:
    seat = measured.seat
    if seat is None:
        spine.dendrite = spine.position_px = spine.position_um = spine.side = None
        return
    spine.dendrite, spine.position_px, spine.side = dendrites[seat.dendrite], seat.position_px, seat.side
    spine.position_um = None if pixel_size_um is None else seat.position_px * pixel_size_um
