"""What a budget of training buys, told beforehand by how fast the last training of its kind went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spines.models import ModelKind, TrainingRun, TrainingStatus
from spines.training.pacing import CHECKPOINT_SECONDS, seconds_between_figures
from spines.training.recipes import CLASSIFIER_RECIPES, DETECTOR_RECIPES

STEP_SECONDS = {ModelKind.DETECTOR: 2.2, ModelKind.CLASSIFIER: 1.7}
"""Of the default recipe on two cores with bfloat16 (docs/training.md), where no training was done here yet."""
BESIDES_S = {ModelKind.DETECTOR: 600.0, ModelKind.CLASSIFIER: 240.0}
"""Reading, drawing, export and comparison on two cores."""
BASIS = {
    ModelKind.DETECTOR: DETECTOR_RECIPES["default"],
    ModelKind.CLASSIFIER: CLASSIFIER_RECIPES["default"],
}


@dataclass(frozen=True, kw_only=True)
class Bought:
    """What a budget buys.

    `shown` is how often each image (of a detector's) or spine (of a classifier's training part) is shown. `besides_s`
    is what reading, export and comparison take on top; `by_run` the training that told the pace, None for none.
    `between_s` is between two points of the curves, None where steps are given; `lost_s` what a kill costs at most.
    """

    steps: int
    shown: float
    training_s: float
    besides_s: float
    by_run: int | None
    between_s: float | None
    lost_s: float

    @property
    def whole_s(self) -> float:
        """From beginning to end."""
        return self.training_s + self.besides_s


def bought(kind: ModelKind, *, recipe: Any, overrides: Mapping[str, Any], train_counts: Mapping[str, int]) -> Bought:
    """Tell what the budget in `overrides` ("minutes" or "steps") buys with a recipe on a training part."""
    step_s, besides_s, by_run = _pace(kind)

    def number(name: str) -> float:
        return float(overrides.get(name) or getattr(recipe, name))

    step_s *= _work(kind, number)
    steps = int(float(overrides["steps"])) if overrides.get("steps") else 0
    seconds = steps * step_s if steps else 60 * float(overrides.get("minutes") or 0)
    steps = steps or max(1, round(seconds / step_s))
    there = train_counts.get("images" if kind == ModelKind.DETECTOR else "spines", 0)
    real = steps * number("batch") * (1 - number("made_share"))
    shown = real / there if there else 0.0
    return Bought(
        steps=steps,
        shown=shown,
        training_s=seconds,
        besides_s=besides_s,
        by_run=by_run,
        between_s=None if overrides.get("steps") else seconds_between_figures(seconds / 60),
        lost_s=CHECKPOINT_SECONDS + step_s,
    )


def _work(kind: ModelKind, number: Any) -> float:
    """How much a step computes, in steps of the default recipe."""
    basis: Any = BASIS[kind]
    side = "crop_px" if kind == ModelKind.DETECTOR else "size_px"
    work: float = number("batch") / basis.batch * (number(side) / getattr(basis, side)) ** 2
    return work


def _pace(kind: ModelKind) -> tuple[float, float, int | None]:
    """Seconds of a step of the default recipe, seconds besides, and the run that told."""
    last = TrainingRun.objects.filter(kind=kind, status=TrainingStatus.DONE).order_by("-finished_at").first()
    done = last.epochs[-1] if last and last.epochs else {}
    if last is None or not done.get("step") or not done.get("minutes"):
        return STEP_SECONDS[kind], BESIDES_S[kind], None
    recipes: Mapping[str, Any] = DETECTOR_RECIPES if kind == ModelKind.DETECTOR else CLASSIFIER_RECIPES
    recipe = recipes.get(last.recipe, BASIS[kind])
    work = _work(kind, lambda name: float(last.overrides.get(name) or getattr(recipe, name)))
    trained_s = 60 * float(done["minutes"])
    besides_s = BESIDES_S[kind]
    if last.started_at and last.finished_at and last.attempts == 1:
        besides_s = max(0.0, (last.finished_at - last.started_at).total_seconds() - trained_s)
    return trained_s / float(done["step"]) / work, besides_s, last.pk
