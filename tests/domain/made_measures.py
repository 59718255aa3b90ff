"""Observations and counts of made animals, for the statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spines.statistics.types import Observation, PairTest, SpineCount


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


def has_no_inference(pair: PairTest) -> bool:
    """Whether a pair has no p-value, no interval and no size of the effect."""
    inferred = (pair.p_value, pair.p_holm, pair.t, pair.df, pair.hedges_g, pair.permutation_p, pair.permutation_p_holm)
    return {*inferred, pair.difference_interval, pair.ratio_interval, pair.hedges_g_interval} == {None}


def counted(animals: dict[str, list[int]], *, length_um: float = 40) -> list[SpineCount]:
    """Each animal's spines, on two dendrites of which one is three times as long."""
    return [
        SpineCount(condition=condition, animal=f"{condition} {number}", spines=spines, length_um=um)
        for condition, of_condition in animals.items()
        for number, count in enumerate(of_condition)
        for spines, um in ((count // 4, length_um / 4), (count - count // 4, length_um * 3 / 4))
    ]
