"""How much of the network that a run went on from stays in what it became, chosen on pictures that it did not see.

The weights are averaged (Wortsman et al., ICML 2022): what the earlier network knew of its own pictures stays, with
most of what was learnt since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SHARES = (0.0, 0.3, 0.5, 0.7, 0.9)
FEW_SPINES = 100
LEAST_SHARE_OF_FEW = 0.5
"""Kept where fewer than `FEW_SPINES` are there to choose by: so few say little."""
AS_GOOD = 0.005


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The share of the old weights, and the figure of every share that was tried."""

    share: float
    figures: dict[float, float]

    @property
    def sentence(self) -> str:
        """What was chosen, for the log."""
        tried = ", ".join(f"{share:.0%} {value:.3f}" for share, value in self.figures.items())
        return f"keeping {self.share:.0%} of the earlier network; figures by share: {tried}"


def choose_share(figure: Callable[[float], float], *, spines: int) -> Kept:
    """The share whose figure is the highest; of those as good within `AS_GOOD`, the one that keeps most.

    Parameters
    ----------
    figure : of the network that keeps a share, on new and old pictures alike; more is better.
    spines : how many new ones it is measured on.
    """
    tried = [share for share in SHARES if spines >= FEW_SPINES or share >= LEAST_SHARE_OF_FEW]
    figures = {share: figure(share) for share in tried}
    best = max(figures.values())
    return Kept(share=max(share for share, value in figures.items() if value >= best - AS_GOOD), figures=figures)
