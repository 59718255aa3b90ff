"""Train the spine detector: `python -m worker.training.detector --data FOLDER --minutes N`.

The learning rate follows a cosine over the time budget, so that a run ends finished on a machine of any
speed; a run that was stopped goes on from its checkpoint with --resume. At the end the network is exported.
"""

import copy
import math
import time
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch

from spines.training.recipes import DETECTOR_RECIPES, DetectorRecipe
from spines.vocabulary.operating_points import LOWEST_THRESHOLD
from worker.training.data.made_images import FLUORESCENT, affordable, make_annotated
from worker.training.data.parts import MADE, Part, load_parts, with_made
from worker.training.data.sources import read_training_folder
from worker.training.detector.crops import Batch, CropSampler
from worker.training.detector.export import CHECKPOINT_FILE, export_with_card
from worker.training.detector.tightness import looseness, sentences, tightened, too_loose
from worker.training.detector.yolo_nas import (
    RunningAverage,
    TorchNetwork,
    build_loss,
    build_network,
    load_average,
    mixed,
    read_checkpoint,
    save_checkpoint,
    start_from,
    started_state,
)
from worker.training.judging.lineage import beginning_of, note_beginning
from worker.training.judging.operating_point import SUPPRESSIONS, choose_operating_point, find_candidates, mean_f1
from worker.training.run.console import say_figures, say_stage
from worker.training.run.devices import Device
from worker.training.run.errors import TrainingError
from worker.training.run.keeping import choose_share
from worker.training.run.options import Run, parse_run
from worker.training.run.pace import Stopwatch, epoch_seconds, warm_up

DEFAULT_MINUTES = 100.0
WATCHED_BATCHES = 4
KEPT_MADE_IMAGES, KEPT_MADE_SEED, KEPT_SIDE_PX = 12, 3_000_017, 256  # old domain by which the kept share is chosen


def learning_rate(recipe: DetectorRecipe, *, highest: float, step: int, done: float) -> float:
    """Linear warm-up, then a cosine to zero over the `done` share of the budget."""
    warm = warm_up(step=step, done=done, steps=recipe.warm_up_steps)
    return highest * warm * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


class Trainer:
    """One training run: network, loss, optimiser, running average, and where it stands."""

    def __init__(self, run: Run[DetectorRecipe]) -> None:
        torch.manual_seed(run.seed)
        self.run, self.recipe = run, run.recipe
        self.device = Device(threads=run.threads)
        self.checkpoint = run.folder / CHECKPOINT_FILE
        self.step, self.elapsed_s, self.epoch = 0, 0.0, 0
        self.stopwatch = Stopwatch()
        self.network = self.device.placed(build_network(self.recipe.network))
        self.loss = build_loss()
        self.highest_rate, self.made_first = self.recipe.learning_rate, self.recipe.made_first
        if self.device.writes:
            note_beginning(run.folder, run.start_from)
        if run.start_from is not None:
            start_from(self.network, run.start_from)
            self.highest_rate *= self.recipe.continued_rate
            self.made_first = 0.0
        self.kept_share = 0.0
        self.box_factors: dict[str, float] = {}
        self.average = RunningAverage(self.network, decay=self.recipe.average_decay)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=self.highest_rate, weight_decay=self.recipe.weight_decay
        )
        if run.resume and self.checkpoint.is_file():
            self._restore(read_checkpoint(self.checkpoint))
        self._read_data()
        self.trained = self.device.shared(self.network)

    def _read_data(self) -> None:
        data = read_training_folder(self.run.data)
        self._say("reading the annotated images")
        parts = load_parts(data, "train")
        self._measure_boxes(parts)
        parts = tightened(parts, self.box_factors)
        self.check_parts = tightened(load_parts(data, "val"), self.box_factors)
        self.watched = self._watched_crops()
        self._say_beginning()
        made_images = self.recipe.made_images if data.made_images is None else data.made_images
        made_images = affordable(made_images, minutes=None if self.run.steps else self.run.minutes)
        if made_images:
            self._say(f"drawing {made_images} made images")
        self.made_images = made_images
        made = make_annotated(made_images, seed=self.run.seed + data.made_seed)
        self.sampler = self._sampler(with_made(parts, made, share=self.recipe.made_share))
        self.made_sampler = self._sampler(with_made([], made, share=1.0)) if made else self.sampler
        self._say("training")

    def _measure_boxes(self, parts: list[Part]) -> None:
        """Which sets have boxes much looser than the network that the run goes on from would draw them."""
        if self.step or self.run.start_from is None or not self.recipe.loose_below:
            return
        self._say("measuring how loosely boxes are drawn")
        measured = looseness(
            TorchNetwork(self._averaged()),
            parts,
            network_scale=self.recipe.network_scale,
            threshold=(beginning_of(self.run.folder) or {}).get("score_threshold", LOWEST_THRESHOLD),
        )
        self.box_factors = too_loose(measured, below=self.recipe.loose_below)
        for sentence in sentences(parts, self.box_factors):
            self._say(sentence)

    def _say_beginning(self) -> None:
        """The figures of the network that a run goes on from, before anything is trained: the curves begin there."""
        if self.step == 0 and self.device.writes and self.run.start_from is not None:
            self._say("judging what it begins with")
            figures = {"epoch": 0, "step": 0, "minutes": 0.0, "done": 0.0, "val_loss": round(self._val_loss(), 4)}
            say_figures(self.run.progress, figures | self._check())

    def _say(self, stage: str) -> None:
        if self.device.writes:
            say_stage(self.run.progress, stage)

    def _sampler(self, parts: list[Part]) -> CropSampler:
        low, high = self.recipe.scales
        scale = self.recipe.network_scale
        return CropSampler(
            parts,
            crop_px=self.recipe.crop_px,
            scales=(low * scale, high * scale),
            rng=np.random.default_rng((self.run.seed, self.step, len(parts), self.device.rank)),
            inverted_share=self.recipe.inverted_share,
            noisy_share=self.recipe.noisy_share,
        )

    def _watched_crops(self) -> list[Batch]:
        """The same crops of the val parts each time, for the validation loss."""
        sampler = self._sampler(self.check_parts)
        sampler.rng = np.random.default_rng(self.run.seed)
        return [sampler.batch(self.recipe.batch) for _ in range(WATCHED_BATCHES)]

    def _loss_of(self, network: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """The loss of a training network, or of one in evaluation mode, on a batch."""
        outputs = self.device.forward(network, torch.from_numpy(batch.crops))
        about = (torch.from_numpy(array).to(self.device.torch_device) for array in batch[1:])
        loss: torch.Tensor = self.loss(outputs, *about)[0]
        return loss

    def _restore(self, checkpoint: dict[str, Any]) -> None:
        self.network.load_state_dict(checkpoint["network"])
        self.optimiser.load_state_dict(checkpoint["optimiser"])
        device = self.device.torch_device
        self.average.state = {name: value.to(device) for name, value in checkpoint["average"].items()}
        self.average.updates = self.step = checkpoint["step"]
        self.elapsed_s = checkpoint["elapsed_s"]
        self.epoch = checkpoint.get("epoch", self.step // self.recipe.steps_per_epoch)
        self.kept_share = checkpoint.get("kept_share", 0.0)
        self.box_factors = checkpoint.get("box_factors", {})

    def save(self) -> None:
        """Write the checkpoint."""
        save_checkpoint(
            self.checkpoint,
            {
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "average": self.average.state,
                "step": self.step,
                "elapsed_s": self.elapsed_s,
                "epoch": self.epoch,
                "kept_share": self.kept_share,
                "box_factors": self.box_factors,
                "made_images": self.made_images,
                "recipe": asdict(self.recipe),
            },
        )
        self.stopwatch.restart()

    @property
    def done(self) -> float:
        """Share of the budget that is used up: of the steps where they are given, else of the time."""
        if self.run.steps is not None:
            return self.step / self.run.steps
        return self.elapsed_s / (self.run.minutes * 60)

    def train(self) -> None:
        """Train until the budget is used up; a line of figures an epoch, a checkpoint then and in between."""
        done = self.device.agreed(self.done)
        while done < 1:
            loss = self._train_epoch()
            self.epoch += 1
            figures: dict[str, float] = {"epoch": self.epoch, "loss": round(loss, 4)}
            done = self.device.agreed(self.done)
            if self.device.writes:
                self.save()
                figures |= {"step": self.step, "minutes": round(self.elapsed_s / 60, 2), "done": round(done, 4)}
                say_figures(self.run.progress, figures | self._judge(self.epoch))

    def keep_old(self) -> None:
        """Average the weights that the run began with into the averaged ones, by a share chosen on the val parts."""
        if self.run.start_from is None or self.kept_share:
            return
        self._say("choosing how much of the earlier network stays")
        began = {name: value.cpu() for name, value in started_state(self.recipe.network, self.run.start_from).items()}
        became = {name: value.cpu() for name, value in self.average.state.items()}
        count = min(KEPT_MADE_IMAGES, self.recipe.made_images)
        old = Part(MADE, make_annotated(count, seed=KEPT_MADE_SEED, looks=FLUORESCENT, side_px=KEPT_SIDE_PX))
        parts = [replace(part, images=part.images[: self.recipe.check_images]) for part in self.check_parts]
        spines = sum(len(image.boxes_px) for part in parts for image in part.images)

        def figure(share: float) -> float:
            network = TorchNetwork(load_average(self.recipe.network, mixed(began, became, share)))
            scale = self.recipe.network_scale
            found = {
                part.source.folder: find_candidates(network, part.images, source=part.source, network_scale=scale)
                for part in [*parts, *([old] if old.images else [])]
            }
            return mean_f1(choose_operating_point(found, SUPPRESSIONS[:1]))

        kept = choose_share(figure, spines=spines)
        self.average.state, self.kept_share = mixed(began, became, kept.share), kept.share
        self.save()
        self._say(kept.sentence)

    def _judge(self, epoch: int) -> dict[str, float]:
        figures = {"val_loss": round(self._val_loss(), 4)}
        every = self.recipe.epochs_per_check
        return figures | self._check() if epoch % every == 0 or self.done >= 1 else figures

    def _averaged(self) -> torch.nn.Module:
        averaged = copy.deepcopy(self.network)
        averaged.load_state_dict(self.average.state)
        return averaged.eval()

    def _val_loss(self) -> float:
        """Loss of the averaged network on the watched crops."""
        averaged = self._averaged()
        with torch.inference_mode():
            return float(np.mean([float(self._loss_of(averaged, batch)) for batch in self.watched]))

    def _check(self) -> dict[str, float]:
        """Centre-F1 of the averaged network on the first images of every val part, for watching the run."""
        network = TorchNetwork(self._averaged())
        count, scale = self.recipe.check_images, self.recipe.network_scale
        found = {
            part.source.folder: find_candidates(network, part.images[:count], source=part.source, network_scale=scale)
            for part in self.check_parts
        }
        point = choose_operating_point(found, SUPPRESSIONS[:1])
        figures = {f"{name}_f1": round(f1, 4) for name, f1 in point.centre_f1.items()}
        return figures | {"val_f1": round(mean_f1(point), 4), "threshold": point.score_threshold}

    def _train_epoch(self) -> float:
        self.trained.train()
        losses: list[float] = []
        longest = epoch_seconds(self.run.minutes, has_steps=self.run.steps is not None)
        ends_s = self.elapsed_s + longest
        while len(losses) < self.recipe.steps_per_epoch and (done := self.device.agreed(self.done)) < 1:
            started = time.monotonic()
            losses.append(self._train_step(done))
            self.step += 1
            self.elapsed_s += time.monotonic() - started
            if self.device.agreed(self.elapsed_s) >= ends_s:
                break
            if self.device.writes and self.stopwatch.is_due():
                self.save()
        return float(np.mean(losses))

    def _train_step(self, done: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.recipe, highest=self.highest_rate, step=self.step, done=done)
        sampler = self.made_sampler if done < self.made_first else self.sampler
        loss = self._loss_of(self.trained, sampler.batch(self.recipe.batch))
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is no number any more at step {self.step}. Lower the learning rate, {self.highest_rate:g}."
            )
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_norm)
        self.optimiser.step()
        self.average.update(self.network)
        return float(loss.detach())


def train_and_export(run: Run[DetectorRecipe]) -> None:
    """Train, then write the network with its card. Raises TrainingError, InvalidInput."""
    trainer = Trainer(run)
    try:
        trainer.train()
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TrainingError(
            f"The memory did not suffice for batches of {run.recipe.batch} crops of {run.recipe.crop_px} px: "
            "lower batch or crop_px, or close what else runs on this machine."
        ) from error
    if trainer.device.writes:
        trainer.keep_old()
        say_stage(run.progress, "exporting the network")
        export_with_card(data=run.data, run_folder=run.folder, recipe_name=run.recipe_name)


def main(arguments: list[str]) -> None:
    """Read the command line and train."""
    threads = torch.get_num_threads()
    train_and_export(
        parse_run(arguments, kind="detector", recipes=DETECTOR_RECIPES, threads=threads, minutes=DEFAULT_MINUTES)
    )
