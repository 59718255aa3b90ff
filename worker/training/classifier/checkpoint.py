"""Where a classifier's training stands, in one file: weights, optimiser, step, time and random numbers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worker.training.run.errors import TrainingError
from worker.training.run.weights import read_weights_file

CHECKPOINT_FILE = "checkpoint.npz"


@dataclass
class Progress:
    """How far a run is."""

    step: int = 0
    epoch: int = 0
    elapsed_s: float = 0.0
    best_loss: float = float("inf")
    best_epoch: int = 0


def save_checkpoint(path: Path, network: Any, *, progress: Progress, rng: np.random.Generator) -> None:
    """Write the checkpoint, so that a process killed here leaves the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = json.dumps({"progress": vars(progress), "random": rng.bit_generator.state})
    tensors = {f"weight_{i:03d}": weight for i, weight in enumerate(network.get_weights())}
    tensors |= {f"optimiser_{i:03d}": v.numpy() for i, v in enumerate(network.optimizer.variables)}
    part = path.with_suffix(".part.npz")
    np.savez(part, state=np.array(state), **tensors)
    part.replace(path)


def load_checkpoint(path: Path, network: Any, *, rng: np.random.Generator) -> Progress:
    """Put a checkpoint into a compiled network of the same recipe; where the run stands. Raises TrainingError."""
    try:
        with np.load(path) as stored:
            kept = {name: stored[name] for name in stored.files}
        state = json.loads(str(kept.pop("state")))
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"{path} cannot be read ({error}): remove it and train without --resume.") from error
    optimiser = network.optimizer
    optimiser.build(network.trainable_variables)
    _assign(network.weights, [kept[n] for n in sorted(kept) if n.startswith("weight_")], path)
    _assign(optimiser.variables, [kept[n] for n in sorted(kept) if n.startswith("optimiser_")], path)
    rng.bit_generator.state = state["random"]
    return Progress(**state["progress"])


def native_weights(network: Any) -> dict[str, Any]:
    """A network's weights by name, as `weights.npz` holds them."""
    base, head = _base_and_head(network)
    named = {f"base_{i:03d}": variable.numpy() for i, variable in enumerate(base)}
    return named | {f"head_{i:03d}": variable.numpy() for i, variable in enumerate(head)}


def start_from(folder: Path, network: Any) -> None:
    """Begin with the weights of a trained classifier's folder; a head of another recipe is left out.

    Raises TrainingError where there are none, or they are those of another base.
    """
    stored = read_weights_file(folder)
    base, head = _base_and_head(network)
    _assign(base, [stored[name] for name in sorted(stored) if name.startswith("base_")], folder)
    of_head = [stored[name] for name in sorted(stored) if name.startswith("head_")]
    if [np.shape(value) for value in of_head] == [tuple(variable.shape) for variable in head]:
        _assign(head, of_head, folder)


def keep_share(folder: Path, network: Any, share: float) -> None:
    """Average `share` of the weights of a model folder into a network. Raises TrainingError."""
    became = native_weights(network)
    start_from(folder, network)
    put_mixed(network, began=native_weights(network), became=became, share=share)


def put_mixed(network: Any, *, began: dict[str, Any], became: dict[str, Any], share: float) -> None:
    """Put `share` of the weights that a run began with and the rest of those it ended with into a network."""
    base, head = _base_and_head(network)
    for named, variables in (("base", base), ("head", head)):
        for index, variable in enumerate(variables):
            name = f"{named}_{index:03d}"
            variable.assign((1 - share) * became[name] + share * began[name])


def _base_and_head(network: Any) -> tuple[list[Any], list[Any]]:
    """Variables in the order of the saved base, whether it is trained or frozen; and those of the layers on it."""
    hub_layer, *others = network.layers
    return list(hub_layer.resolved_object.variables), [weight for layer in others for weight in layer.weights]


def _assign(variables: Any, values: list[Any], source: Path) -> None:
    variables = list(variables)
    if [tuple(v.shape) for v in variables] != [np.shape(value) for value in values]:
        raise TrainingError(
            f"{source} is of another network than this recipe builds: choose the recipe and base that it came from."
        )

    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
