"""`manage.py measure_review_next`: whether the images that *Review next* puts first have more to correct."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from scipy.stats import rankdata

from spines.errors import DomainError
from spines.imaging import Polarity
from spines.statistics.review_order import NEAR, help_of, in_order, near_share, unlike_share, unsureness
from worker.bootstrap import DRAWS
from worker.evaluation import Rule, match
from worker.inference.card import SPINE_CLASSES
from worker.inference.files import Reading, own_pixel_size, read_seen
from worker.inference.pipeline import Pipeline
from worker.management.pipeline_options import add_network_options, pipeline_from, progress
from worker.training.data.known import known_at
from worker.training.data.sources import read_training_folder
from worker.training.judging.answers import JudgedImage, pictures_of
from worker.training.judging.panel import spread

FIRST = (5, 10, 20)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What an image shows before anybody reviews it, and what a reviewer would have to correct in it."""

    name: str
    group: str
    near: float | None
    unsure: float | None
    unlike: float | None
    spines: int
    missed: int
    false: int
    misnamed: int

    @property
    def help(self) -> float:
        """By which it is put in order."""
        return help_of(near=self.near, unsure=self.unsure, unlike=self.unlike)

    @property
    def errors(self) -> int:
        """Spines to add, boxes to reject, classes to change."""
        return self.missed + self.false + self.misnamed


class Command(BaseCommand):
    """Analyse annotated images, put them in the order of *Review next*, count what the first ones have to correct."""

    help = "Compare the order of Review next with random orders, by errors of the networks in the first images."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("data", type=Path, help="training folder")
        parser.add_argument("--set", required=True, help="of it, for example wide512")
        parser.add_argument("--part", default="val", help="that the networks were not trained on (default val)")
        parser.add_argument("--most", type=int, default=88, metavar="N", help="images, of as many groups as can be")
        parser.add_argument("--rows", type=Path, metavar="FILE", help="keep a line an image, and go on from it")
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at every image that no earlier call did, then print."""
        try:
            data = read_training_folder(options["data"])
            source = next((each for each in data.sources if each.folder == options["set"]), None)
            images = spread(pictures_of(data, source, options["part"], for_classes=False), 10**9) if source else []
            if not images:
                raise CommandError(f"{options['data']} has no part {options['part']} of a set {options['set']}.")
            looked = self._looked(images[: options["most"]], options)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write("\n".join(_lines(looked)))

    def _looked(self, images: Sequence[JudgedImage], options: dict[str, Any]) -> list[Looked]:
        rows: Path | None = options["rows"]
        there = rows.read_text(encoding="utf-8").splitlines() if rows and rows.is_file() else []
        known = {row.name: row for row in (Looked(**json.loads(line)) for line in there)}
        waiting = [image for image in images if image.file_name not in known]
        pipeline = pipeline_from(options) if waiting else None
        for image in progress(waiting, total=len(waiting)):
            assert pipeline is not None
            row = known[image.file_name] = _look(pipeline, image)
            if rows:
                with rows.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(row)) + "\n")
        return [known[image.file_name] for image in images]


def _look(pipeline: Pipeline, judged: JudgedImage) -> Looked:
    assert judged.path is not None
    name = judged.path.name
    reading = own_pixel_size(judged.path, name=name, reading=Reading(), annotated_um=judged.image.pixel_size_um)
    seen = read_seen(judged.path, name=name, reading=reading)
    turned = seen.polarity is Polarity.DARK_ON_LIGHT
    result = pipeline.analyse(seen.light_on_dark, reading.pixel_size_um, with_candidates=True, turned=turned)
    threshold, spines = result.score_threshold, result.spines
    boxes, scores = [spine.box_px for spine in spines], [spine.score for spine in spines]
    hits = match(Rule.CENTRE, true_boxes_px=judged.boxes_px, boxes_px=boxes, scores=scores)
    places = np.asarray(boxes, np.float64).reshape(-1, 4)
    known = known_at(places[:, :2] + places[:, 2:] / 2, judged.image, judged.source)
    pairs = [(judged.image.classes[true], spines[n].spine_class) for n, true in enumerate(hits.tolist()) if true >= 0]
    likeliest = [max(spine.class_probabilities.values()) for spine in spines]
    return Looked(
        name=judged.file_name,
        group=judged.group,
        near=near_share(
            spines=len(spines),
            near=sum(score < threshold + NEAR for score in scores),
            below=sum(each.score >= threshold - NEAR for each in result.candidates),
        ),
        unsure=unsureness(float(np.mean(likeliest)) if likeliest else None),
        unlike=unlike_share(result.unlikeness),
        spines=len(judged.boxes_px),
        missed=len(judged.boxes_px) - int((hits >= 0).sum()),
        false=int((known & (hits < 0)).sum()),
        misnamed=sum(true in SPINE_CLASSES and true != called for true, called in pairs),
    )


def _lines(looked: Sequence[Looked]) -> list[str]:
    groups = [each.group for each in looked]
    order = in_order([each.help for each in looked], groups, reviewed={}, most=len(looked))
    errors = np.array([each.errors for each in looked], float)
    spines = np.array([each.spines for each in looked], float)
    rng = np.random.default_rng(0)
    random = [rng.permutation(len(looked)) for _ in range(DRAWS)]
    counts = ", ".join(
        f"{sum(getattr(each, kind) for each in looked)} {kind}" for kind in ("missed", "false", "misnamed")
    )
    lines = [
        f"{len(looked)} images of {len(set(groups))} groups, {int(spines.sum())} annotated spines: {counts}.",
        "",
        "| first images | errors an image: Review next | random order, 95 % | errors a spine: Review next | random |",
        "|---|---|---|---|---|",
    ]
    for first in (each for each in FIRST if each < len(looked)):
        by_image, of_random = _of_first(first, order, random, lambda places: float(errors[places].mean()))
        by_spine, spine_random = _of_first(
            first, order, random, lambda places: float(errors[places].sum() / max(spines[places].sum(), 1))
        )
        lines.append(f"| {first} | {by_image:.1f} | {of_random} | {by_spine:.2f} | {spine_random} |")
    helps = np.array([each.help for each in looked])
    for what, figures in (("errors an image", errors), ("errors a spine", errors / np.maximum(spines, 1))):
        found = _rank_correlation(helps, figures, groups)
        told = "not known, all are alike" if found is None else "{:+.2f} ({:+.2f} to {:+.2f})".format(*found)
        lines.append(f"Rank correlation of what it would help with {what}: {told}.")
    return [line.replace("-0", "−0") for line in lines]


def _of_first(
    first: int, order: Sequence[int], random: Sequence[Any], figure: Callable[[Any], float]
) -> tuple[float, str]:
    drawn = np.array([figure(each[:first]) for each in random])
    low, high = np.percentile(drawn, [2.5, 97.5])
    return figure(np.array(order[:first])), f"{drawn.mean():.2f} ({low:.2f}–{high:.2f})"


def _rank_correlation(helps: Any, figures: Any, groups: Sequence[str]) -> tuple[float, float, float] | None:
    """Spearman's, with the percentiles of drawing groups; None where all images are alike."""
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    whole = list(members.values())
    rng = np.random.default_rng(0)
    samples = [np.concatenate([whole[n] for n in rng.integers(len(whole), size=len(whole))]) for _ in range(DRAWS // 4)]
    drawn = [value for each in samples if (value := _spearman(helps[each], figures[each])) is not None]
    value = _spearman(helps, figures)
    if value is None or not drawn:
        return None
    low, high = np.percentile(drawn, [2.5, 97.5])
    return value, float(low), float(high)


def _spearman(one: Any, other: Any) -> float | None:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])
