"""Trainings over two devices, to the end: two processes for the detector, two replicas for the classifier, on CPUs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.made_sets import write_sets
from worker.inference.card import check_model_file, load_classifier_card, load_detector_card

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
DETECTOR = ("crop_px=64", "batch=2", "steps_per_epoch=2", "check_images=1", "made_images=0")
CLASSIFIER = ("size_px=32", "window_px=24", "batch=4", "steps_per_epoch=2", "made_images=4")
TWO_REPLICAS = """
import sys
from worker.training.classifier import inception, trainer
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
built = inception.build_classifier
def counted(*given):
    network = built(*given)
    assert network.distribute_strategy.num_replicas_in_sync == 2
    return network
trainer.build_classifier = counted
trainer.main(sys.argv[1:])
"""


def options(data: Path, run: Path, settings: tuple[str, ...]) -> list[str]:
    named = [word for setting in settings for word in ("--set", setting)]
    return ["--data", str(data), "--run", str(run), "--steps", "3", "--threads", "1", *named]


def steps_of(run: Path) -> list[int]:
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    return [line["step"] for line in lines if "epoch" in line]


def test_a_detector_is_trained_by_two_processes(tmp_path: Path) -> None:
    write_sets(tmp_path / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    about = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, "-m", "worker.training.detector"]
    command += options(tmp_path / "data", tmp_path / "run", DETECTOR)
    logs = [tmp_path / f"{rank}.txt" for rank in range(2)]
    started = []
    for rank, log in enumerate(logs):
        with log.open("w") as file:
            started.append(
                subprocess.Popen(command, cwd=ROOT, env=about | {"RANK": str(rank)}, stdout=file, stderr=file)
            )
    ended = [process.wait() for process in started]
    assert ended == [0, 0], "\n".join(log.read_text()[-2000:] for log in logs)
    assert steps_of(tmp_path / "run") == [2, 3], "one process writes"
    check_model_file(load_detector_card(tmp_path / "run" / "model"))


@pytest.mark.parametrize("watched", [1, 6])
def test_a_classifier_is_trained_by_two_replicas(tmp_path: Path, watched: int) -> None:
    """With fewer spines in the val part than the export asks at once, and a last batch of fewer than the replicas."""
    write_sets(tmp_path / "data")
    val = tmp_path / "data" / "meng" / "val.json"
    truth = json.loads(val.read_text())
    val.write_text(json.dumps(truth | {"images": truth["images"][:1], "annotations": truth["annotations"][:watched]}))
    base = tmp_path / "base"
    subprocess.run([sys.executable, "-m", "tests.training.small_base", str(base)], cwd=ROOT, check=True)
    settings = (f"base={base}", *CLASSIFIER)
    command = [sys.executable, "-c", TWO_REPLICAS, *options(tmp_path / "data", tmp_path / "run", settings)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert steps_of(tmp_path / "run") == [2, 3]
    check_model_file(load_classifier_card(tmp_path / "run" / "model"))
