"""How well the box of one click fits, measured on annotated pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.training.made_sets import write_set
from tests.worker import tiny_networks


def test_every_annotated_spine_is_clicked_and_a_seed_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write_set(tmp_path, "val", images=2, classes=("spine",))
    detector = tiny_networks.write_detector(tmp_path / "detector", score_threshold=0.2)
    networks = {"detector": detector, "classifier": tiny_networks.write_classifier(tmp_path / "classifier")}

    def said(**options: int) -> str:
        call_command("measure_one_click", truth, clicks=2, **networks, **options)
        return capsys.readouterr().out

    first = said(seed=1)
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in first.splitlines()[2:]]
    clicks = {off: sum(int(row[2]) for row in rows if row[1] == off) for off in ("0", "3", "6")}
    assert clicks == {"0": 4, "3": 8, "6": 8}
    assert all(0 <= float(cell) <= 1 for row in rows for cell in row[3:])
    assert said(seed=1) == first
    assert said(seed=2) != first
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("measure_one_click", tmp_path / "none.json", **networks)
