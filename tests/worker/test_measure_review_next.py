"""What *Review next* saves, measured on annotated images: the order of the pages, and the errors of the networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from spines.statistics.review_order import in_order
from tests.training.made_sets import write_set
from tests.worker import tiny_networks
from worker.management.commands import measure_review_next
from worker.training.judging import compare


def measured(data: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    call_command("measure_review_next", data, set="wide512", **options)
    return capsys.readouterr().out


def test_errors_are_those_of_a_comparison_and_an_ended_call_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, rows = tmp_path / "data", tmp_path / "rows.jsonl"
    write_set(data / "wide512", "val", images=8, classes=("spine",))
    (data / "sources.json").write_text(json.dumps({"sources": [{"folder": "wide512"}]}))
    detector = tiny_networks.write_detector(tmp_path / "detector", score_threshold=0.2)
    networks = {"detector": detector, "classifier": tiny_networks.write_classifier(tmp_path / "classifier")}
    said = measured(data, capsys, rows=rows, **networks)
    assert "8 images of 4 groups, 16 annotated spines" in said
    assert said.count("\n| 5 |") == 1, "of eight images the first ten say nothing"

    asked = ["--kind", "detector", "--data", str(data), "--candidate", str(detector), "--no-panel"]
    compare.main([*asked, "--output", str(tmp_path / "out.json")])
    figures = json.loads((tmp_path / "out.json").read_text())["candidate"]
    looked = [json.loads(line) for line in rows.read_text().splitlines()]
    found = 16 - sum(row["missed"] for row in looked)
    assert found / 16 == pytest.approx(figures["recall"])
    assert found / (found + sum(row["false"] for row in looked)) == pytest.approx(figures["precision"])

    monkeypatch.setattr(measure_review_next, "pipeline_from", lambda _: pytest.fail("nothing is left to look at"))
    assert measured(data, capsys, rows=rows, **networks) == said
    with pytest.raises(CommandError, match="has no part test of a set wide512"):
        measured(data, capsys, part="test", **networks)


def test_animals_take_turns_and_what_was_reviewed_counts() -> None:
    helps, animals = [0.9, 0.8, 0.7, 0.5], ["a", "a", "b", "b"]
    assert in_order(helps, animals, reviewed={}, most=4) == [0, 2, 1, 3]
    assert in_order(helps, animals, reviewed={"a": 3}, most=2) == [2, 3]
