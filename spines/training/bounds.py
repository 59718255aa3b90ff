"""What the numbers of a recipe may be. Outside of this a training would fail after minutes, or learn nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spines.errors import InvalidInput

SHARE = (0.0, 1.0)
BOUNDS: dict[str, tuple[float, float]] = {
    "minutes": (0.0, 60.0 * 24 * 14),
    "steps": (1, 10_000_000),
    "network_scale": (0.25, 8),
    "crop_px": (64, 2048),
    "batch": (1, 1024),
    "learning_rate": (0, 1),
    "continued_rate": (1e-3, 10),
    "weight_decay": (0, 1),
    "warm_up_steps": (0, 1_000_000),
    "scales": (0.05, 20),
    "wide_scales": (0.05, 20),
    "made_images": (0, 20_000),
    "made_first": SHARE,
    "made_share": SHARE,
    "inverted_share": SHARE,
    "noisy_share": SHARE,
    "loose_below": SHARE,
    "average_decay": (0, 0.999999),
    "gradient_norm": (1e-3, 1000),
    "steps_per_epoch": (1, 1_000_000),
    "epochs_per_check": (1, 1_000_000),
    "check_images": (1, 10_000),
    "hidden": (0, 16_384),
    "size_px": (16, 512),
    "window_px": (8, 512),
    "dropout": (0, 0.95),
    "label_smoothing": (0, 0.9),
    "balance": SHARE,
    "jitter_px": (0, 100),
    "jitter_of_box": SHARE,
    "wide_share": SHARE,
    "binarised_share": SHARE,
    "outline_share": SHARE,
    "background_share": SHARE,
    "degraded_share": SHARE,
    "views": (1, 100),
    "patience": (0, 1_000_000),
    "test_time_flips": (1, 4),
}
"""By field of a recipe or of the budget, the least and the most; of a pair, of each."""

CHOICES: dict[str, tuple[object, ...]] = {
    "network": ("yolo_nas_s", "yolo_nas_m", "yolo_nas_l"),
    "test_time_flips": (1, 2, 4),
}
MULTIPLES = {"crop_px": 32}
"""The detector's coarsest stride."""
TOGETHER = ("made_share", "binarised_share", "outline_share")
"""Shares of one batch, of which real spines are the rest."""


def check_bounds(name: str, value: Any) -> None:
    """Refuse a value that no training can go on with. Raises InvalidInput with what to give."""
    if name in CHOICES and value not in CHOICES[name]:
        raise InvalidInput(f"{name} cannot be “{value}”: give one of {', '.join(map(str, CHOICES[name]))}.")
    if name in BOUNDS:
        low, high = BOUNDS[name]
        each = value if isinstance(value, list | tuple) else (value,)
        if not all(low <= number <= high for number in each):
            shown = ",".join(f"{number:g}" for number in each)
            raise InvalidInput(f"{name} cannot be {shown}: give {low:g} to {high:g}.")
        if list(each) != sorted(each):
            raise InvalidInput(f"{name} is a range: give the smaller number first, as {min(each):g},{max(each):g}.")
    if name in MULTIPLES and value % MULTIPLES[name]:
        nearest = max(round(value / MULTIPLES[name]), 2) * MULTIPLES[name]
        raise InvalidInput(f"{name} cannot be {value}: give a multiple of {MULTIPLES[name]}, such as {nearest}.")


def check_together(recipe: Any, changes: Mapping[str, Any]) -> None:
    """Refuse shares of a batch that leave no room for real spines. Raises InvalidInput."""
    shares = {name: changes.get(name, getattr(recipe, name)) for name in TOGETHER if hasattr(recipe, name)}
    if len(shares) == len(TOGETHER) and sum(shares.values()) > 1:
        stated = ", ".join(f"{name} {value:g}" for name, value in shares.items())
        raise InvalidInput(f"Shares of one batch come to more than all of it: {stated}. Lower one of them.")
