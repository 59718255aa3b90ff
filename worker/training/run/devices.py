"""Where a torch training computes, and with how many bits: one CPU, one graphics card, or several."""

import os
from typing import Any

import torch
from torch import distributed

from worker.training.run.processor import has_bfloat16
from worker.training.run.super_gradients_home import super_gradients_imported


class Device:
    """The device of this process.

    Several graphics cards are trained on by super-gradients' own launcher, which starts this program again once a
    card; `rank` numbers the processes and 0 is the one that writes. Without a card, processes of a torchrun (RANK,
    WORLD_SIZE, MASTER_ADDR, MASTER_PORT) work together over gloo. On a CPU with 16-bit arithmetic a network
    computes in bfloat16 with channels last: together, since channels last in float32 crashes in the backward pass.
    Weights stay float32.
    """

    def __init__(self, *, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.rank, self.count = 0, 1
        cards = torch.cuda.device_count()
        if cards > 1:
            self.rank, self.count = _launch(cards)
        elif not cards and int(os.environ.get("WORLD_SIZE", "1")) > 1:
            self.rank, self.count = _join()
        self.torch_device = torch.device("cuda", self.rank) if cards else torch.device("cpu")
        self.half = torch.cuda.is_bf16_supported() if cards else has_bfloat16()
        self.memory_format = torch.channels_last if self.half else torch.contiguous_format

    @property
    def writes(self) -> bool:
        """Whether this process writes checkpoints and figures."""
        return self.rank == 0

    def placed(self, network: torch.nn.Module) -> torch.nn.Module:
        """The network on this device, in the layout it computes in."""
        return network.to(device=self.torch_device, memory_format=self.memory_format)

    def shared(self, network: torch.nn.Module) -> torch.nn.Module:
        """The network as training calls it: gradients are averaged over the cards where there are several."""
        if self.count == 1:
            return network
        on = [self.rank] if self.torch_device.type == "cuda" else None
        return torch.nn.parallel.DistributedDataParallel(network, device_ids=on)

    def forward(self, network: torch.nn.Module, images: torch.Tensor) -> Any:
        """Run a network on images (N, 3, H, W); its outputs in float32."""
        images = images.to(device=self.torch_device, memory_format=self.memory_format)
        with torch.autocast(self.torch_device.type, torch.bfloat16, enabled=self.half):
            outputs = network(images)
        return _in_float32(outputs)

    def agreed(self, value: float) -> float:
        """The writing process's value in all processes: they must stop after the same step."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], device=self.torch_device)
        distributed.broadcast(shared, src=0)
        return float(shared)


def _join() -> tuple[int, int]:
    """One of several processes on CPUs, as torchrun describes them in the environment."""
    distributed.init_process_group("gloo")
    return distributed.get_rank(), distributed.get_world_size()


def _launch(cards: int) -> tuple[int, int]:
    with super_gradients_imported():
        from super_gradients.common.data_types.enum import MultiGPUMode
        from super_gradients.training.utils.distributed_training_utils import get_local_rank, setup_device
    setup_device(multi_gpu=MultiGPUMode.DISTRIBUTED_DATA_PARALLEL, num_gpus=cards)
    return get_local_rank(), cards


def _in_float32(outputs: Any) -> Any:
    if isinstance(outputs, tuple | list):
        return type(outputs)(_in_float32(output) for output in outputs)
    return outputs.float() if torch.is_tensor(outputs) and outputs.is_floating_point() else outputs
