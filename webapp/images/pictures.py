"""PNGs made from the stored file. The file's own bytes and type are never served."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from django.http import HttpResponse
from django.views.decorators.http import require_safe
from numpy.typing import NDArray

from spines.access import get_image_to_rate, get_spine_to_rate
from spines.export.annotated_picture import DendriteMark, SpineMark, annotated_picture
from spines.imaging import Polarity, Projection, encode_png, light_on_dark, to_grey8
from spines.models import Image, Spine, StudyItem
from spines.selectors.results.filters import scored_at_least
from spines.selectors.results.rows import current_result, standing_spines
from spines.storage.files import told_if_gone
from webapp.downloads import as_attachment, png_response, safe_stem
from webapp.images.forms import HIGH_PERCENT, LOW_PERCENT, PictureView, ShownForm, checked, picture_view
from webapp.images.planes import plane_of
from webapp.requests import UserRequest

LARGEST_SIDE_PX = 6144
"""A larger image is shown reduced by a whole factor: browsers refuse larger pictures. Crops are not reduced."""

CROP_OF_BOX = 2.2
SMALLEST_CROP_PX = 32


def shown_factor(image: Image) -> int:
    """By how much the picture is smaller than the image."""
    return math.ceil(max(image.width_px, image.height_px) / LARGEST_SIDE_PX)


def _grey(image: Image, view: PictureView, factor: int) -> NDArray[np.uint8]:
    plane = plane_of(image, channel=view.channel, projection=view.projection, plane=view.plane)
    return to_grey8(
        reduced(plane, factor),
        low_percent=view.low_percent,
        high_percent=view.high_percent,
        gamma=view.gamma,
        invert=view.invert,
    )


def reduced(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Means over factor × factor blocks; what is left over at right and bottom is cut."""
    if factor == 1:
        return plane
    height, width = (side // factor for side in plane.shape)
    blocks = plane[: height * factor, : width * factor].reshape(height, factor, width, factor)
    means: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


@require_safe
def picture(request: UserRequest, image_id: int) -> HttpResponse:
    """The image as the address wants it seen."""
    image = get_image_to_rate(request.user, image_id)
    view = picture_view(request.GET, image)
    factor = shown_factor(image)
    return png_response(
        request,
        key=("picture", image.sha256, image.place, image.polarity, factor, view),
        render=lambda: encode_png(_grey(image, view, factor)),
    )


@require_safe
def annotated(request: UserRequest, image_id: int) -> HttpResponse:
    """The image with its dendrites, boxes, legend and scale bar, as a file to keep."""
    image = get_image_to_rate(request.user, image_id)
    view = picture_view(request.GET, image)
    marks = _marks(image, checked(ShownForm(request.GET, classes=image.experiment.classes)))
    factor = shown_factor(image)
    lines = _lines(image, factor)
    pixel_size_um = image.pixel_size_um * factor if image.pixel_size_um else None
    response = png_response(
        request,
        key=(
            "annotated",
            image.sha256,
            image.place,
            image.polarity,
            image.experiment.class_set_id,
            view,
            marks,
            lines,
            factor,
            pixel_size_um,
        ),
        render=lambda: annotated_picture(
            _grey(image, view, factor),
            [SpineMark(box_px=_over(m.box_px, factor), spine_class=m.spine_class) for m in marks],
            pixel_size_um=pixel_size_um,
            dendrites=lines,
            classes=image.experiment.classes,
        ),
    )
    as_attachment(response, f"{safe_stem(image.shown_name)}_spines.png")
    return response


def _marks(image: Image, shown: dict[str, Any]) -> list[SpineMark]:
    spines = standing_spines(current_result(image)).filter(scored_at_least(shown["least_score"] or 0))
    if shown["classes"]:
        spines = spines.filter(final_class__in=shown["classes"])
    return [SpineMark(box_px=(s.x_px, s.y_px, s.width_px, s.height_px), spine_class=s.final_class) for s in spines]


def _lines(image: Image, factor: int) -> list[DendriteMark]:
    result = current_result(image)
    rows = result.dendrites.order_by("number") if result else []
    return [
        DendriteMark(points_px=tuple((x / factor, y / factor) for x, y in row.points_px), number=row.number)
        for row in rows
    ]


def _over(box_px: tuple[float, float, float, float], factor: int) -> tuple[float, float, float, float]:
    x, y, width, height = box_px
    return x / factor, y / factor, width / factor, height / factor


@require_safe
def thumbnail(request: UserRequest, image_id: int) -> HttpResponse:
    """The stored thumbnail, which Spinula made."""
    image = get_image_to_rate(request.user, image_id)
    return png_response(request, key=("thumbnail", image.thumbnail.name), render=lambda: _stored(image))


def _stored(image: Image) -> bytes:
    sentence = (
        f"The thumbnail of {image.shown_name} is gone from storage. Ask your administrator to run check_storage --heal."
    )
    with told_if_gone(sentence), image.thumbnail.open("rb") as stored:
        return bytes(stored.read())


@require_safe
def crop(request: UserRequest, spine_id: int) -> HttpResponse:
    """A square window around a spine as the networks saw it: light on dark, contrast stretched within it.

    Outside the image it is black.
    """
    spine = get_spine_to_rate(request.user, spine_id)
    image = spine.analysis_image.image
    side_px = crop_side_px(spine)
    view = (image.channel, image.projection, image.plane, image.polarity)
    key = ("crop", image.sha256, image.place, *view, spine.x_px, spine.y_px, side_px)
    return png_response(request, key=key, render=lambda: encode_png(window_around(image, spine, side_px)))


def crop_side_px(spine: Spine | StudyItem) -> int:
    """The window of a spine's crop: what lies around helps to judge it."""
    return max(SMALLEST_CROP_PX, round(CROP_OF_BOX * max(spine.width_px, spine.height_px)))


def window_corner_px(spine: Spine | StudyItem, side_px: int) -> tuple[int, int]:
    """Left and top of the window of this side around a spine, in pixels of the image; it may begin outside of it."""
    left = round(spine.x_px + spine.width_px / 2 - side_px / 2)
    return left, round(spine.y_px + spine.height_px / 2 - side_px / 2)


def window_around(image: Image, spine: Spine | StudyItem, side_px: int) -> NDArray[np.uint8]:
    """The pixels of a crop, light on dark."""
    plane = plane_of(image, channel=image.channel, projection=Projection(image.projection), plane=image.plane)
    left, top = window_corner_px(spine, side_px)
    rows = slice(max(top, 0), max(top + side_px, 0))
    columns = slice(max(left, 0), max(left + side_px, 0))
    inside = light_on_dark(plane[rows, columns], Polarity(image.polarity), is_stain=image.reads_stain)
    window = np.zeros((side_px, side_px), dtype=np.uint8)
    if inside.size:
        y, x = rows.start - top, columns.start - left
        grey = to_grey8(inside, low_percent=LOW_PERCENT, high_percent=HIGH_PERCENT)
        window[y : y + inside.shape[0], x : x + inside.shape[1]] = grey
    return window
