"""`manage.py measure_one_click`: how well the box that one click gives fits the annotated one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from spines.errors import DomainError
from spines.services.analyses.candidates import Box
from spines.services.review.box_at import held_at
from worker.evaluation import Rule, match
from worker.inference.files import Reading, own_pixel_size, read_seen
from worker.inference.pipeline import Pipeline
from worker.management.pipeline_options import add_network_options, pipeline_from, progress

OFF_PX = (0.0, 3.0, 6.0)
"""Standard deviations, in x and in y, of clicks about the middle of a spine."""
GOOD_IOU = 0.5
USUAL_SHARE = 0.03
"""Of the picture's longer side: the usual box where nothing was found, as static/js/image/draft.js has it."""


@dataclass(frozen=True, kw_only=True)
class _Clicked:
    """A click on a spine: IoU with the annotated box of what one click gives, and of the usual box about it."""

    off_px: float
    missed: bool
    held: bool
    one_click: float
    usual: float


class Command(BaseCommand):
    """Click on every annotated spine, beside a box of the usual size about the same place."""

    help = "Compare the box that one click adds, and one of the usual size, with annotated boxes; needs no database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("truth", type=Path, help="COCO file, pictures beside it, such as DATA/meng/val.json")
        parser.add_argument("--clicks", type=int, default=5, metavar="N", help="a spine, where scattered (default 5)")
        parser.add_argument("--seed", type=int, default=0, help="of the scatter (default 0)")
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Analyse the pictures, click, print."""
        try:
            clicked = list(_clicked(pipeline_from(options), options["truth"], options["clicks"], options["seed"]))
        except (DomainError, OSError, KeyError, ValueError) as error:
            raise CommandError(f"This set cannot be read: {error}") from error
        self.stdout.write("\n".join(_lines(clicked)))


def _clicked(pipeline: Pipeline, truth: Path, clicks: int, seed: int) -> Iterator[_Clicked]:
    coco = json.loads(truth.read_text(encoding="utf-8"))
    random = np.random.default_rng(seed)
    for image in progress(coco["images"], total=len(coco["images"])):
        path = truth.parent / image["file_name"]
        boxes: list[Any] = [
            tuple(map(float, each["bbox"])) for each in coco["annotations"] if each["image_id"] == image["id"]
        ]
        reading = own_pixel_size(path, name=path.name, reading=Reading())
        plane = read_seen(path, name=path.name, reading=reading).light_on_dark
        result = pipeline.analyse(plane, reading.pixel_size_um, with_candidates=True)
        spines = [spine.box_px for spine in result.spines]
        scores = [spine.score for spine in result.spines]
        found = set(match(Rule.CENTRE, true_boxes_px=boxes, boxes_px=spines, scores=scores).tolist())
        below = [(each.box_px, each.score) for each in result.candidates]
        above = list(zip(spines, scores, strict=True))
        usual = _usual(spines, USUAL_SHARE * max(plane.shape))
        for number, box in enumerate(boxes):
            missed = number not in found
            for off_px in OFF_PX:
                for by in random.normal(0, off_px, (clicks if off_px else 1, 2)):
                    x, y = box[0] + box[2] / 2 + by[0], box[1] + box[3] / 2 + by[1]
                    about = (x - usual[0] / 2, y - usual[1] / 2, *usual)
                    held = held_at(below if missed else [*above, *below], x, y)
                    yield _Clicked(
                        off_px=off_px,
                        missed=missed,
                        held=held is not None,
                        one_click=_iou(held or about, box),
                        usual=_iou(about, box),
                    )


def _usual(boxes: Sequence[Box], otherwise: float) -> tuple[float, float]:
    """The median width and height of what was found, as the page takes them."""
    if not boxes:
        return otherwise, otherwise
    widths, heights = (sorted(box[side] for box in boxes) for side in (2, 3))
    return widths[len(boxes) // 2], heights[len(boxes) // 2]


def _iou(first: Box, second: Box) -> float:
    across, down = (
        max(min(first[n] + first[n + 2], second[n] + second[n + 2]) - max(first[n], second[n]), 0.0) for n in (0, 1)
    )
    both = across * down
    return both / (first[2] * first[3] + second[2] * second[3] - both)


def _lines(clicked: Sequence[_Clicked]) -> list[str]:
    head = ["spines", "off by, px", "clicks", "a box was kept", "IoU, one click", "IoU, usual box"]
    head += [f"from {GOOD_IOU}, {name}" for name in ("one click", "usual box")]
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head))]
    for name, missed in (("found", False), ("missed", True)):
        for off_px in OFF_PX:
            some = [each for each in clicked if each.missed is missed and each.off_px == off_px]
            if not some:
                continue
            ious = np.array([(each.one_click, each.usual) for each in some])
            means, good = ious.mean(axis=0), (ious >= GOOD_IOU).mean(axis=0)
            held = sum(each.held for each in some) / len(some)
            figures = " | ".join(f"{value:.2f}" for value in (held, *means, *good))
            lines.append(f"| {name} | {off_px:g} | {len(some)} | {figures} |")
    return lines
