"""A run from its row to a candidate, with a training process that learns nothing, and every way to fail."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command

from spines.errors import Conflict
from spines.models import ModelKind, ModelState, ModelVersion, TrainingRun, TrainingStatus
from spines.services.training import jobs as training_jobs
from spines.services.training import starting as training
from spines.services.training.jobs import FRAMEWORKS
from tests.factories import make_user
from tests.training_runs import folder_of_run, lay_out, make_dataset, start
from worker import model_files
from worker.inference.card import CARD_FILE, MODEL_FILE, PRETRAINED_FOLDER
from worker.runs import run as runs
from worker.runs.folder import only_training_here
from worker.runs.progress import read_progress

pytestmark = pytest.mark.django_db(transaction=True)

Train = Callable[..., TrainingRun]


@pytest.fixture(autouse=True)
def fake_training(settings: Any) -> None:
    settings.SPINULA_TRAINING_MODULES = dict.fromkeys(ModelKind.values, "tests.fake_training")


def train(asked: dict[str, Any] | None = None, **behaviour: Any) -> TrainingRun:
    """Carry out a run in this process and return its row."""
    run = start(**(asked or {}))
    lay_out(run, **behaviour)
    runs.train_here(run.pk)
    run.refresh_from_db()
    return run


def test_a_run_ends_as_a_candidate_with_files_card_and_comparison(settings: Any) -> None:
    call_command("register_models", verbosity=0)
    shipped = ModelVersion.objects.get(kind=ModelKind.CLASSIFIER, state=ModelState.ACTIVE)
    assert set(shipped.files) >= {MODEL_FILE, CARD_FILE}
    settings.SPINULA_CLASSIFIER_BASE = "base"
    run = train({"overrides": {"batch": 4, "scales": [0.9, 1.1], "steps": 9}, "seed": 5})
    assert (run.status, run.message) == (TrainingStatus.DONE, "")
    assert [epoch["epoch"] for epoch in run.epochs] == [0, 1, 2, 3]
    assert run.epochs[0]["val_loss"] is None, "NaN is no figure"

    candidate = run.candidate
    assert candidate is not None
    assert (candidate.state, candidate.version) == (ModelState.CANDIDATE, f"7-{run.pk}")
    assert set(candidate.files) == {MODEL_FILE, CARD_FILE, "card.md", "weights.npz"}
    assert candidate.files[MODEL_FILE] == candidate.sha256 == candidate.card["sha256"]
    assert candidate.evaluation["compared_with"] == {"id": shipped.pk, "name": str(shipped)}
    assert candidate.evaluation["active"]["confusion"]
    assert candidate.evaluation["verdict"] == "none", "two pictures of one stack"

    folder = folder_of_run(run)
    said = (folder / "run" / "arguments.txt").read_text().split()
    assert said[:4] == ["--recipe", "default", "--seed", "5"]
    assert {f"{name} {value}" for name, value in zip(said[4::2], said[5::2], strict=True)} == {
        "--set base=base",
        "--set batch=4",
        "--set scales=0.9,1.1",
        "--steps 9",
        f"--detector {PRETRAINED_FOLDER / 'detector'}",
    }
    assert not (folder / "data").exists()
    assert not list(folder.rglob("checkpoint*"))
    assert (folder / "run" / "model" / MODEL_FILE).is_file()

    fetched = model_files.folder_of(candidate)
    assert model_files.hashes(fetched) == candidate.files
    assert model_files.folder_of(shipped).name == "classifier"
    following = train({"overrides": {}, "start_from_id": candidate.pk}, network=4)
    assert (following.status, following.message) == (TrainingStatus.DONE, "")
    again = train()
    assert (again.status, again.candidate) == (TrainingStatus.FAILED, None)
    assert "very same network" in again.message
    shutil.rmtree(fetched)
    assert model_files.hashes(model_files.folder_of(candidate)) == candidate.files, "its files are still stored"


def test_a_detector_goes_the_same_way() -> None:
    run = train({"dataset_id": make_dataset(ModelKind.DETECTOR).pk, "overrides": {}}, kind="detector")
    assert (run.status, run.message) == (TrainingStatus.DONE, "")
    assert run.candidate is not None
    assert run.candidate.kind == ModelKind.DETECTOR
    assert run.candidate.evaluation["candidate"]["f1"] > 0.5
    assert run.candidate.evaluation["compared_with"] is None


@pytest.mark.parametrize(
    ("ends", "sentence"),
    [
        ("sentence", "Too few thin spines: add some, or leave the class out."),
        ("memory", "The training ran out of memory. Start a new one with a smaller batch"),
        ("traceback", "The training stopped with an error (KeyError: 'no such layer')"),
    ],
)
def test_a_failure_is_one_sentence_and_is_not_tried_again(ends: str, sentence: str) -> None:
    run = train(ends=ends)
    assert (run.status, run.attempts) == (TrainingStatus.FAILED, 1)
    assert run.message.startswith(sentence)
    assert "half way" in run.log_tail
    assert "noise" not in run.log_tail
    assert (folder_of_run(run) / "run" / "checkpoint.npz").is_file()
    assert not (folder_of_run(run) / "data").exists()


def test_a_killed_process_goes_on_from_its_checkpoint() -> None:
    run = train(ends="kill once", network=11)
    assert (run.status, run.attempts) == (TrainingStatus.DONE, 2)
    assert [epoch["epoch"] for epoch in run.epochs] == [0, 1, 2, 3]
    lines = (folder_of_run(run) / "run" / "progress.jsonl").read_text().splitlines()
    stages = [json.loads(line)["stage"] for line in lines if "stage" in line]
    assert stages[1].startswith("The training process was killed"), "the log says what a kill was"
    assert stages[2:] == ["going on from the last checkpoint, attempt 2", "going on from epoch 2"]
    assert "UTC  Going on from the last checkpoint, attempt 2." in run.log_tail


def test_three_kills_are_enough_and_the_run_can_be_resumed() -> None:
    run = train(ends="kill", network=12)
    assert (run.status, run.attempts) == (TrainingStatus.FAILED, 3)
    assert run.message.startswith("The training process was killed 3 times: the machine probably ran out of memory.")
    training.retry_run(user=make_user(staff=True), run_id=run.pk)
    lay_out(run, network=12)
    runs.train_here(run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempts) == (TrainingStatus.DONE, 1)


def test_a_run_waits_while_another_process_trains_here_or_packages_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start()
    with only_training_here() as free:
        assert free
        runs.train_here(run.pk)
    monkeypatch.setattr(runs, "missing_packages", lambda: ["torch"])
    runs.train_here(run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempts) == (TrainingStatus.QUEUED, 0)


def test_a_worker_that_is_asked_to_stop_puts_the_run_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "shutting_down", lambda: True)
    run = train(epochs=1000)
    assert (run.status, run.attempts) == (TrainingStatus.QUEUED, 0)
    assert (folder_of_run(run) / "data").is_dir()


def test_a_network_that_its_card_does_not_describe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start()
    lay_out(run)
    model = folder_of_run(run) / "run" / "model"
    model.mkdir(parents=True)
    (model / MODEL_FILE).write_bytes(b"other")
    (model / CARD_FILE).write_text("{}")
    runs.train_here(run.pk)
    run.refresh_from_db()
    assert run.status == TrainingStatus.FAILED
    assert "model card" in run.message
    assert not ModelVersion.objects.filter(is_shipped=False).exists()


def test_files_that_were_altered_or_lost_in_storage_are_told(tmp_path: Path) -> None:
    run = train(network=21)
    assert run.candidate is not None
    stored = f"{run.candidate.path}/{MODEL_FILE}"
    content = default_storage.open(stored).read()
    default_storage.delete(stored)
    with pytest.raises(Conflict, match=r"model\.onnx of tiny .* is gone from the storage"):
        model_files.folder_of(run.candidate)
    altered = tmp_path / "altered"
    altered.write_bytes(content + b"x")
    with altered.open("rb") as file:
        default_storage.save(stored, File(file))
    with pytest.raises(Conflict, match="is not the one it was registered with"):
        model_files.folder_of(run.candidate)


NOTES = """\
The console stream is logged into /tmp/super-gradients-gt1yp58g/sg_logs/console.log
[2026-12-01 04:40:48] INFO - crash_tips_setup.py - Crash tips is disabled.
[2026-12-01 04:41:18] WARNING - env_sanity_check.py - \x1b[31mFailed to verify packages: sphinx\x1b[0m
2026-12-01 04:41:19,120 - tf2onnx.convert - INFO - Using opset 17
W0000 00:00:1796097928.534868   29822 dataset.cc:997] Input will not be optimized.
I0000 00:00:1796097949.958801   29822 single_machine.cc:376] Starting new session
/usr/lib/python3/torch/amp.py:12: FutureWarning: this is deprecated
"""


def test_what_frameworks_note_at_every_start_is_left_out_of_the_log(tmp_path: Path) -> None:
    progress, log = tmp_path / "progress.jsonl", tmp_path / "log"
    progress.write_text('{"stage": "training", "at": 0}\n')
    log.write_text(NOTES)
    assert read_progress(progress, log).log_tail == "00:00:00 UTC  Training."
    errors = "[2026-12-01 04:41:18] ERROR - trainer.py - no number\nKeyError: 'no such layer'\n"
    log.write_text(NOTES + errors)
    assert read_progress(progress, log).log_tail.splitlines()[1:] == [FRAMEWORKS, *errors.splitlines()]


def test_a_line_that_is_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    progress = tmp_path / "progress.jsonl"
    progress.write_text('{"epoch": 0, "loss": 2.0, "done": 0.1}\n{"epoch": 1, "lo')
    assert [line["epoch"] for line in read_progress(progress, tmp_path / "log").epochs] == [0]
    with progress.open("a") as file:  # a kill cut the line off; the resumed process goes on behind it
        file.write(
            '{"epoch": 1, "loss": 1.5, "done": 0.2}\n{"epoch": 1, "loss": 1.0, "done": 0.3}\n{"stage": "exporting"}\n'
        )
    read = read_progress(progress, tmp_path / "log")
    assert [(line["epoch"], line["loss"]) for line in read.epochs] == [(0, 2.0), (1, 1.0)]
    assert (read.done, read.stage) == (0.3, "Exporting")


def test_a_cancelled_run_stops_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_jobs, "record_progress", lambda *_: False)
    run = train(epochs=1000)
    assert run.status == TrainingStatus.RUNNING, "whoever took the claim writes the row"
    assert not (folder_of_run(run) / "data").exists()
