"""Observations of made animals, for the statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spines.statistics.types import Observation


def nested_observations(
    animals: Mapping[str, int],
    *,
    seed: int = 1,
    effect_um: float = 0,
    cells: Sequence[int] = (3,),
    dendrites: Sequence[int] = (2,),
    weights: Sequence[int] = (20,),
    animal_sd_um: float = 0.1,
    cell_sd_um: float = 0.06,
    dendrite_sd_um: float = 0.05,
) -> list[Observation]:
    """Dendrites' mean head widths; `animals` by condition, the numbers below each drawn from those given.

    Every condition after the first differs from it by `effect_um`.
    """
    random = np.random.default_rng(seed)
    rows = []
    for place, (condition, count) in enumerate(animals.items()):
        for animal in range(count):
            animal_um = 0.6 + effect_um * (place > 0) + random.normal(0, animal_sd_um)
            for cell in range(random.choice(cells)):
                cell_um = animal_um + random.normal(0, cell_sd_um)
                for _ in range(random.choice(dendrites)):
                    weight = int(random.choice(weights))
                    rows.append(
                        Observation(
                            condition=condition,
                            animal=f"{condition} {animal}",
                            cell=f"cell {cell}",
                            value=float(cell_um + random.normal(0, dendrite_sd_um / np.sqrt(weight / 20))),
                            weight=weight,
                            spines=weight,
                        )
                    )
    return rows
