"""How the analysis worker runs the two networks."""

from .environment import env

__all__ = ["SPINULA_INFERENCE_BACKEND", "SPINULA_INFERENCE_THREADS"]

SPINULA_INFERENCE_BACKEND = env.str(
    "SPINULA_INFERENCE_BACKEND", default="openvino", choices=("openvino", "onnxruntime")
)
SPINULA_INFERENCE_THREADS = env.int("SPINULA_INFERENCE_THREADS", default=0)  # 0: every core
