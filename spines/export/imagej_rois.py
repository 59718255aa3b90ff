"""Spines and dendrites as ImageJ ROIs, which the ROI Manager of ImageJ and Fiji opens on the original image.

ImageJ's convention (documentation of `ij.gui.Roi`): areas are bounded in coordinates that are 0 at the outer corner of
the first pixel, as ours are; points of lines are 0 at the centre of the first pixel, half a pixel from ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray
from roifile import ROI_TYPE, ImagejRoi

from spines.background.progress import UNWATCHED, Progress
from spines.export.snapshots import one_state
from spines.export.spine_table import ROWS_AT_A_TIME
from spines.models import ClassSet, Dendrite, Spine
from spines.vocabulary.classes import DEFAULT

LINE_ORIGIN_PX = 0.5
_DENDRITE_RGB = (86, 180, 233)  # Okabe and Ito's sky blue, which no class has
_STROKE_WIDTH = 1

_IMAGE = ("analysis_image__image_id", "analysis_image__image__original_name")
_BOX = ("x_px", "y_px", "width_px", "height_px")


def write_rois(
    file: IO[bytes],
    *,
    spines: QuerySet[Spine],
    dendrites: QuerySet[Dendrite],
    folder_of: Callable[[int, str], str] | None = None,
    note: str = "",
    progress: Progress = UNWATCHED,
) -> None:
    """Write a zip of ROIs: `d01` a dendrite, `s012_CLASS` a spine, numbered as in the tables.

    A spine is a polygon: its outline, or its box where it has no outline. Its stroke has the colour of its class. A
    dendrite is a polyline. ROIs belong to no plane or channel, so that they show on all of them.

    Parameters
    ----------
    file
        Open for writing bytes.
    note
        What a reader must know: it becomes README.txt, which the ROI Manager passes over.
    folder_of
        Image id and name to the folder of its ROIs within the zip; None for no folders, where all are of one image.
    """
    with one_state(), ZipFile(file, "w", ZIP_STORED) as archive:  # so small, they hardly shrink
        if note:
            archive.writestr("README.txt", note)
        n_rois = spines.count() + dendrites.count()
        for image_id, image, roi in progress.counted(_rois(spines, dendrites), n_rois, "Writing ROIs"):
            folder = f"{folder_of(image_id, image)}/" if folder_of else ""
            archive.writestr(f"{folder}{roi.name}.roi", roi.tobytes())


def _rois(spines: QuerySet[Spine], dendrites: QuerySet[Dendrite]) -> Iterator[tuple[int, str, ImagejRoi]]:
    lines = dendrites.order_by(*_IMAGE[::-1], "number").values_list(*_IMAGE, "number", "points_px")
    for image_id, image, number, points_px in lines.iterator(chunk_size=ROWS_AT_A_TIME):
        points = np.asarray(points_px, float) - LINE_ORIGIN_PX
        yield image_id, image, _roi(ROI_TYPE.POLYLINE, points, name=f"d{number:02}", rgb=_DENDRITE_RGB)
    styles = dict(DEFAULT.styles)
    # By their keys first: joined to the spines themselves, it is a search through all spines of all labs.
    experiments = spines.order_by().values_list("analysis_image__image__experiment", flat=True).distinct()
    for own in ClassSet.objects.filter(experiments__in=list(experiments)).distinct():
        styles |= own.classes().styles
    fields = (*_IMAGE, "number", "final_class", "shape__outline_px", *_BOX)
    areas: QuerySet[Spine, tuple[Any, ...]] = spines.order_by(*_IMAGE[::-1], "number").values_list(*fields)
    for image_id, image, number, spine_class, outline_px, *box_px in areas.iterator(chunk_size=ROWS_AT_A_TIME):
        outline = np.asarray(outline_px or box_corners_px(*box_px), float)
        name = f"s{number:03}_{spine_class}"
        yield image_id, image, _roi(ROI_TYPE.POLYGON, outline, name=name, rgb=styles[spine_class].rgb)


def box_corners_px(x_px: float, y_px: float, width_px: float, height_px: float) -> list[list[float]]:
    """The corners of a box as a polygon [[x, y], …], clockwise on the screen."""
    right, bottom = x_px + width_px, y_px + height_px
    return [[x_px, y_px], [right, y_px], [right, bottom], [x_px, bottom]]


def _roi(kind: ROI_TYPE, points_px: NDArray[np.float64], *, name: str, rgb: tuple[int, int, int]) -> ImagejRoi:
    """A ROI with sub-pixel coordinates, without a position in a stack."""
    roi = ImagejRoi.frompoints(points_px, name=name)
    roi.roitype = kind
    roi.stroke_color = bytes((255, *rgb))
    roi.stroke_width = _STROKE_WIDTH
    return roi
