"""Animals of a litter, cage or batch are alike: what a comparison of animals then rests on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spines.statistics.reml import MixedFit, fit_reml, members
from spines.statistics.types import LEAST_LITTERS
from spines.vocabulary.numbers import in_words

Floats = npt.NDArray[np.float64]

TOO_FEW = (
    "What litters differ by cannot then be told from what conditions differ by, however many animals there are. Take "
    "more litters, or animals of every condition from each."
)


def are_shared(litters: Sequence[Sequence[str]]) -> bool:
    """Whether two of these animals, by group, are of one litter."""
    every = [litter for of_group in litters for litter in of_group]
    return len(set(every)) < len(every)


def too_few(litters: Sequence[Sequence[str]]) -> str:
    """Why litters leave no p-value; empty where they do not.

    A litter that gave animals to every group is held against itself. Where one did not, each group needs as many
    litters as it would need animals.
    """
    groups = [set(of_group) for of_group in litters]
    is_crossed = len(groups) > 1 and all(of_group == groups[0] for of_group in groups)
    least = min(map(len, groups))
    if is_crossed or least >= LEAST_LITTERS:
        return ""
    has = "the animals are" if len(groups) == 1 else "the animals of a condition are"
    return f"No p-value: {has} of {in_words(least, 'litter')}, and {LEAST_LITTERS} are needed. {TOO_FEW}"


def fit_groups(
    values: Sequence[Sequence[float]], litters: Sequence[Sequence[str]], *, columns: Sequence[Floats] = ()
) -> MixedFit | None:
    """Means of groups of animals: a variance for each group, and one of litters where animals share them.

    By restricted maximum likelihood (`reml.fit_reml`).

    Parameters
    ----------
    values : by group, one an animal.
    litters : of the same animals; empty where litters are not taken in.
    columns : (n,) each of all animals in order, further fixed effects.

    Returns
    -------
    The fit, its fixed effects the groups' means and then those of `columns`; None where nothing is left to vary.
    """
    codes = np.repeat(np.arange(len(values)), [len(of_group) for of_group in values])
    x = np.column_stack([codes[:, None] == np.arange(len(values)), *columns]).astype(float)
    spreads = [np.diag((codes == code).astype(float)) for code in range(len(values))]
    of_litters = [members([name for of_group in litters for name in of_group])] if are_shared(litters) else []
    return fit_reml(
        np.concatenate([np.asarray(each, float) for each in values]), x, [*of_litters, *spreads], positive=len(spreads)
    )
