"""A contact sheet: crops of made images side by side, to be looked at beside real ones."""

import numpy as np
from numpy.typing import NDArray

from spines.synthesis.parameters import Look
from spines.synthesis.scene import make_series_image
from spines.synthesis.truth import MadeImage

# Look and pixel size in µm of each row.
ROWS = (
    (Look.TWO_PHOTON, 0.1),
    (Look.TWO_PHOTON, 0.1),
    (Look.TWO_PHOTON, 0.075),
    (Look.CUT_OUT, 0.075),
    (Look.CUT_OUT, 0.15),
    (Look.BINARY, 0.075),
    (Look.GOLGI, 0.1),
    (Look.DAB, 0.1),
)
CROPS_A_ROW = 8
CROP_PX = 128
GAP_PX = 4
GAP_GREY = 128
SIDE_PX = 512


def contact_sheet(*, seed: int) -> NDArray[np.uint8]:
    """Rows of crops, each from an image of its own around one of its visible spines; (height, width)."""
    pitch = CROP_PX + GAP_PX
    sheet = np.full((len(ROWS) * pitch - GAP_PX, CROPS_A_ROW * pitch - GAP_PX), GAP_GREY, np.uint8)
    random = np.random.default_rng(seed)
    for row, (look, pixel_size_um) in enumerate(ROWS):
        for column in range(CROPS_A_ROW):
            number = row * CROPS_A_ROW + column
            made = make_series_image(look, seed=seed, number=number, side_px=SIDE_PX, pixel_size_um=pixel_size_um)
            top, left = row * pitch, column * pitch
            sheet[top : top + CROP_PX, left : left + CROP_PX] = _crop(made, random)
    return sheet


def _crop(made: MadeImage, random: np.random.Generator) -> NDArray[np.uint8]:
    centre = np.full(2, SIDE_PX / 2)
    if made.visible_spines:
        centre = np.array(made.visible_spines[random.integers(len(made.visible_spines))].centre_px)
    centre += random.uniform(-0.25, 0.25, 2) * CROP_PX
    left, top = np.clip(centre - CROP_PX / 2, 0, SIDE_PX - CROP_PX).astype(int)
    crop = made.pixels[top : top + CROP_PX, left : left + CROP_PX]
    if crop.dtype == np.uint8:
        return np.asarray(crop, np.uint8)
    return np.asarray(np.clip((crop.astype(np.float32) - 100) * (255 / 3995), 0, 255), np.uint8)
