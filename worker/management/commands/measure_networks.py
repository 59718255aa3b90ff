"""`manage.py measure_networks`: every figure of the networks on pictures, least like the training pictures first."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from PIL import Image

from worker.management.pipeline_options import add_network_options

PARTS = ("phantoms", "cases", "sets", "turned", "copies")
SETS = (("zoom", "val"), ("wide512", "val"), ("meng", "val"))
SETS_WITH_CLASSES = ("meng",)
COPIED_SET = "wide512/val"
PHANTOM_PIXEL_SIZES_UM = (0.05, 0.1, 0.2)
BARE_SCENARIO = "bare"
CASES = (
    "zoomed_no_pixel_size_a.tif",
    "zoomed_no_pixel_size_c.png",
    "good_other_lab_a.png",
    "ome_default1um.ome.tif",
    "golgi_a.png",
    "biocytin_dab.png",
    "low_magnification_neuron.tif",
    "not_a_neuron.jpg",
)


class Command(BaseCommand):
    """Analyse pictures with the pipeline and score them with independent scorers."""

    help = "Print how good the networks are, by scorers that share no code with the program; needs no database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("--data", type=Path, required=True, help="folder of the annotated sets")
        parser.add_argument("--scorers", type=Path, required=True, help="folder of score, invariance and phantoms .py")
        parser.add_argument("--cases", type=Path, help="folder of single pictures")
        parser.add_argument("--part", action="append", choices=PARTS, help="only this; may be repeated")
        parser.add_argument("--copies", type=int, default=24, metavar="N", help="pictures that are copied (default 24)")
        parser.add_argument("--repeats", type=int, default=3, metavar="N", help="phantoms a scenario (default 3)")
        parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep pictures and predictions here")
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run what is asked for, in the order of PARTS."""
        networks = {name: options[name] for name in ("detector", "classifier", "backend", "threads")}
        chosen = [part for part in PARTS if part in (options["part"] or PARTS)]
        with tempfile.TemporaryDirectory() as temporary:
            work: Path = options["work"] or Path(temporary)
            work.mkdir(parents=True, exist_ok=True)
            bench = _Bench(work=work, scorers=options["scorers"], networks=networks)
            for part in chosen:
                lines = self._lines(part, bench, options)
                self.stdout.write("\n".join(["", f"## {part.capitalize()}", "", *lines]))

    def _lines(self, part: str, bench: _Bench, options: dict[str, Any]) -> list[str]:
        if part == "phantoms":
            return _phantoms(bench, options["repeats"])
        if part == "cases":
            return _cases(bench, options["cases"]) if options["cases"] else ["No --cases were named."]
        if part == "sets":
            return _sets(bench, options["data"])
        if part == "turned":
            return _turned(bench, options["data"])
        return _copies(bench, options["data"] / COPIED_SET, options["copies"])


class _Bench:
    """Where figures are made: a folder to work in, the scorers, the networks."""

    def __init__(self, *, work: Path, scorers: Path, networks: dict[str, Any]) -> None:
        self.work = work
        self._scorers = scorers
        self._networks = networks

    def analyse(self, *paths: Path, output: str, **options: Any) -> Path:
        """Run `manage.py analyse`; the file it wrote. What it says of single pictures goes to a file beside."""
        file = self.work / output
        with file.with_suffix(".said.txt").open("w", encoding="utf-8") as said:
            call_command(
                "analyse", *map(str, paths), output=file, stdout=said, stderr=said, **self._networks, **options
            )
        return file

    def scored(self, scorer: str, *arguments: object) -> Any:
        """What a scorer prints as JSON."""
        return json.loads(self.run(scorer, *arguments, "--json"))

    def run(self, scorer: str, *arguments: object) -> str:
        """Run a scorer. Raises CommandError with its last line where it fails."""
        command = [sys.executable, str(self._scorers / scorer), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandError(f"{scorer} failed: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}")
        return done.stdout


def _phantoms(bench: _Bench, repeats: int) -> list[str]:
    folder = bench.work / "phantoms"
    bench.run("phantoms.py", "make", folder, "--repeats", repeats)
    spines, dendrites = [], []
    for size in PHANTOM_PIXEL_SIZES_UM:
        lines = bench.work / f"phantoms {size}.json"
        spines.append(
            bench.analyse(
                folder / str(size),
                output=f"phantoms {size}.csv",
                format="csv",
                pixel_size_um=size,
                dendrites=lines,
            )
        )
        dendrites.append(lines)
    figures = bench.scored("phantoms.py", "score", folder, "--spines", *spines, "--dendrites", *dendrites)
    rows = [
        (
            name,
            of["spines"],
            of["recall"] if of["spines"] else "–",
            of["precision"] if of["spines"] else "–",
            of["false_per_100_um"],
            _percent(of["length_bias"]),
            _percent(of["density_bias"]),
            of["class_right"][0] if of["class_right"] else "–",
        )
        for name, of in figures.items()
    ]
    biases = [of["density_bias"] for of in figures.values() if of["density_bias"] is not None]
    summary = (
        f"Density bias of the {len(biases)} scenarios with spines: mean {_percent(sum(biases) / len(biases))}, "
        f"from {_percent(min(biases))} to {_percent(max(biases))}."
    )
    head = ("scenario", "spines", "recall", "precision", "false per 100 µm", "length", "density", "class right")
    return [*_table(head, rows), "", summary]


def _cases(bench: _Bench, folder: Path) -> list[str]:
    rows = []
    for name in CASES:
        lines = bench.work / f"{name}.lines.csv"
        found = bench.analyse(folder / name, output=f"{name}.csv", format="csv", dendrites=lines)
        said = " ".join(found.with_suffix(".said.txt").read_text(encoding="utf-8").split("\n")[:-2])
        with lines.open(encoding="utf-8", newline="") as file:
            traced = [row for row in csv.DictReader(file) if row["dendrite_number"]]
        with found.open(encoding="utf-8", newline="") as file:
            spines = list(csv.DictReader(file))
        carried = sum(1 for row in spines if row["dendrite_number"])
        rows.append((name, len(spines), carried, len(traced), said.replace(f"{folder / name}: ", "") or "–"))
    return _table(("picture", "spines", "on a dendrite", "dendrites", "said"), rows)


def _sets(bench: _Bench, data: Path) -> list[str]:
    rows, classed = [], []
    for folder, part in SETS:
        truth = data / folder / f"{part}.json"
        if not truth.is_file():
            continue
        found = bench.analyse(truth.parent / part, output=f"{folder}.json")
        figures = bench.scored("score.py", truth, found)
        rows += [
            (f"{folder} {part}", rule, *(f"{figures[rule][name]:.3f}" for name in ("precision", "recall", "f1", "ap")))
            for rule in ("centre", "near", "iou50")
        ]
        if folder in SETS_WITH_CLASSES:
            given = bench.analyse(truth.parent / part, output=f"{folder} boxes.json", boxes=truth)
            classed += [
                _class_row(f"{folder} {part}, found", figures),
                _class_row(f"{folder} {part}, boxes given", bench.scored("score.py", truth, given)),
            ]
    heads = ("spines", "n", "accuracy", "macro-F1", "calibration error")
    return [*_table(("set", "rule", "precision", "recall", "F1", "AP"), rows), "", *_table(heads, classed)]


def _turned(bench: _Bench, data: Path) -> list[str]:
    """Sets with classes as they are and turned by 90°: the same figures twice, and what turning changes."""
    rows = []
    for folder in SETS_WITH_CLASSES:
        truth = data / folder / "val.json"
        turned = _write_turned(truth, bench.work / f"{folder} turned")
        both = [_figures_of(bench, each, name=f"{folder} {each.parent.name}") for each in (truth, turned)]
        rows += [
            (f"{folder} val", name, *(f"{of[name]:.3f}" for of in both), f"{both[1][name] - both[0][name]:+.3f}")
            for name in both[0]
        ]
    return _table(("set", "figure", "as it is", "turned by 90°", "difference"), rows)


def _figures_of(bench: _Bench, truth: Path, *, name: str) -> dict[str, float]:
    pictures = truth.parent / truth.stem
    found = bench.scored("score.py", truth, bench.analyse(pictures, output=f"{name}.json"))
    given = bench.scored("score.py", truth, bench.analyse(pictures, output=f"{name} boxes.json", boxes=truth))
    return {
        "centre-F1": found["centre"]["f1"],
        "IoU50-F1": found["iou50"]["f1"],
        "accuracy, found": found["classes"]["accuracy"],
        "accuracy, boxes given": given["classes"]["accuracy"],
        "calibration error, boxes given": given["classes"]["expected_calibration_error"],
    }


def _write_turned(truth: Path, folder: Path) -> Path:
    """A part with every picture and box turned by 90° to the left; its COCO file."""
    stated = json.loads(truth.read_text())
    (folder / truth.stem).mkdir(parents=True, exist_ok=True)
    widths = {}
    for about in stated["images"]:
        widths[about["id"]] = about["width"]
        picture = Image.open(truth.parent / about["file_name"]).transpose(Image.Transpose.ROTATE_90)
        about |= {"file_name": f"{truth.stem}/{Path(about['file_name']).stem}.png"}
        about |= {"width": picture.width, "height": picture.height}
        picture.save(folder / about["file_name"])
    for each in stated["annotations"]:
        x, y, width, height = each["bbox"]
        each |= {"bbox": [y, widths[each["image_id"]] - x - width, height, width], "segmentation": []}
    written = folder / truth.name
    written.write_text(json.dumps(stated))
    return written


def _class_row(name: str, figures: dict[str, Any]) -> tuple[object, ...]:
    of = figures["classes"]
    three = (f"{of[key]:.3f}" for key in ("accuracy", "macro_f1", "expected_calibration_error"))
    return (name, of["n"], *three)


def _copies(bench: _Bench, pictures: Path, count: int) -> list[str]:
    folder = bench.work / "copies"
    bench.run("invariance.py", "make", pictures, folder, "--count", count)
    for copy in sorted(path for path in folder.iterdir() if path.is_dir()):
        bench.analyse(copy, output=f"copies/{copy.name}.csv", format="csv")
    figures = bench.scored("invariance.py", "score", folder)
    rows = [(name, of["count"], of["kept"], of["class"], of["uncertain"]) for name, of in figures.items()]
    return _table(("copy", "count", "kept", "class kept", "uncertain"), rows)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.0f} %".replace("-", "−")


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a table in Markdown."""
    return ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
