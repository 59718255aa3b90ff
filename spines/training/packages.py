"""Whether this machine has the packages that a training needs (requirements/train.txt). None is imported."""

from importlib.util import find_spec

PACKAGES = ("torch", "super_gradients", "tensorflow", "tf_keras", "tf2onnx")
HOW_TO_INSTALL = "make train-setup"


def missing_packages() -> list[str]:
    """Those of the packages that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]
