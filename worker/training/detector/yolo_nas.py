"""YOLO-NAS from super-gradients: built for training from scratch, averaged, kept and read again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worker.training.detector.crops import KNOWN_STRIDE_PX
from worker.training.run.errors import TrainingError
from worker.training.run.super_gradients_home import super_gradients_imported
from worker.training.run.weights import read_weights_file

NETWORKS = ("yolo_nas_s", "yolo_nas_m", "yolo_nas_l")


def build_network(name: str) -> torch.nn.Module:
    """Build YOLO-NAS for one class, its three-branch blocks folded into one 3×3 convolution each.

    The folded blocks keep their batch norm and train more than twice as fast on a CPU. Raises TrainingError.
    """
    if name not in NETWORKS:
        raise TrainingError(f"There is no detector {name!r}: choose one of {', '.join(NETWORKS)}.")
    with super_gradients_imported():
        from super_gradients.training import models

    network: torch.nn.Module = models.get(name, num_classes=1)
    for module in network.modules():
        if hasattr(module, "partial_fusion"):
            module.partial_fusion()
    return network


def build_loss() -> torch.nn.Module:
    """Build the loss YOLO-NAS is trained with: task-aligned assignment, varifocal, GIoU and DFL.

    It takes the network's outputs, targets (n, 6), and two tensors of what is known of the crops: `known`
    (batch, side / 8, side / 8), 0 where nobody said whether there is a spine, so that no score there costs anything;
    `click_slack` (batch,), by which annotated and predicted boxes are enlarged while anchors are assigned to spines
    whose centres were clicked. Boxes are learned as they are.
    """
    with super_gradients_imported():
        from super_gradients.training.losses import PPYoloELoss
        from super_gradients.training.losses.ppyolo_loss import TaskAlignedAssigner

    class PartlyKnownLoss(PPYoloELoss):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(num_classes=1, use_static_assigner=False)
            self.slack_assigner = _SlackAssigner(TaskAlignedAssigner(topk=13, alpha=1.0, beta=6.0))
            self.assigner: torch.nn.Module = self.slack_assigner
            self.known = torch.ones(1)

        def forward(self, outputs: Any, targets: torch.Tensor, known: torch.Tensor, slack: torch.Tensor) -> Any:
            predictions = outputs[1] if isinstance(outputs, tuple) and len(outputs) == 2 else outputs
            self.known = known_of_anchors(known, anchor_points=predictions[3])
            self.slack_assigner.slack = slack
            return super().forward(outputs, targets)

        def _varifocal_loss(self, scores: torch.Tensor, wanted: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
            # An anchor that is assigned to an annotated spine is known, wherever it lies.
            counts = torch.maximum(self.known[..., None], label)
            weight = 0.75 * scores.sigmoid().pow(2.0) * (1 - label) + wanted * label
            entropy = torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none")
            return (entropy * weight.detach() * counts).sum()

    return PartlyKnownLoss()


class _SlackAssigner(torch.nn.Module):  # type: ignore[misc]
    """Assigns anchors with all boxes of an image enlarged about their centres by its slack."""

    def __init__(self, assigner: torch.nn.Module) -> None:
        super().__init__()
        self.assigner = assigner
        self.slack = torch.ones(1)

    def forward(self, *, pred_bboxes: torch.Tensor, gt_bboxes: torch.Tensor, **others: Any) -> Any:
        slack = self.slack[:, None, None]
        labels, boxes, scores = self.assigner(
            pred_bboxes=_enlarged(pred_bboxes, slack), gt_bboxes=_enlarged(gt_bboxes, slack), **others
        )
        return labels, _enlarged(boxes, 1 / slack), scores


def _enlarged(boxes: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Boxes (…, 4) as x1, y1, x2, y2, larger by a factor about their centres."""
    low, high = boxes[..., :2], boxes[..., 2:]
    middle, half = (low + high) / 2, (high - low) / 2 * factor
    return torch.cat([middle - half, middle + half], dim=-1)


def known_of_anchors(known: torch.Tensor, *, anchor_points: torch.Tensor) -> torch.Tensor:
    """What is known at each anchor, (batch, anchors), from cells (batch, rows, columns) of 8 px; points x, y in px."""
    cells = (anchor_points / KNOWN_STRIDE_PX).long()
    rows, columns = cells[:, 1].clamp(max=known.shape[1] - 1), cells[:, 0].clamp(max=known.shape[2] - 1)
    return known[:, rows, columns]


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


def load_average(name: str, state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    """Build the network with the state of a running average, in evaluation mode."""
    network = build_network(name)
    network.load_state_dict(state)
    return network.eval()


def mixed(
    began: Mapping[str, torch.Tensor], became: Mapping[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """`share` of the weights and batch norm figures that a run began with, and the rest of those it ended with."""
    return {
        name: value.lerp(began[name].to(value), share) if value.dtype.is_floating_point else value
        for name, value in became.items()
    }


def native_weights(state: Mapping[str, torch.Tensor]) -> dict[str, NDArray[np.generic]]:
    """A network's state by name, as `weights.npz` keeps it."""
    return {name: value.cpu().numpy() for name, value in state.items()}


def started_state(name: str, folder: Path) -> dict[str, torch.Tensor]:
    """The state of a network with a model folder's native weights. Raises TrainingError where they are another's."""
    network = build_network(name)
    start_from(network, folder)
    return {key: value.detach().clone() for key, value in network.state_dict().items()}


def start_from(network: torch.nn.Module, folder: Path) -> None:
    """Put a model folder's native weights into a network. Raises TrainingError where they are another network's."""
    tensors = {name: torch.from_numpy(np.asarray(tensor)) for name, tensor in read_weights_file(folder).items()}
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise TrainingError(
            f"The weights in {folder} are those of another network: start from a detector of the same size."
        ) from error


class TorchNetwork:
    """A network in evaluation mode behind the interface that serving uses."""

    def __init__(self, network: torch.nn.Module) -> None:
        self._network = network.eval()

    def __call__(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Boxes (N, A, 4) as x1, y1, x2, y2 in pixels and scores (N, A, 1) of images (N, 3, H, W) in [0, 1]."""
        device = next(self._network.parameters()).device
        with torch.inference_mode():
            return tuple(output.cpu().numpy() for output in self._network(torch.from_numpy(batch).to(device))[0])
