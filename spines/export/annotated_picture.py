"""A picture of an image with its dendrites and its spines boxed: class colour and outline, letter, legend, scale bar.

Colours are Okabe & Ito's (2008), the same as in the pages. Letter and outline repeat what colour says.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from spines.vocabulary.classes import DEFAULT, ClassSet, SpineClass

SMALLEST_SIDE_PX = 1024
"""Smaller pictures are enlarged by a whole factor, so that boxes and letters have room."""


DENDRITE_RGB = (240, 228, 66)
"""Of no class; the same as in the pages."""

_BAR_UM = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, kw_only=True)
class SpineMark:
    """A box to draw: (x, y, width, height) in pixels of the original image, and its class."""

    box_px: tuple[float, float, float, float]
    spine_class: str


@dataclass(frozen=True, kw_only=True)
class DendriteMark:
    """A line to draw, its points in pixels of the original image, and its number."""

    points_px: tuple[tuple[float, float], ...]
    number: int


def scale_bar_um(width_um: float) -> float:
    """The longest round length that takes at most a quarter of a picture of this width.

    >>> scale_bar_um(51.2)
    10
    """
    fitting = [length for length in _BAR_UM if length <= width_um / 4]
    return fitting[-1] if fitting else _BAR_UM[0]


def annotated_picture(
    grey: NDArray[np.uint8],
    marks: Sequence[SpineMark],
    *,
    pixel_size_um: float | None,
    dendrites: Sequence[DendriteMark] = (),
    classes: ClassSet = DEFAULT,
) -> bytes:
    """Draw the marks over a picture, with a legend beneath.

    Parameters
    ----------
    grey : (M, N) ndarray of uint8
        The picture as shown, in the original image's size.
    marks : sequence of SpineMark
        What to box.
    pixel_size_um : float or None
        For the scale bar; without it there is none.
    dendrites : sequence of DendriteMark
        Lines to draw, beneath the boxes.
    classes : ClassSet
        What the marks' classes are of.

    Returns
    -------
    bytes
        An RGB picture as PNG.
    """
    factor = max(1, math.ceil(SMALLEST_SIDE_PX / max(grey.shape)))
    height_px, width_px = grey.shape[0] * factor, grey.shape[1] * factor
    font = ImageFont.load_default(size=max(14, min(width_px, height_px) // 70))
    legend_px = _legend_rows(classes, width_px, font) * _row_px(font) + _row_px(font) // 2
    canvas = Image.new("RGB", (width_px, height_px + legend_px), (255, 255, 255))
    picture = Image.fromarray(grey).resize((width_px, height_px), Image.Resampling.BICUBIC)
    canvas.paste(picture.convert("RGB"), (0, 0))
    draw = ImageDraw.Draw(canvas)
    for dendrite in dendrites:
        _draw_dendrite(draw, dendrite, factor)
    for mark in marks:
        _draw_mark(draw, mark, classes.styles[mark.spine_class], factor, font, (width_px, height_px))
    for dendrite in dendrites:
        _draw_number(draw, dendrite, factor, font)
    if pixel_size_um is not None:
        _draw_scale_bar(draw, pixel_size_um / factor, (width_px, height_px), font)
    _draw_legend(draw, marks, classes, top_px=height_px, width_px=width_px, font=font)
    out = io.BytesIO()
    canvas.save(out, format="PNG")
    return out.getvalue()


_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Size = tuple[int, int]


def _row_px(font: _Font) -> int:
    return round(font.getbbox("Mg")[3] * 1.7)


def _draw_mark(
    draw: ImageDraw.ImageDraw, mark: SpineMark, style: SpineClass, factor: int, font: _Font, size: _Size
) -> None:
    x, y, width, height = (v * factor for v in mark.box_px)
    left, top, right, bottom = round(x), round(y), round(x + width), round(y + height)
    _outline(draw, (left, top, right, bottom), style)
    text_px = font.getbbox(style.letter)
    tag_w, tag_h = round(text_px[2]) + 6, round(text_px[3]) + 4
    tag_y = top - tag_h if top >= tag_h else min(bottom, size[1] - tag_h)
    tag_x = max(0, min(left, size[0] - tag_w))
    draw.rectangle((tag_x, tag_y, tag_x + tag_w, tag_y + tag_h), fill=style.rgb)
    draw.text((tag_x + 3, tag_y + 1), style.letter, fill=_ink_on(style.rgb), font=font)


def _draw_dendrite(draw: ImageDraw.ImageDraw, dendrite: DendriteMark, factor: int) -> None:
    points = [(x * factor, y * factor) for x, y in dendrite.points_px]
    draw.line(points, fill=(0, 0, 0), width=7, joint="curve")
    draw.line(points, fill=DENDRITE_RGB, width=3, joint="curve")


def _draw_number(draw: ImageDraw.ImageDraw, dendrite: DendriteMark, factor: int, font: _Font) -> None:
    x, y = (v * factor for v in dendrite.points_px[len(dendrite.points_px) // 2])
    text = str(dendrite.number)
    half_w, half_h = font.getlength(text) / 2 + 4, _row_px(font) / 2 - 2
    draw.rectangle((x - half_w, y - half_h, x + half_w, y + half_h), fill=DENDRITE_RGB)
    draw.text((x, y), text, fill=(0, 0, 0), font=font, anchor="mm")


def _ink_on(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    luminance = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    return (0, 0, 0) if luminance > 105 else (255, 255, 255)


def _outline(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], style: SpineClass) -> None:
    left, top, right, bottom = box
    if style.drawn.is_double:
        draw.rectangle(box, outline=style.rgb, width=style.drawn.picture_px)
        gap = style.drawn.picture_px * 2
        if right - left > 4 * gap and bottom - top > 4 * gap:
            inner = (left + gap, top + gap, right - gap, bottom - gap)
            draw.rectangle(inner, outline=style.rgb, width=style.drawn.picture_px)
    elif style.drawn.picture_dash is None:
        draw.rectangle(box, outline=style.rgb, width=style.drawn.picture_px)
    else:
        corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        for start, end in pairwise(corners):
            _dashed(draw, start, end, style)


def _dashed(draw: ImageDraw.ImageDraw, start: _Size, end: _Size, style: SpineClass) -> None:
    assert style.drawn.picture_dash is not None
    length = math.dist(start, end)
    if not length:
        return
    step_x, step_y = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    at, drawn = 0.0, style.drawn.picture_dash[0]
    while at < length:
        to = min(at + drawn, length)
        line = (start[0] + step_x * at, start[1] + step_y * at, start[0] + step_x * to, start[1] + step_y * to)
        draw.line(line, fill=style.rgb, width=style.drawn.picture_px)
        at += sum(style.drawn.picture_dash)


def _draw_scale_bar(draw: ImageDraw.ImageDraw, pixel_size_um: float, size: _Size, font: _Font) -> None:
    length_um = scale_bar_um(size[0] * pixel_size_um)
    length_px = round(length_um / pixel_size_um)
    text = f"{length_um:g} um"
    text_w, text_h = (round(v) for v in font.getbbox(text)[2:])
    margin, thick = 16, max(4, size[1] // 200)
    right, bottom = size[0] - margin, size[1] - margin
    left = max(margin, right - length_px)
    plate = (min(left, right - text_w) - 8, bottom - thick - text_h - 12, right + 8, bottom + 8)
    draw.rectangle(plate, fill=(0, 0, 0))
    draw.rectangle((left, bottom - thick, right, bottom), fill=(255, 255, 255))
    at = (right - text_w, bottom - thick - text_h - 6)
    draw.text(at, text, fill=(255, 255, 255), font=font)
    _tail_of_micro(draw, (at[0] + font.getlength(text.partition("u")[0]), at[1]), font)


def _tail_of_micro(draw: ImageDraw.ImageDraw, at: tuple[float, float], font: _Font) -> None:
    """Make the u at this place a µ: Pillow's own font, the only one sure to be there, holds ASCII alone."""
    left, top, right, baseline = font.getbbox("u")
    stem = max(1, round((right - left) / 5))
    x, y = round(at[0] + left), round(at[1])
    descent = round((baseline - top) * 0.4)
    draw.rectangle((x, y + round(top), x + stem - 1, y + round(baseline) + descent), fill=(255, 255, 255))


def _entry(style: SpineClass, count: int) -> str:
    return f"{style.name}  {count}"


def _entry_width_px(style: SpineClass, font: _Font) -> int:
    return round(font.getbbox(_entry(style, 88_888))[2]) + 2 * _row_px(font)


def _legend_rows(classes: ClassSet, width_px: int, font: _Font) -> int:
    rows, at = 1, 8
    for style in classes.styles.values():
        entry_px = _entry_width_px(style, font)
        if at > 8 and at + entry_px > width_px:
            rows, at = rows + 1, 8
        at += entry_px
    return rows


def _draw_legend(
    draw: ImageDraw.ImageDraw, marks: Sequence[SpineMark], classes: ClassSet, *, top_px: int, width_px: int, font: _Font
) -> None:
    row_px = _row_px(font)
    x, y = 8, top_px + row_px // 4
    for name, style in classes.styles.items():
        entry_px = _entry_width_px(style, font)
        if x > 8 and x + entry_px > width_px:
            x, y = 8, y + row_px
        side = row_px - 6
        _outline(draw, (x, y + 3, x + side, y + 3 + side), style)
        draw.text((x + side / 2, y + 3 + side / 2), style.letter, fill=(0, 0, 0), font=font, anchor="mm")
        count = sum(mark.spine_class == name for mark in marks)
        draw.text((x + side + 8, y + 3 + side / 2), _entry(style, count), fill=(0, 0, 0), font=font, anchor="lm")
        x += entry_px
