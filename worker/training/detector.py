"""Train the spine detector: `python -m worker.training.detector --data FOLDER --minutes N`.

The learning rate follows a cosine over the time budget, so that a run ends finished on a machine of any
speed; a run that was stopped goes on from its checkpoint with --resume. At the end the network is exported.
"""

import argparse
import copy
import math
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spines.recipes import DETECTOR_RECIPES, DetectorRecipe
from worker.training.console import exit_code, say_figures
from worker.training.detector_data import MADE, SOURCES, CropSampler, Part, load_part
from worker.training.errors import TrainingError
from worker.training.export_detector import export_with_card
from worker.training.made import make_annotated
from worker.training.operating_point import SUPPRESSIONS, choose_operating_point, find_candidates
from worker.training.yolo_nas import (
    Precision,
    RunningAverage,
    TorchNetwork,
    build_loss,
    build_network,
    read_checkpoint,
    save_checkpoint,
)

WATCHED_BATCHES = 4


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one call of the command asks for."""

    data: Path
    checkpoint: Path
    output: Path
    recipe: DetectorRecipe
    minutes: float
    steps: int | None
    resume: bool
    seed: int
    threads: int


def learning_rate(recipe: DetectorRecipe, *, step: int, done: float) -> float:
    """Linear warm-up over steps, then a cosine to zero over the `done` share of the budget."""
    warm = min(1.0, (step + 1) / recipe.warm_up_steps)
    return recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


class Trainer:
    """One training run: network, loss, optimiser, running average, and where it stands."""

    def __init__(self, run: Run) -> None:
        torch.manual_seed(run.seed)
        torch.set_num_threads(run.threads)
        torch.set_flush_denormal(True)
        self.run = run
        self.recipe = run.recipe
        self.step = 0
        self.elapsed_s = 0.0
        parts = [load_part(run.data, source, "train") for source in SOURCES]
        self.check_parts = [load_part(run.data, source, "val") for source in SOURCES]
        self.precision = Precision()
        self.network = build_network().to(memory_format=self.precision.memory_format)
        self.loss = build_loss()
        self.average = RunningAverage(self.network, decay=self.recipe.average_decay)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=self.recipe.learning_rate, weight_decay=self.recipe.weight_decay
        )
        if run.resume:
            self._restore(read_checkpoint(run.checkpoint))
        made = Part(MADE, make_annotated(self.recipe.made_images, seed=run.seed))
        real_share = sum(part.source.share for part in parts)
        made_share = real_share * self.recipe.made_share / (1 - self.recipe.made_share)
        self.made_sampler = self._sampler([made])
        self.sampler = self._sampler([*parts, Part(replace(MADE, share=made_share), made.images)])
        self.watched = self._watched_crops()

    def _sampler(self, parts: list[Part]) -> CropSampler:
        scale = self.recipe.network_scale
        return CropSampler(
            parts,
            crop_px=self.recipe.crop_px,
            scales=(self.recipe.scales[0] * scale, self.recipe.scales[1] * scale),
            rng=np.random.default_rng((self.run.seed, self.step, len(parts))),
            inverted_share=self.recipe.inverted_share,
        )

    def _watched_crops(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The same crops of the val parts each time, for the validation loss."""
        sampler = self._sampler(self.check_parts)
        sampler.rng = np.random.default_rng(self.run.seed)
        batches = [sampler.batch(self.recipe.batch) for _ in range(WATCHED_BATCHES)]
        return [(torch.from_numpy(crops), torch.from_numpy(targets)) for crops, targets in batches]

    def _restore(self, checkpoint: dict[str, Any]) -> None:
        self.network.load_state_dict(checkpoint["network"])
        self.optimiser.load_state_dict(checkpoint["optimiser"])
        self.average.state = checkpoint["average"]
        self.average.updates = self.step = checkpoint["step"]
        self.elapsed_s = checkpoint["elapsed_s"]

    def save(self) -> None:
        """Write the checkpoint."""
        save_checkpoint(
            self.run.checkpoint,
            {
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "average": self.average.state,
                "step": self.step,
                "elapsed_s": self.elapsed_s,
                "recipe": asdict(self.recipe),
            },
        )

    @property
    def done(self) -> float:
        """Share of the budget that is used up: of the steps where they are given, else of the time."""
        if self.run.steps is not None:
            return self.step / self.run.steps
        return self.elapsed_s / (self.run.minutes * 60)

    def train(self) -> None:
        """Train until the budget is used up; a line of JSON an epoch to the console and beside the checkpoint."""
        log = self.run.checkpoint.with_suffix(".jsonl")
        epoch = self.step // self.recipe.steps_per_epoch
        while self.done < 1:
            figures: dict[str, float] = {"epoch": epoch, "loss": round(self._train_epoch(), 4)}
            figures["val_loss"] = round(self._val_loss(), 4)
            self.save()
            if epoch % self.recipe.epochs_per_check == self.recipe.epochs_per_check - 1:
                figures |= self._check()
            figures |= {"step": self.step, "minutes": round(self.elapsed_s / 60, 1), "done": round(self.done, 3)}
            say_figures(log, figures)
            epoch += 1

    def _averaged(self) -> torch.nn.Module:
        averaged = copy.deepcopy(self.network)
        averaged.load_state_dict(self.average.state)
        return averaged.eval()

    def _val_loss(self) -> float:
        """Loss of the averaged network on the watched crops."""
        averaged = self._averaged()
        with torch.inference_mode():
            losses = [
                float(self.loss(self.precision.forward(averaged, crops)[1], targets)[0])
                for crops, targets in self.watched
            ]
        return float(np.mean(losses))

    def _check(self) -> dict[str, float]:
        """Centre-F1 of the averaged network on the first images of every val part, for watching the run."""
        network = TorchNetwork(self._averaged())
        count, scale = self.recipe.check_images, self.recipe.network_scale
        found = {
            part.source.folder: find_candidates(network, part.images[:count], network_scale=scale)
            for part in self.check_parts
        }
        point = choose_operating_point(found, SUPPRESSIONS[:1])
        figures = {f"{name}_f1": round(f1, 4) for name, f1 in point.centre_f1.items()}
        return figures | {"threshold": point.score_threshold}

    def _train_epoch(self) -> float:
        self.network.train()
        losses: list[float] = []
        while len(losses) < self.recipe.steps_per_epoch and self.done < 1:
            started = time.monotonic()
            losses.append(self._train_step())
            self.step += 1
            self.elapsed_s += time.monotonic() - started
        return float(np.mean(losses))

    def _train_step(self) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.recipe, step=self.step, done=self.done)
        sampler = self.made_sampler if self.done < self.recipe.made_first else self.sampler
        crops, targets = (torch.from_numpy(array) for array in sampler.batch(self.recipe.batch))
        loss = self.loss(self.precision.forward(self.network, crops), targets)[0]
        if not torch.isfinite(loss):
            raise TrainingError(f"The loss is no number any more at step {self.step}. Lower the learning rate.")
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_norm)
        self.optimiser.step()
        self.average.update(self.network)
        return float(loss.detach())


def parse(arguments: list[str]) -> Run:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="manage.py train detector", description="Train the spine detector.")
    parser.add_argument("--data", type=Path, required=True, help="folder with wide512/ and meng/")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/detector.pt"))
    parser.add_argument("--output", type=Path, default=Path("checkpoints/detector"), help="folder for the network")
    parser.add_argument("--recipe", choices=sorted(DETECTOR_RECIPES), default="default")
    parser.add_argument("--minutes", type=float, default=90, help="time for training steps (default 90)")
    parser.add_argument("--steps", type=int, help="a number of steps instead of a time")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    known = vars(parser.parse_args(arguments))
    return Run(**{**known, "recipe": DETECTOR_RECIPES[known["recipe"]]})


def train_and_export(run: Run) -> None:
    """Train, then write the network with its card. Raises TrainingError, InvalidInput."""
    Trainer(run).train()
    export_with_card(data=run.data, checkpoint_path=run.checkpoint, folder=run.output)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: train_and_export(parse(sys.argv[1:]))))
