"""Native weights in one file, what a later training continues from: large tensors in 16 bits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.training.run.errors import TrainingError

WEIGHTS_FILE = "weights.npz"

# Batch norm figures and biases keep 32 bits: they weigh nothing, and variances may pass what 16 bits hold.
HALF_FROM_VALUES = 4096


def save_weights_file(folder: Path, tensors: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named tensors as `weights.npz` in a model folder, so that a process killed here leaves the file before."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "weights.part.npz"
    halved: dict[str, Any] = {name: _halved(tensor) for name, tensor in tensors.items()}
    np.savez_compressed(part, **halved)
    part.replace(folder / WEIGHTS_FILE)


def read_weights_file(folder: Path) -> dict[str, NDArray[np.generic]]:
    """The tensors of a model folder, 16-bit ones turned into float32. Raises TrainingError when there are none."""
    path = folder / WEIGHTS_FILE
    try:
        with np.load(path) as stored:
            tensors = {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be read ({error}): start from a model that has native weights, or from none."
        ) from error
    return {name: t.astype(np.float32) if t.dtype == np.float16 else t for name, t in tensors.items()}


def _halved(tensor: NDArray[np.generic]) -> NDArray[np.generic]:
    is_large = tensor.dtype == np.float32 and tensor.size >= HALF_FROM_VALUES
    return tensor.astype(np.float16) if is_large else tensor
