"""Figures of a card taken anew: the same as in a comparison, and nothing else of the card is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.made_sets import write_sets
from tests.worker import tiny_networks
from worker.training.judging import compare
from worker.training.judging.card_figures import main

STATED: dict[str, Any] = {
    "created": "2026-01-31",
    "data": [{"name": "wide512", "part": "train: 2 images", "licence": "ours", "source": "made"}],
    "recipe": {"steps": 3},
    "figures": {"val centre-F1": 0.999, "largest score difference to torch": 0.001, "recipe seed": {"n": 1}},
    "figures_command": "another",
    "limits": ["Made."],
    "look": {"some": "numbers"},
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """wide512, of which blurred branches are not annotated, and meng."""
    write_sets(tmp_path / "data")
    return tmp_path / "data"


def taken_anew(kind: str, model: Path, data: Path, *others: str) -> tuple[dict[str, Any], dict[str, Any]]:
    (model / "card.md").write_text("# tiny 1\n\nA tiny network.\n")
    before = json.loads((model / "card.json").read_text())
    main(["--data", str(data), "--model", str(model), *others])
    card: dict[str, Any] = json.loads((model / "card.json").read_text())
    apart = {"figures", "curve", "figures_command"}
    assert {k: v for k, v in card.items() if k not in apart} == {k: v for k, v in before.items() if k not in apart}
    text = (model / "card.md").read_text()
    assert "A tiny network." in text
    assert "2026-01-31" in text
    assert "look" not in text, "thousands of numbers, for programs alone"
    assert card["figures"]["largest score difference to torch"] == 0.001
    assert "val centre-F1" not in card["figures"], "what the evaluator before said is gone"
    return card["figures"], card


def compared(kind: str, model: Path, data: Path, *others: str) -> dict[str, Any]:
    out = data / "out.json"
    asked = ["--kind", kind, "--data", str(data), "--candidate", str(model), "--no-panel", "--output", str(out)]
    compare.main([*asked, *others])
    found: dict[str, Any] = json.loads(out.read_text())["candidate"]
    return found


def test_a_detectors_card_and_a_comparison_state_the_same(data: Path, tmp_path: Path) -> None:
    model = tiny_networks.write_detector(tmp_path / "model", score_threshold=0.2, **STATED)
    figures, card = taken_anew("detector", model, data)
    found = compared("detector", model, data)
    together = {name: figures[f"all val {name}"] for name in ("centre-F1", "precision")}
    assert together == pytest.approx({"centre-F1": found["f1"], "precision": found["precision"]}, abs=1e-4)
    assert figures["all val images"] == sum(figures[f"{name} val images"] for name in ("wide512", "meng")) == 4
    assert figures["sets in no training of it"] == "meng", "its card names wide512 alone"
    assert "wide512 val centre-F1" in figures, "whole fields are judged, as manage.py evaluate does"
    partly = {"folder": "meng", "is_fully_marked": False, "known_within": 0.5}
    (data / "sources.json").write_text(json.dumps({"sources": [partly]}))
    assert "meng val centre-F1 near annotated spines" in taken_anew("detector", model, data)[0]
    assert set(card["curve"]) == {"wide512 val", "meng val"}
    (at,) = [row for row in card["curve"]["meng val"] if row["threshold"] == 0.2]
    assert (at["precision"], at["recall"]) == (figures["meng val precision"], figures["meng val recall"])


def test_a_classifiers_card_and_a_comparison_state_the_same(data: Path, tmp_path: Path) -> None:
    detector = tiny_networks.write_detector(tmp_path / "detector")
    model = tiny_networks.write_classifier(tmp_path / "model", window_px=80, **STATED)
    figures, _ = taken_anew("classifier", model, data, "--detector", str(detector))
    found = compared("classifier", model, data, "--detector", str(detector))
    assert figures["val accuracy"] == pytest.approx(found["accuracy"], abs=1e-4)
    # Both round probabilities to bfloat16 where the processor has it, one backend otherwise than the other.
    assert figures["val expected calibration error"] == pytest.approx(found["calibration_error"], abs=2e-3)
    assert figures["val confusion, rows annotated"] == found["confusion"]
    assert figures["recipe seed"] == {"n": 1}, "what it quotes of another network stays"
