"""How far a training process is, from the lines that it writes."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spines.services.training.jobs import FRAMEWORKS, TrainingProgress

TAIL_LINES = 40
FRAMEWORK_LINES = 12
TAIL_BYTES = 64_000
LINE_CHARACTERS = 500
LOGGED = {
    "loss": "loss",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_f1": "validation F1",
}

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

# What stands in the log besides errors, by its form, whatever it says: lines of figures (they stand in the curves
# already), what a framework notes or warns of (Google's log, Python's, `warnings`), and what they print at every start.
NOISE = re.compile(
    r"^\s*$|^\{|^WARNING: All log messages before absl|^[IW]\d{4} |oneDNN|cuda|TF-TRT|rebuild TensorFlow"
    r"|^To enable the following instructions|tensorflow/(core|compiler|stream_executor)"
    r"|^\[?\d{4}-\d\d-\d\d[T ][\d:.,]+\]?[ -]+([\w.]+ - )?(DEBUG|INFO|WARNING)\b|^(DEBUG|INFO|WARNING):"
    r"|^The console stream is logged into|^\S+:\d+: \w*Warning: "
)


def read_progress(progress: Path, log: Path) -> TrainingProgress:
    """The run's figures so far and its last lines; an epoch that was repeated after a resume counts once."""
    epochs: dict[int, dict[str, Any]] = {}
    stage = "Training"
    for line in _objects(progress):
        if "epoch" in line:
            epochs[int(line["epoch"])] = {name: _finite(value) for name, value in line.items()}
            stage = "Training"
        elif isinstance(line.get("stage"), str):
            stage = line["stage"][:1].upper() + line["stage"][1:]
    ordered = [epochs[number] for number in sorted(epochs)]
    done = ordered[-1].get("done") if ordered else None
    return TrainingProgress(
        epochs=ordered,
        done=min(max(float(done or 0), 0.0), 1.0),
        stage=stage,
        log_tail="\n".join(_log(progress, log)),
    )


def note_event(progress: Path, event: str) -> None:
    """Write what happened to a run beside what its process says, in words for people."""
    progress.parent.mkdir(parents=True, exist_ok=True)
    with progress.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"stage": event, "at": time.time()}) + "\n")


def _log(progress: Path, log: Path) -> list[str]:
    """The run in sentences, then what the frameworks said last."""
    sentences = [sentence for line in _objects(progress) if (sentence := _sentence(line))][-TAIL_LINES:]
    beneath = last_lines(log)[-FRAMEWORK_LINES:]
    return [*sentences, *([FRAMEWORKS, *beneath] if beneath else [])]


def _sentence(line: Mapping[str, Any]) -> str:
    at = line.get("at")
    clock = f"{datetime.fromtimestamp(at, tz=UTC):%H:%M:%S} UTC  " if isinstance(at, int | float) else ""
    stage = line.get("stage")
    if isinstance(stage, str) and stage:
        return f"{clock}{stage[:1].upper()}{stage[1:]}."
    if "epoch" not in line:
        return ""
    known = ((name, _finite(line.get(key))) for key, name in LOGGED.items())
    figures = ", ".join(f"{name} {value:.3f}" for name, value in known if isinstance(value, int | float))
    what = f"Epoch {line['epoch']}" if line["epoch"] else "Before training"
    return f"{clock}{what}: {figures or 'no figures'}."


def last_lines(log: Path, *, start: int = 0) -> list[str]:
    """The last lines of a log from byte `start` on, without the noise of the frameworks."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(start, size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    # The first line may begin in the middle of a word.
    whole = re.split(r"[\r\n]+", text)[1 if size - max(start, 0) > TAIL_BYTES else 0 :]
    lines = [ANSI.sub("", line).rstrip().replace("\0", "")[:LINE_CHARACTERS] for line in whole]
    return [line for line in lines if not NOISE.search(line)][-TAIL_LINES:]


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file of JSON; the one that is being written is left for the next look."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.split("\n")[:-1]:
        try:
            found = json.loads(line)
        except ValueError:  # cut off by a kill, with the next line behind it
            continue
        if isinstance(found, dict):
            yield found


def _finite(value: Any) -> Any:
    """PostgreSQL's JSON knows neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
