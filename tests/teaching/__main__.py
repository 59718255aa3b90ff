"""`python -m tests.teaching`: teach the shipped networks some pictures of a source that they do not know.

For each number of pictures: a zip of them is brought in through the pages, without a pixel size; the pages ask for
one; it is stated; a candidate is trained from the network in use within the minutes given; the product judges it. Then
it is judged beside the shipped network on pictures that neither the lab nor the training has, with the evaluator that
compares. Fails where a page does not ask, a training ends without a candidate, or *better* is said of one that is worse
anywhere. It trains on nothing that is scored, and keeps no network but in --work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.teaching.machine import machine
from tests.teaching.pictures import write_zip

DEFAULT_MINUTES = {"detector": 12.0, "classifier": 6.0}


def main(arguments: list[str]) -> int:
    """Teach, judge, print. Exit code 0 where nothing misleads."""
    parser = argparse.ArgumentParser(prog="python -m tests.teaching", description=__doc__)
    parser.add_argument("--kind", choices=("detector", "classifier"), default="detector")
    parser.add_argument("--truth", type=Path, required=True, help="COCO file of the new source")
    parser.add_argument("--pictures", type=int, action="append", metavar="N", help="of it (default 40); repeated")
    parser.add_argument("--pixel-size-um", type=float, default=0.02, help="what the lab states (default 0.02)")
    parser.add_argument("--all-marked", action="store_true", help="every spine of a picture is marked")
    parser.add_argument("--judge", type=Path, action="append", required=True, help="training folder to judge on")
    parser.add_argument("--new", default="zoom", help="the set in it that is of the new source (default zoom)")
    parser.add_argument("--minutes", type=float, help="of each training (default: 12, a classifier 6)")
    parser.add_argument("--steps", type=int, help="of each training, instead of minutes: the same on a busy machine")
    parser.add_argument("--made-images", type=int, default=200, help="that are mixed in (default 200, as on the page)")
    parser.add_argument("--most", type=int, default=48, help="pictures of a set that it is judged on (default 48)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of the recipe")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of pictures")
    parser.add_argument("--work", type=Path, required=True, help="folder; a run that was ended goes on from it")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.minutes = options.minutes or DEFAULT_MINUTES[options.kind]
    if options.only:
        return _teach(options, options.only)
    rows = []
    for count in options.pictures or [40]:
        kept = options.work / str(count) / "judged.json"
        if not kept.is_file():
            subprocess.run([sys.executable, "-m", "tests.teaching", *arguments, "--only", str(count)], check=True)
        rows.append(json.loads(kept.read_text()))
    print("\n".join(_table(rows)))  # noqa: T201
    misled = [row for row in rows if row["verdict"] == "better" and _is_worse(row)]
    return 1 if misled else 0


def _say(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)  # noqa: T201


def _teach(options: argparse.Namespace, count: int) -> int:
    folder: Path = options.work.resolve() / str(count)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with machine(folder):
        from tests.teaching.judged import Beside
        from tests.teaching.lab import Lab
        from worker.inference.card import PRETRAINED_FOLDER
        from worker.model_files import folder_of

        lab = Lab()
        packed = folder / "ours.zip"
        write_zip(packed, options.truth, count, seed=options.seed)
        imported = lab.bring_in(packed, partly_marked=not options.all_marked)
        if imported.pixel_size_um is None:
            for sentence in lab.asked_of_scale(imported, options.kind):
                _say(sentence)
            _say(lab.state_scale(imported, options.pixel_size_um))
        recipe = dict(each.split("=", 1) for each in options.set)
        budget = {"steps": options.steps} if options.steps else {"minutes": options.minutes}
        _say(f"{count} pictures: training for {' '.join(f'{value:g} {name}' for name, value in budget.items())}")
        run = lab.teach(imported, options.kind, asked=budget | {"made_images": options.made_images}, recipe=recipe)
        assert run.candidate is not None
        assert run.finished_at is not None
        assert run.started_at is not None
        evaluation = run.candidate.evaluation
        for sentence in (f"Verdict: {evaluation['verdict']}", *evaluation["reasons"]):
            _say(sentence)
        _say("judging on pictures that were kept apart")
        beside = Beside(
            options.kind,
            PRETRAINED_FOLDER / options.kind,
            options.judge,
            new=options.new,
            pixel_size_um=options.pixel_size_um,
            most=options.most,
            said_before=folder.parent / "said before.pickle",
            threads=int(os.environ.get("SPINULA_INFERENCE_THREADS", "0")),
        )
        row: dict[str, Any] = {
            "pictures": count,
            "counts": run.dataset.counts,
            "steps": run.epochs[-1].get("step"),
            "training_minutes": run.epochs[-1].get("minutes"),
            "core_minutes": round(_core_seconds() / 60, 1),
            "whole_minutes": round((run.finished_at - run.started_at).total_seconds() / 60, 1),
            "verdict": evaluation["verdict"],
            "reasons": evaluation["reasons"],
            "own_test": {name: evaluation[name] for name in ("groups", "images", "spines", "difference")},
            "panel": [_of_domain(each) for each in evaluation["panel"]],
            "new": options.new,
            "judged": beside(folder_of(run.candidate)),
        }
    draft = folder / "judged.json.draft"
    draft.write_text(json.dumps(row, indent=1))
    draft.rename(folder / "judged.json")
    _say(f"{count} pictures took {(time.monotonic() - began) / 60:.0f} minutes in this call")
    return 0


def _core_seconds() -> float:
    """Of the processes that trained and compared; of the last call alone, where there were several."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _of_domain(each: dict[str, Any]) -> dict[str, Any]:
    return {name: each[name] for name in ("name", "groups", "difference", "verdict")}


def _is_worse(row: dict[str, Any]) -> bool:
    """Worse on any set that was kept apart; a difference on few groups counts by its value."""
    return any(
        of["says"] == "worse" or (of["says"] == "none" and of["difference"]["value"] < 0)
        for of in row["judged"].values()
    )


def _table(rows: list[dict[str, Any]]) -> list[str]:
    sets = list(rows[0]["judged"])
    head = ["pictures (groups)", "spines that train", "steps", "minutes: training · all · of one core", "verdict"]
    lines = ["| " + " | ".join([*head, *sets]) + " |", "|" + "---|" * (len(head) + len(sets))]
    for row in rows:
        train = row["counts"]["train"]
        groups = sum(part.get("groups", 0) for part in row["counts"].values())
        cells = [f"{row['pictures']} ({groups})", str(train["spines"]), str(row["steps"])]
        cells += [
            f"{row['training_minutes']:.0f} · {row['whole_minutes']:.0f} · {row['core_minutes']:.0f}",
            row["verdict"],
        ]
        lines.append("| " + " | ".join([*cells, *(_cell(row["judged"][name]) for name in sets)]) + " |")
    return lines


def _cell(of: dict[str, Any]) -> str:
    figure = "macro_f1" if "macro_f1" in of["candidate"] else "f1"
    apart = of["difference"]
    text = f"{of['before'][figure]:.3f} → {of['candidate'][figure]:.3f} ({apart['low']:+.3f} to {apart['high']:+.3f})"
    if "average_precision" in of["candidate"]:
        text += f", AP {of['before']['average_precision']:.3f} → {of['candidate']['average_precision']:.3f}"
    return text.replace("-", "−")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
