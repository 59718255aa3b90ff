"""OpenVINO, in float32 on every CPU, also where bfloat16 could be had (decision 0016)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino

from worker.inference.backends import Array, Network


class OpenVinoNetwork:
    """A network compiled for this CPU."""

    def __init__(self, path: Path, *, threads: int, cache_folder: Path | None, features: str) -> None:
        core = openvino.Core()
        # Not pinned to cores: two worker processes would pin theirs to the same ones.
        properties: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if threads:
            properties["INFERENCE_NUM_THREADS"] = threads
        if cache_folder is not None:
            properties["CACHE_DIR"] = str(cache_folder)
        if features:
            model = core.read_model(str(path))
            model.add_outputs(features)
            self._compiled = core.compile_model(model, "CPU", properties)
        else:
            self._compiled = core.compile_model(str(path), "CPU", properties)
        self._request = self._compiled.create_infer_request()

    def __call__(self, batch: Array) -> tuple[Array, ...]:
        self._request.infer({0: np.ascontiguousarray(batch, np.float32)}, share_inputs=True)
        # Copied: the request's own buffers are overwritten by the next call.
        return tuple(
            np.array(self._request.get_output_tensor(index).data, np.float32)
            for index in range(len(self._compiled.outputs))
        )


def open_network(path: Path, *, threads: int, cache_folder: Path | None, features: str) -> Network:
    """Compile the ONNX file for the CPU, for the lowest time of one call. `features`: a tensor given as well, or ""."""
    return OpenVinoNetwork(path, threads=threads, cache_folder=cache_folder, features=features)
