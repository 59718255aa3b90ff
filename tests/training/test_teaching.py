"""Teaching the networks a lab's pictures, from a zip without a pixel size to a verdict: `python -m tests.teaching`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image as Picture

from spines.models import ModelKind, ModelState, ModelVersion, TrainingRun
from tests.domain.annotated_sets import field, write_coco
from tests.factories import make_versions
from tests.teaching import __main__ as command
from tests.teaching import lab as teaching
from tests.teaching.outlines import write_outlines
from tests.teaching.pictures import chosen, write_zip
from tests.training_runs import lay_out
from worker.runs.run import train_here
from worker.training.data.sources import read_training_folder

COUNT = 12
LARGE = ([10, 10, 60, 62], [70, 60, 50, 54])
USUAL = ([10, 10, 12, 13], [70, 60, 12, 14])


def zipped(folder: Path, boxes: tuple[list[int], ...]) -> Path:
    """Twelve pictures of six dendrites, each with two spines of no named class."""
    pictures = {f"train/{n}.png": field(n) for n in range(COUNT)}
    of_image = {name: {"group": f"dendrite {n % 6}"} for n, name in enumerate(pictures)}
    truth = write_coco(folder, pictures, boxes=boxes, classes=("spine", "spine"), of_image=of_image)
    write_zip(folder / "ours.zip", truth, COUNT, seed=0)
    return folder / "ours.zip"


def test_few_pictures_are_of_many_dendrites_and_lie_within_more() -> None:
    truth = {"images": [{"id": n, "group": f"g{n // 5}"} for n in range(20)]}
    four, ten = (chosen(truth, count, seed=1) for count in (4, 10))
    assert len({image["group"] for image in four}) == 4
    assert ten[:4] == four
    assert len({image["id"] for image in ten}) == 10


@pytest.mark.django_db
def test_the_pages_ask_for_the_scale_of_large_spines_and_only_of_those(tmp_path: Path) -> None:
    make_versions()
    lab = teaching.Lab()
    imported = lab.bring_in(zipped(tmp_path / "large", LARGE), partly_marked=True)
    assert imported.counts["parts"] == {}
    said = lab.asked_of_scale(imported, "detector")
    assert len(said) == 2, "the page of the set, and the preview of a training"
    assert "about 56 px" in said[0]
    assert "the network, which knows 8 to 30" in lab.state_scale(imported, 0.02)
    with pytest.raises(teaching.Refused, match="do not ask"):
        lab.asked_of_scale(imported, "detector")
    usual = lab.bring_in(zipped(tmp_path / "usual", USUAL), partly_marked=True, name="usual")
    with pytest.raises(teaching.Refused, match="do not ask"):
        lab.asked_of_scale(usual, "detector")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_candidate_of_few_dendrites_is_not_called_better(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("register_models", verbosity=0)
    settings.SPINULA_TRAINING_MODULES = dict.fromkeys(ModelKind.values, "tests.fake_training")

    def train(run_id: int) -> None:
        run = TrainingRun.objects.get(pk=run_id)
        assert run.started_from == ModelVersion.objects.get(kind="detector", state=ModelState.ACTIVE)
        lay_out(run, kind="detector")
        train_here(run_id)

    monkeypatch.setattr(teaching, "train_here", train)
    lab = teaching.Lab()
    imported = lab.bring_in(zipped(tmp_path / "set", LARGE), partly_marked=True)
    lab.state_scale(imported, 0.02)
    run = lab.teach(imported, "detector", asked={"steps": 4, "made_images": 0}, recipe={"crop_px": "64"})
    assert run.overrides == {"steps": 4, "crop_px": 64}
    assert run.candidate is not None
    assert run.candidate.evaluation["verdict"] == "none"
    assert lab.teach(imported, "detector", asked={}) == run, "what is done is not done again"
    text = lab.said_of(run)
    assert "No verdict" in text
    assert "8 are needed to tell" in text


def test_outlines_become_a_set_whose_every_fifth_of_a_class_is_kept_apart(tmp_path: Path) -> None:
    masks = tmp_path / "ghani_masks"
    masks.mkdir()
    for number in range(12):
        mask = np.zeros((50, 50), np.uint8)
        mask[10:40, 20 : 30 + number] = 255
        Picture.fromarray(mask).save(masks / f"{number}.png")
    labels = [f"{number}.png,{'thin' if number % 2 else 'stubby'}" for number in range(12)]
    (masks / "labels.csv").write_text("\n".join(["file,label", *labels]))
    write_outlines(tmp_path, tmp_path / "set")
    data = read_training_folder(tmp_path / "set")
    (source,) = data.sources
    train, val = (data.images(source, part) for part in ("train", "val"))
    assert [image.classes for image in val] == [("stubby",), ("thin",), ("stubby",), ("thin",)]
    assert len(train) == 8
    assert not {image.group for image in train} & {image.group for image in val}
    assert val[1].boxes_px.tolist() == [[20, 10, 11, 30]]
    assert source.has_classes


@pytest.mark.parametrize(("verdict", "value", "code"), [("better", -0.02, 1), ("better", 0.02, 0), ("none", -0.02, 0)])
def test_figures_are_printed_without_a_verdict_and_better_may_not_be_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verdict: str, value: float, code: int
) -> None:
    of = {
        "candidate": {"f1": 0.9 + value},
        "before": {"f1": 0.9},
        "difference": {"value": value, "low": value - 0.01, "high": value + 0.01},
        "says": "none",
    }
    row = {"pictures": 10, "counts": {"train": {"spines": 22, "groups": 8}}, "steps": 5, "verdict": verdict}
    row |= {"training_minutes": 1.2, "whole_minutes": 3.4, "core_minutes": 2.1, "judged": {"meng": of}}
    (tmp_path / "10").mkdir()
    (tmp_path / "10" / "judged.json").write_text(json.dumps(row))
    asked = ["--truth", "none.json", "--pictures", "10", "--judge", "none", "--work", str(tmp_path)]
    assert command.main(asked) == code
    said = capsys.readouterr().out
    assert f"| 10 (8) | 22 | 5 | 1 · 3 · 2 | {verdict} | 0.900 → {0.9 + value:.3f}" in said
