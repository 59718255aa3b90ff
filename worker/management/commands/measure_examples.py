"""`manage.py measure_examples`: how many of an annotated set's classes some tens of its spines teach."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray

from spines.errors import DomainError
from spines.statistics.from_examples import folds_of, learnt, macro_f1
from spines.statistics.likeness import as_numbers
from worker.inference.card import SPINE_CLASSES
from worker.inference.files import Reading, read_seen
from worker.inference.pipeline import Pipeline
from worker.management.pipeline_options import add_network_options, pipeline_from, progress

DRAWS = 20
EXAMPLES = (20, 40, 80)


@dataclass(frozen=True, kw_only=True)
class _Spines:
    """Annotated spines: features (n, d), class, group, the network's class."""

    features: NDArray[np.float64]
    classes: NDArray[np.str_]
    groups: NDArray[np.str_]
    network: NDArray[np.str_]


class Command(BaseCommand):
    """Draw examples from half of the groups, learn from them, count what is right in the other half."""

    help = "Measure a classifier that learns from 20, 40 and 80 annotated spines, beside the network's own classes."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("set", type=Path, help="folder of a COCO set, for example DATA/meng")
        parser.add_argument("--part", default="val", help="that the networks were not trained on (default val)")
        parser.add_argument("--group", default="source_stack", help="entry of an image that names its group")
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read every spine, then draw and print."""
        try:
            spines = _read(pipeline_from(options), options["set"], options["part"], options["group"])
        except (DomainError, OSError, KeyError) as error:
            raise CommandError(f"This set cannot be read: {error}") from error
        self.stdout.write("\n".join(_lines(spines)))


def _read(pipeline: Pipeline, folder: Path, part: str, group: str) -> _Spines:
    coco = json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
    names = {each["id"]: each["name"] for each in coco["categories"]}
    rows: list[tuple[bytes, list[float], str, str]] = []
    for image in progress(coco["images"], total=len(coco["images"])):
        of_image = [each for each in coco["annotations"] if each["image_id"] == image["id"]]
        path = folder / image["file_name"]
        plane = read_seen(path, name=path.name, reading=Reading()).light_on_dark
        x_y_w_h: list[Any] = [tuple(map(float, each["bbox"])) for each in of_image]
        for each, named in zip(of_image, pipeline.classify(plane, x_y_w_h), strict=True):
            opinion = [named.class_probabilities[key] for key in SPINE_CLASSES]
            rows.append((named.likeness, opinion, names[each["category_id"]], str(image[group])))
    opinions = np.array([row[1] for row in rows])
    return _Spines(
        features=np.hstack([as_numbers([row[0] for row in rows]), np.log(opinions + 1e-3)]).astype(float),
        classes=np.array([row[2] for row in rows]),
        groups=np.array([row[3] for row in rows]),
        network=np.array(SPINE_CLASSES)[opinions.argmax(axis=1)],
    )


def _lines(spines: _Spines) -> list[str]:
    classes = sorted(set(spines.classes))
    told = [
        f"{len(spines.classes)} spines of {len(set(spines.groups))} groups, classes {', '.join(classes)}",
        (
            f"the network, all spines: accuracy {(spines.network == spines.classes).mean():.3f}, "
            f"macro-F1 {macro_f1(spines.classes, spines.network, classes):.3f}"
        ),
        "examples | draws | accuracy (5th to 95th) | macro-F1 | network in the same spines | s to learn",
    ]
    for n in EXAMPLES:
        drawn = [found for seed in range(DRAWS) if (found := _draw(spines, n, np.random.default_rng(seed)))]
        if not drawn:
            told.append(f"{n} | none: half of the groups has too few")
            continue
        accuracy, f1, network, seconds = (np.array(column) for column in zip(*drawn, strict=True))
        low, high = np.percentile(accuracy, [5, 95])
        told.append(
            f"{n} | {len(drawn)} | {accuracy.mean():.3f} ({low:.3f} to {high:.3f}) | {f1.mean():.3f} | "
            f"{network.mean():.3f} | {seconds.mean():.2f}"
        )
    return told


def _draw(spines: _Spines, n: int, random: np.random.Generator) -> tuple[float, float, float, float] | None:
    """Accuracy, macro-F1, the network's accuracy in the same spines, seconds; None where half has too few spines."""
    shuffled: Sequence[str] = random.permutation(np.unique(spines.groups)).tolist()
    chosen = np.isin(spines.groups, shuffled[: (len(shuffled) + 1) // 2])
    pool, others = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    if len(pool) < n or not len(others) or len(np.unique(folds_of(spines.groups[pool].tolist()))) < 2:
        return None
    examples = random.choice(pool, n, replace=False)
    named = spines.classes[examples].tolist()
    began = time.perf_counter()
    model = learnt(spines.features[examples], named, sorted(set(named)), everything=spines.features)
    seconds = time.perf_counter() - began
    said = np.array(model.classes)[model.probabilities(spines.features[others]).argmax(axis=1)]
    true = spines.classes[others]
    accuracies = [float((each == true).mean()) for each in (said, spines.network[others])]
    return accuracies[0], macro_f1(true, said, sorted(set(spines.classes))), accuracies[1], seconds
