"""ONNX Runtime: TensorRT and CUDA where there is an NVIDIA card, the CPU otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from worker.inference.backends import Array, Network
from worker.inference.onnx_graph import with_output

PREFERRED_PROVIDERS = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")


class OnnxRuntimeNetwork:
    """An ONNX Runtime session."""

    def __init__(self, path: Path, *, threads: int, features: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        available = set(onnxruntime.get_available_providers())
        providers = [name for name in PREFERRED_PROVIDERS if name in available]
        network = with_output(path.read_bytes(), features) if features else str(path)
        self._session = onnxruntime.InferenceSession(network, sess_options=options, providers=providers)
        self._input = self._session.get_inputs()[0].name
        self._outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, batch: Array) -> tuple[Array, ...]:
        results = self._session.run(self._outputs, {self._input: np.ascontiguousarray(batch, np.float32)})
        return tuple(np.asarray(result, np.float32) for result in results)


def open_network(path: Path, *, threads: int, cache_folder: Path | None, features: str) -> Network:
    """Open a session. ONNX Runtime keeps no compiled networks: `cache_folder` is not used."""
    return OnnxRuntimeNetwork(path, threads=threads, features=features)
