"""A made study: two conditions, six animals, twelve cells, 24 pictures, with a known difference between conditions.

Most of it lies between conditions, some between animals, a little between cells, as in real studies.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spines.synthesis.parameters import SPINE_CLASSES, Look, draw_parameters
from spines.synthesis.scene import make_image
from spines.synthesis.truth import MadeImage

CELLS_PER_ANIMAL, DENDRITES_PER_CELL = 2, 2
PIXEL_SIZE_UM = 0.09
SIDE_PX = 512
_SEED = 1888


@dataclass(frozen=True, kw_only=True)
class MadeCondition:
    """What the animals of a condition have in common. Shares in the order of `SPINE_CLASSES`."""

    name: str
    animals: tuple[str, ...]
    spines_per_um: float
    class_shares: tuple[float, float, float, float]


CONDITIONS = (
    MadeCondition(name="control", animals=("A1", "A2", "A3"), spines_per_um=1.1, class_shares=(0.28, 0.44, 0.2, 0.08)),
    MadeCondition(
        name="enriched", animals=("A4", "A5", "A6"), spines_per_um=1.5, class_shares=(0.42, 0.36, 0.17, 0.05)
    ),
)


def study_images() -> Iterator[tuple[str, MadeImage]]:
    """File name, such as `control_A1_c1_d1.tif`, and picture of each image of the study; always the same."""
    for condition in CONDITIONS:
        for animal in condition.animals:
            number = int(animal[1:])
            random = np.random.default_rng((_SEED, number))
            animal_density = condition.spines_per_um * float(random.lognormal(0, 0.07))
            animal_shares = random.dirichlet(80 * np.array(condition.class_shares))
            for cell in range(1, CELLS_PER_ANIMAL + 1):
                cell_density = animal_density * float(random.lognormal(0, 0.05))
                for dendrite in range(1, DENDRITES_PER_CELL + 1):
                    parameters = draw_parameters(
                        Look.TWO_PHOTON,
                        random,
                        side_px=SIDE_PX,
                        pixel_size_um=PIXEL_SIZE_UM,
                        spines_per_um=cell_density,
                        class_shares=dict(zip(SPINE_CLASSES, animal_shares.tolist(), strict=True)),
                        dendrite_count=1,
                        depth_drift_um=float(random.uniform(0.2, 0.9)),
                        dendrite_radius_um=float(random.uniform(0.32, 0.5)),
                        shaft_photons=float(random.uniform(150, 600)),
                        spine_brightness=float(random.uniform(1.0, 1.5)),
                        bit_depth=8,
                        jpeg_quality=None,
                    )
                    name = f"{condition.name}_{animal}_c{cell}_d{dendrite}.tif"
                    yield name, make_image(parameters, seed=(_SEED, number, cell, dendrite))
