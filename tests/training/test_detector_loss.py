"""What the detector's loss leaves out and how it assigns; torch stays in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]

CHECKS = """
import torch
from worker.training.detector.yolo_nas import build_loss, build_network, known_of_anchors

torch.manual_seed(0)
torch.set_num_threads(1)
network, loss = build_network("yolo_nas_s"), build_loss()
outputs = network.train()(torch.rand(2, 3, 64, 64))
targets = torch.tensor([[0, 0, 30.0, 30.0, 14.0, 14.0], [1, 0, 40.0, 20.0, 12.0, 12.0]])
one, everywhere, nowhere = torch.ones(2), torch.ones(2, 8, 8), torch.zeros(2, 8, 8)

whole = loss(outputs, targets, everywhere, one)[1]
unknown = loss(outputs, targets, nowhere, one)[1]
assert 0 < unknown[0] < whole[0], (unknown, whole)  # what is assigned to a spine still counts
assert torch.equal(unknown[1:3], whole[1:3])  # boxes do not hang on it

empty = loss(outputs, targets[:0], nowhere, one)[0]
empty.backward()
assert float(empty) == 0

slack = loss(outputs, targets, everywhere, 1.6 * one)[1]
assert not torch.equal(slack, whole)

known = torch.zeros(1, 8, 8)
known[0, 2, 5] = 1
points = torch.tensor([[44.0, 20.0], [20.0, 44.0], [48.0, 16.0], [63.9, 63.9]])
assert known_of_anchors(known, anchor_points=points).tolist() == [[1, 0, 0, 0]]
"""


@pytest.mark.timeout(300)
def test_what_nobody_annotated_costs_nothing_and_clicked_boxes_are_assigned_larger() -> None:
    run = subprocess.run([sys.executable, "-c", CHECKS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
