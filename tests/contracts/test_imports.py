"""Who may import whom, and that no process that should stay small loads an ML framework."""

import os
import subprocess
import sys

import pytest
from importlinter.cli import lint_imports

from webapp.serve.programs import PROJECT

ML_FRAMEWORKS = (
    "torch",
    "torchvision",
    "tensorflow",
    "keras",
    "tf_keras",
    "super_gradients",
    "onnx",
    "onnxruntime",
    "openvino",
)

WEB = """
import importlib, pkgutil
import django
django.setup()
from django.urls import get_resolver
import spines, webapp
for package in (spines, webapp):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
assert get_resolver().url_patterns
"""
CELERY_PARENT = """
from worker.celery import app
app.loader.import_default_modules()
assert "spinula.analyse_image" in app.tasks, sorted(app.tasks)
"""


def test_imports_point_one_way() -> None:
    assert lint_imports(config_filename=str(PROJECT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.slow
@pytest.mark.parametrize("code", [WEB, CELERY_PARENT], ids=["pages and domain", "Celery's parent process"])
def test_no_ml_framework_is_loaded(code: str) -> None:
    ask = f"\nimport sys\nprint([name for name in {ML_FRAMEWORKS!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + ask],
        cwd=PROJECT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "webapp.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
