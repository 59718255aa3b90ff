"""A training process that learns nothing: the files, lines and exit codes of a real one, as its data folder asks.

`python -m tests.fake_training` stands where `python -m worker.training.classifier` does. `behaviour.json` in the
data folder says how it behaves.
"""

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEHAVIOUR = "behaviour.json"
HOLD_S = 600


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """`ends` by "finishing", or at epoch `ends_at` by "sentence", "traceback", "memory", "kill" or "kill once".

    A process that begins at epoch 0 stays at epoch `holds_at` until somebody ends it.
    """

    epochs: int = 4
    epoch_s: float = 0.05
    ends: str = "finishing"
    ends_at: int = 2
    holds_at: int | None = None
    network: int = 3
    kind: str = "classifier"


def main() -> int:
    """Go on from the checkpoint, an epoch at a time, and write a tiny classifier."""
    parser = argparse.ArgumentParser()
    for name in ("data", "run", "start-from"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--resume", action="store_true")
    known, others = parser.parse_known_args()
    told: dict[str, Any] = json.loads((known.data / BEHAVIOUR).read_text())
    behaviour = Behaviour(**told)
    with (known.run / "arguments.txt").open("a") as file:
        file.write(f"{' '.join(others)}\n")
    if known.start_from and not (known.start_from / "weights.npz").is_file():
        sys.stderr.write(f"{known.start_from} has no native weights.\n")
        return 1
    checkpoint = known.run / "checkpoint.npz"
    first = int(checkpoint.read_text()) + 1 if known.resume and checkpoint.is_file() else 0
    say(known.run, {"stage": f"going on from epoch {first}"})
    for epoch in range(first, behaviour.epochs):
        time.sleep(HOLD_S if epoch == behaviour.holds_at and first == 0 else behaviour.epoch_s)
        if epoch == behaviour.ends_at:
            end_badly(behaviour, known.run)
        checkpoint.write_text(str(epoch))
        done = (epoch + 1) / behaviour.epochs
        say(
            known.run,
            {"epoch": epoch, "done": done, "minutes": epoch + 1.0, "loss": 1 / (epoch + 1), "val_loss": float("nan")},
        )
    write_network(known.run / "model", behaviour)
    return 0


def say(run: Path, line: dict[str, Any]) -> None:
    """A line of progress."""
    with (run / "progress.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(line) + "\n")


def end_badly(behaviour: Behaviour, run: Path) -> None:
    """As asked."""
    sys.stderr.write("2026-11-24 tensorflow/core/platform: this is noise\nhalf way\n")
    if behaviour.ends == "kill" or (behaviour.ends == "kill once" and not (run / "killed").exists()):
        (run / "killed").write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour.ends == "sentence":
        sys.stderr.write("Too few thin spines: add some, or leave the class out.\n")
        sys.exit(1)
    if behaviour.ends == "memory":
        raise MemoryError
    if behaviour.ends == "traceback":
        raise KeyError("no such layer")


def write_network(folder: Path, behaviour: Behaviour) -> None:
    """A tiny network with card and native weights."""
    if folder.exists():
        return
    import numpy as np

    from tests.worker import tiny_networks

    weights = np.random.default_rng(behaviour.network).normal(size=(4, 16, 16)).astype(np.float32)
    if behaviour.kind == "detector":
        tiny_networks.write_detector(folder, version="7", score_threshold=0.2)
    else:
        tiny_networks.write_classifier(folder, weights=weights, version="7")
    (folder / "card.md").write_text("# tiny\n")
    np.savez(folder / "weights.npz", layer=weights)


if __name__ == "__main__":
    sys.exit(main())
