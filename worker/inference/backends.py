"""The small interface behind which OpenVINO and ONNX Runtime serve the same ONNX files."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from spines.errors import DomainError
from worker.inference.onnx_graph import read_by_last_layer

Array = NDArray[np.float32]


class Backend(StrEnum):
    """The programs that run a network. OpenVINO is for CPUs, ONNX Runtime for NVIDIA cards (and CPUs)."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class BackendMissing(DomainError):
    """The chosen backend is unknown or not installed."""


class Network(Protocol):
    """A loaded network: one float32 batch in, every output as float32, in the order of the ONNX file.

    Opened with `features`, it gives what its last layer reads (n, …) after them, where it has such a layer.
    """

    def __call__(self, batch: Array) -> tuple[Array, ...]: ...


class _Opener(Protocol):
    def open_network(self, path: Path, *, threads: int, cache_folder: Path | None, features: str) -> Network: ...


_MODULES = {
    Backend.OPENVINO: ("worker.inference.openvino_backend", "openvino"),
    Backend.ONNXRUNTIME: ("worker.inference.onnxruntime_backend", "onnxruntime"),
}


def load_network(
    path: Path, *, backend: str, threads: int = 0, cache_folder: Path | None = None, features: bool = False
) -> Network:
    """Load an ONNX file with one backend; only that backend's library is imported.

    Parameters
    ----------
    path : the ONNX file.
    backend : "openvino" or "onnxruntime".
    threads : how many CPU threads one call may use; 0 leaves it to the backend (every core).
    cache_folder : where OpenVINO keeps compiled networks, so that later starts are faster; optional.
    features : also give what its last layer reads, as one more output; the file stays as it is.

    Raises
    ------
    BackendMissing : the backend is unknown or its package is not installed.
    """
    if backend not in list(Backend):
        raise BackendMissing(
            f"“{backend}” is no inference backend: set SPINULA_INFERENCE_BACKEND to {' or '.join(Backend)}."
        )
    module_name, package = _MODULES[Backend(backend)]
    try:
        opener = cast("_Opener", import_module(module_name))
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise BackendMissing(
            f"The inference backend {backend} is not installed: "
            f"install the package {package}, or choose the other backend with SPINULA_INFERENCE_BACKEND."
        ) from error
    asked = read_by_last_layer(path) if features else ""
    return opener.open_network(path, threads=threads, cache_folder=cache_folder, features=asked)
