"""What the canvas over the picture shows: places, colours, painted pixels. Boxes are x, y, width, height."""

from __future__ import annotations

from typing import cast

from playwright.sync_api import Locator, Page

Box = tuple[float, float, float, float]

_ON_SCREEN = """([x, y, width, height]) => {
  const { a, e, f } = document.querySelector(".overlay g").getScreenCTM();
  return [e + a * x, f + a * y, a * width, a * height];
}"""
_PIXELS = """([x, y, width, height]) => {
  const canvas = document.querySelector(".overlay > canvas"), frame = canvas.getBoundingClientRect();
  const [left, top] = [Math.round(x - frame.left), Math.round(y - frame.top)];
  const size = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  return [...canvas.getContext("2d").getImageData(left, top, ...size).data];
}"""


def canvas(page: Page) -> Locator:
    """The canvas; its `data-drawn` is how many spines of those in view are drawn."""
    return page.locator(".overlay > canvas")


def on_screen(page: Page, box_px: Box) -> Box:
    """Where a box of the image is on the page, in pixels of the screen."""
    return cast("Box", tuple(page.evaluate(_ON_SCREEN, list(box_px))))


def middle(page: Page, box_px: Box) -> tuple[float, float]:
    """The middle of a box of the image, on the page."""
    x, y, width, height = on_screen(page, box_px)
    return x + width / 2, y + height / 2


def colour(page: Page, x_px: float, y_px: float) -> tuple[int, int, int]:
    """Red, green and blue of the brightest pixel of the canvas at a place of the image: a line may lie between two.

    (0, 0, 0) where nothing is drawn, and on a halo.
    """
    x, y, _, _ = on_screen(page, (x_px, y_px, 0, 0))
    values: list[int] = page.evaluate(_PIXELS, [x - 1, y - 1, 3, 3])
    return max(zip(values[::4], values[1::4], values[2::4], strict=True), key=sum)


def painted(page: Page, box_px: Box) -> int:
    """How many pixels of the canvas within a box of the image are painted at all."""
    alpha: list[int] = page.evaluate(_PIXELS, list(on_screen(page, box_px)))[3::4]
    return sum(value > 0 for value in alpha)
