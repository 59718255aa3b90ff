"""YOLO-NAS-S from super-gradients: built for training from scratch, averaged, kept and read again."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worker.training.errors import TrainingError

CPU_INFO = Path("/proc/cpuinfo")
CPU_FLAGS = frozenset(CPU_INFO.read_text().split()) if CPU_INFO.exists() else frozenset()


def build_network() -> torch.nn.Module:
    """Build YOLO-NAS-S for one class, its three-branch blocks folded into one 3×3 convolution each.

    The folded blocks keep their batch norm and train more than twice as fast on a CPU. super-gradients tees
    the console into the home folder when imported, so it is given a temporary one.
    """
    os.environ["HOME"] = tempfile.mkdtemp(prefix="super-gradients-")
    os.environ.setdefault("CRASH_HANDLER", "FALSE")
    from super_gradients.training import models

    network: torch.nn.Module = models.get("yolo_nas_s", num_classes=1)
    for module in network.modules():
        if hasattr(module, "partial_fusion"):
            module.partial_fusion()
    return network


def build_loss() -> torch.nn.Module:
    """Build the loss YOLO-NAS is trained with: task-aligned assignment, varifocal, GIoU and DFL."""
    from super_gradients.training.losses import PPYoloELoss

    loss: torch.nn.Module = PPYoloELoss(num_classes=1, use_static_assigner=False)
    return loss


class RunningAverage:
    """Exponential moving average of a network's weights and batch norm figures."""

    def __init__(self, network: torch.nn.Module, *, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def update(self, network: torch.nn.Module) -> None:
        """Move towards the network; the first updates move further."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[name].lerp_(value.detach(), 1 - decay)
            else:
                self.state[name].copy_(value)


def save_checkpoint(path: Path, checkpoint: dict[str, Any]) -> None:
    """Write a checkpoint so that a run killed in the middle leaves the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(checkpoint, part)
    part.replace(path)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; raises TrainingError when there is none."""
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint at {path}. Train without --resume to begin one.")
    checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return checkpoint


def load_average(state: dict[str, torch.Tensor]) -> torch.nn.Module:
    """Build the network with the state of a running average, in evaluation mode."""
    network = build_network()
    network.load_state_dict(state)
    return network.eval()


class Precision:
    """How a network computes here: on a CPU with 16-bit arithmetic in bfloat16, channels last, at half the time.

    Weights stay float32. channels_last in float32 crashes in the backward pass, so the two go together.
    """

    def __init__(self) -> None:
        self.half = "avx512_bf16" in CPU_FLAGS or "amx_bf16" in CPU_FLAGS
        self.memory_format = torch.channels_last if self.half else torch.contiguous_format

    def forward(self, network: torch.nn.Module, images: torch.Tensor) -> Any:
        """Run a network on images (N, 3, H, W); its outputs in float32."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            outputs = network(images.to(memory_format=self.memory_format))
        return _in_float32(outputs)


def _in_float32(outputs: Any) -> Any:
    if isinstance(outputs, tuple | list):
        return type(outputs)(_in_float32(output) for output in outputs)
    return outputs.float() if torch.is_tensor(outputs) and outputs.is_floating_point() else outputs


class TorchNetwork:
    """A network in evaluation mode behind the interface that serving uses."""

    def __init__(self, network: torch.nn.Module) -> None:
        self._network = network.eval()

    def __call__(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Boxes (N, A, 4) as x1, y1, x2, y2 in pixels and scores (N, A, 1) of images (N, 3, H, W) in [0, 1]."""
        with torch.inference_mode():
            return tuple(output.numpy() for output in self._network(torch.from_numpy(batch))[0])
