"""What one call of a training process asks for; the same options for both networks."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from spines.training.overrides import checked_overrides
from spines.training.recipes import ClassifierRecipe, DetectorRecipe
from worker.inference.card import PRETRAINED_FOLDER

Recipe = TypeVar("Recipe", DetectorRecipe, ClassifierRecipe)


@dataclass(frozen=True, kw_only=True)
class Run(Generic[Recipe]):
    """One run: its data, its folder, its recipe with what was overridden, and how far it is to go."""

    data: Path
    folder: Path
    recipe_name: str
    recipe: Recipe
    start_from: Path | None
    minutes: float
    steps: int | None
    resume: bool
    seed: int
    threads: int
    detector: Path = PRETRAINED_FOLDER / "detector"
    """The one that serves, which tells the scale of the pictures that a classifier is judged on."""

    @property
    def progress(self) -> Path:
        """A line of JSON an epoch."""
        return self.folder / "progress.jsonl"

    @property
    def model(self) -> Path:
        """Folder of the finished network: model.onnx, card.json, card.md, weights.npz."""
        return self.folder / "model"


def add_detector_option(parser: argparse.ArgumentParser) -> None:
    """`--detector`, wherever pictures of a classifier are judged."""
    parser.add_argument(
        "--detector",
        type=Path,
        default=PRETRAINED_FOLDER / "detector",
        help="of a classifier: the detector that serves, which tells the scale of pictures that it is judged on",
    )


def parse_run(
    arguments: list[str], *, kind: str, recipes: Mapping[str, Recipe], threads: int, minutes: float
) -> Run[Recipe]:
    """Read a command line. Raises InvalidInput for a recipe's field that is none, or is no such value."""
    parser = argparse.ArgumentParser(prog=f"manage.py train {kind}", description=f"Train the spine {kind}.")
    parser.add_argument("--data", type=Path, required=True, help="training folder; see docs/training.md")
    parser.add_argument("--run", type=Path, help=f"folder for checkpoint, progress and model (checkpoints/{kind})")
    parser.add_argument("--recipe", choices=sorted(recipes), default="default")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="override a recipe's field")
    parser.add_argument("--start-from", type=Path, help="model folder whose weights.npz to begin with")
    parser.add_argument("--minutes", type=float, default=minutes, help=f"time for training (default {minutes:g})")
    parser.add_argument("--steps", type=int, help="a number of steps instead of a time")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint, where there is one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=threads)
    add_detector_option(parser)
    known = parser.parse_args(arguments)
    return Run(
        data=known.data,
        folder=known.run or Path("checkpoints") / kind,
        recipe_name=known.recipe,
        recipe=overridden(recipes[known.recipe], known.set),
        start_from=known.start_from,
        minutes=known.minutes,
        steps=known.steps,
        resume=known.resume,
        seed=known.seed,
        threads=known.threads,
        detector=known.detector,
    )


def overridden(recipe: Recipe, settings: list[str]) -> Recipe:
    """The recipe with fields replaced by "field=value"; pairs are written "0.7,1.5". Raises InvalidInput.

    >>> overridden(DetectorRecipe(), ["batch=4", "scales=0.8,1.2"]).scales
    (0.8, 1.2)
    """
    given = {name: text for name, _, text in (setting.partition("=") for setting in settings)}
    values = checked_overrides(recipe, given, budget={})
    changes: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return replace(recipe, **changes)
