"""A candidate beside the network that it began with, on pictures that neither the lab nor its training has."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spines.vocabulary.verdicts import MARGINS
from worker.training.judging.answers import ClassifierJudge, DetectorJudge, JudgedImage, ServedScales, load_detector
from worker.training.judging.paired_figures import (
    classifier_difference,
    classifier_figures,
    detector_difference,
    detector_figures,
)
from worker.training.judging.panel import domains_of, spread
from worker.training.judging.verdict import verdict_on

BACKEND = "openvino"
DECIDING = {"detector": "f1", "classifier": "macro_f1"}


class Beside:
    """Judges networks of a kind on the judged part of training folders; what the first one says is kept.

    Parameters
    ----------
    new : the name of the set that is taught, whose pictures have the pixel size that the lab stated.
    most : pictures of a set, from as many groups as can be.
    said_before : a file that keeps what the first network says of the same pictures, made where it is not there.
    """

    def __init__(
        self,
        kind: str,
        first: Path,
        folders: Sequence[Path],
        *,
        new: str,
        pixel_size_um: float,
        most: int,
        said_before: Path,
        threads: int,
    ) -> None:
        self.kind, self.figure, self._threads = kind, DECIDING[kind], threads
        self._scales = ServedScales(first.parent / "detector", backend=BACKEND, threads=threads)
        self._domains: dict[str, list[JudgedImage]] = {}
        for domain in domains_of(folders, for_classes=kind == "classifier"):
            images = spread(domain.images, most)
            self._domains[domain.name] = (
                [_with_size(i, pixel_size_um) for i in images] if domain.name == new else images
            )
        if not said_before.is_file():
            judge = self._judge(first)
            said_before.write_bytes(pickle.dumps({name: judge(images) for name, images in self._domains.items()}))
        self._first: dict[str, Any] = pickle.loads(said_before.read_bytes())

    def __call__(self, folder: Path) -> dict[str, dict[str, Any]]:
        """Figures of both, by set."""
        judge = self._judge(folder)
        is_classifier = self.kind == "classifier"
        figures = classifier_figures if is_classifier else detector_figures
        difference = classifier_difference if is_classifier else detector_difference
        found = {}
        for name, images in self._domains.items():
            said, other = judge(images), self._first[name]
            groups = len({image.group for image in images})
            apart = difference(images, said, other)
            found[name] = {
                "images": len(images),
                "groups": groups,
                "candidate": _short(figures(images, said)),
                "before": _short(figures(images, other)),
                "difference": apart,
                "says": verdict_on(apart, groups=groups, margin=MARGINS[self.figure]).value,
            }
        return found

    def _judge(self, folder: Path) -> Callable[[Sequence[JudgedImage]], Sequence[Any]]:
        if self.kind == "classifier":
            return ClassifierJudge(folder, scales=self._scales, backend=BACKEND, threads=self._threads)
        return DetectorJudge(load_detector(folder, backend=BACKEND, threads=self._threads))


def _with_size(image: JudgedImage, pixel_size_um: float) -> JudgedImage:
    return replace(image, image=replace(image.image, pixel_size_um=pixel_size_um))


def _short(figures: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if isinstance(value, float)}
