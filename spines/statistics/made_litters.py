"""Made experiments whose animals come in litters that are alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import ttest_ind

from spines.statistics.compare import Plan, compare_all
from spines.statistics.design import plain_design
from spines.statistics.made_experiments import TWO, Animal, Make, Told

LITTER_SD = 0.1


def littered(litters: int, animals: int, *, is_split: bool = False) -> Make:
    """So many litters with so many animals in each condition; `is_split`: the same litters in both.

    The reference is Student's t over animals, as if there were no litters.
    """

    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        rows, of = [], {}
        shared = random.normal(0, LITTER_SD, litters)
        for place, condition in enumerate(TWO):
            own = shared if is_split else random.normal(0, LITTER_SD, litters)
            for litter in range(litters):
                for number in range(animals):
                    name = f"{condition} {litter} {number}"
                    of[name] = f"{litter}" if is_split else f"{condition} {litter}"
                    mean = 0.6 + place * effect + own[litter] + random.normal(0, 0.1)
                    rows += Animal().widths(random, condition, name, mean)
        plan = Plan(design=replace(plain_design(TWO), has_litters=True), litters=of)
        test = compare_all({"value": rows}, TWO, plan=plan)[0]
        pair = test.pairs[0]
        assert pair.p_value is not None, "animals vary"
        assert pair.difference_interval is not None, "as above"
        yield Told(
            question="treated against control",
            p_value=pair.p_value,
            interval=pair.difference_interval,
            truth=effect,
            reference_p=float(ttest_ind(*(list(group.animal_means.values()) for group in test.groups)).pvalue),
        )

    return make
