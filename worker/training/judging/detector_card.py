"""What a detector's card states: operating point, figures and limits, from the exported file as it is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spines.vocabulary.operating_points import LOWEST_THRESHOLD
from worker.inference.backends import Network
from worker.inference.card import DEFAULT_OVERLAP_PX, LARGEST_TILE_PX, DetectorCard
from worker.inference.detector import Detector
from worker.training.data.parts import Part
from worker.training.data.sources import REFERENCE_PIXEL_SIZE_UM, TrainingData
from worker.training.judging.answers import DetectorJudge, JudgedImage, pictures_of
from worker.training.judging.lineage import named
from worker.training.judging.operating_point import (
    Candidates,
    OperatingPoint,
    Suppression,
    choose_operating_point,
    find_candidates,
    typical_of,
)
from worker.training.judging.paired_figures import detector_curve, detector_figures

FEWEST_SPINES = 100
"""In the pictures that a threshold is chosen on: with fewer, a run that goes on from a network keeps that one's."""

Beginning = Mapping[str, Any]
"""The card of the network that a run went on from."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """An operating point with the typical box and score there, and why it is that one."""

    at: OperatingPoint
    typical: Mapping[str, float]
    reason: str

    def as_entry(self, network_scale: float) -> dict[str, Any]:
        """What serving reads of it."""
        return {
            "score_threshold": self.at.score_threshold,
            "nms_iou": self.at.suppression.nms_iou,
            "nms_centre_distance": self.at.suppression.nms_centre_distance,
            "target_pixel_size_um": REFERENCE_PIXEL_SIZE_UM,
            "network_scale": network_scale,
            "tile_px": LARGEST_TILE_PX,
            "overlap_px": DEFAULT_OVERLAP_PX,
            **self.typical,
        }

    def as_card(self, network_scale: float) -> DetectorCard:
        """A card of this operating point alone, for finding the scale of pictures."""
        return DetectorCard(
            folder=Path(), kind="detector", name="", version="", sha256="", raw={}, **self.as_entry(network_scale)
        )


def served_point(
    network: Network, parts: Sequence[Part], *, network_scale: float, beginning: Beginning | None, new: Sequence[Part]
) -> Point:
    """Choose the operating point on pictures as they are served, at the scale that each of them tells.

    Parameters
    ----------
    parts : all that it is chosen on, made pictures too.
    new : those of them that are real: fewer than `FEWEST_SPINES` spines choose nothing, where there is a beginning.
    """
    spines = sum(len(image.boxes_px) for part in new for image in part.images)
    if beginning is not None and spines < FEWEST_SPINES:
        kept = OperatingPoint(
            score_threshold=float(beginning["score_threshold"]),
            suppression=Suppression(
                nms_iou=float(beginning["nms_iou"]), nms_centre_distance=float(beginning["nms_centre_distance"])
            ),
            centre_f1={},
        )
        reason = (
            f"The threshold and the suppression are those of {named(beginning)}: the pictures to choose by have "
            f"{spines} spines, and {FEWEST_SPINES} are needed."
        )
        # The typical box, too: one of a few pictures and made ones would show all others at another scale.
        return with_typical(Point(at=kept, typical={}, reason=reason), beginning)
    own_scale = _found(network, parts, network_scale=network_scale, served=None)
    first = choose_operating_point(own_scale)
    draft = Point(at=first, typical=typical_of(first, own_scale), reason="")
    as_served = _found(network, parts, network_scale=network_scale, served=draft.as_card(network_scale))
    chosen = choose_operating_point(as_served)
    reason = f"The threshold and the suppression were chosen on {spines:,} spines of the val parts, as they are served."
    return Point(at=chosen, typical=typical_of(chosen, own_scale), reason=reason)


def _found(
    network: Network, parts: Sequence[Part], *, network_scale: float, served: DetectorCard | None
) -> dict[str, list[Candidates]]:
    return {
        part.source.folder: find_candidates(
            network, part.images, source=part.source, network_scale=network_scale, served=served
        )
        for part in parts
    }


@dataclass(frozen=True, kw_only=True)
class ServedFigures:
    """What a card states of a detector on annotated pictures; `curve` is set → [{threshold, precision, recall}]."""

    figures: dict[str, Any]
    curve: dict[str, list[dict[str, float]]]


def served_figures(
    network: Network, card: DetectorCard, data: TrainingData, *, part: str, made: Sequence[Part] = ()
) -> ServedFigures:
    """Figures and curve of every source and figures of all together, by the evaluator that compares networks.

    Every picture is looked at once, as serving does; `made` pictures give a curve alone.
    """
    judge = DetectorJudge(Detector(card, network), score_from=LOWEST_THRESHOLD)
    there = {s.name or s.folder: pictures_of(data, s, part, for_classes=False) for s in data.sources}
    drawn = {p.source.folder: [JudgedImage(file_name="", image=i, source=p.source) for i in p.images] for p in made}
    pictures = {name: images for name, images in (there | drawn).items() if images}
    found = {name: judge(images) for name, images in pictures.items()}
    called = {name: [of.from_score(card.score_threshold) for of in each] for name, each in found.items()}
    figures: dict[str, Any] = {}
    own = [name for name in pictures if name in there]
    for name in own:
        figures |= _stated(name, part, pictures[name], detector_figures(pictures[name], called[name]))
    if len(own) > 1:
        every = [image for name in own for image in pictures[name]]
        figures |= _stated("all", part, every, detector_figures(every, [of for name in own for of in called[name]]))
    curve = {f"{name} {part}": detector_curve(images, found[name]) for name, images in pictures.items()}
    return ServedFigures(figures=figures, curve=curve)


def _stated(
    name: str, part: str, images: Sequence[JudgedImage], figures: Mapping[str, Any]
) -> dict[str, float | int | list[float]]:
    where = "" if any(image.source.is_fully_marked for image in images) else " near annotated spines"
    of = f"{name} {part}"
    return {
        f"{of} centre-F1{where}": round(figures["f1"], 4),
        f"{of} centre-F1{where} 95 %": [round(bound, 3) for bound in figures["f1_95"]],
        f"{of} precision{where}": round(figures["precision"], 4),
        f"{of} recall": round(figures["recall"], 4),
        f"{of} average precision{where}": round(figures["average_precision"], 4),
        f"{of} IoU50-F1{where}": round(figures["iou50_f1"], 4),
        f"{of} images": len(images),
        f"{of} independent groups": len({image.group for image in images}),
        f"{of} spines": sum(len(image.boxes_px) for image in images),
    }


def limits_of(parts: Sequence[Part], point: Point, *, part: str, beginning: Beginning | None) -> list[str]:
    """What a detector is not shown to do, told by what it was trained on."""
    names = ", ".join(p.source.name or p.source.folder for p in parts)
    seen = f"Trained on {names}: other microscopes and stains are untested."
    if beginning is not None:
        seen = f"Trained on {names}, going on from {named(beginning)}, whose limits hold besides: other microscopes "
        seen += "and stains are untested."
    limits = [seen, _sizes(parts), point.reason]
    if unsized := [p.source.name or p.source.folder for p in parts if any(i.pixel_size_um is None for i in p.images)]:
        limits.append(
            f"Without a stated pixel size: {', '.join(unsized)}. 0.1 µm a pixel is assumed there; other images are "
            "shown at the scale that their pixel size or what is found in them tells (docs/inference.md)."
        )
    if loose := [p.source.name or p.source.folder for p in parts if p.source.box_factor < 1]:
        limits.append(
            f"Boxes of {', '.join(loose)} are marked generously and were shrunk: sizes of boxes in pictures like them "
            "are approximate, centres are what is scored."
        )
    if partly := [p.source.name or p.source.folder for p in parts if p.source.known_within is not None]:
        limits.append(f"Not every spine of {', '.join(partly)} is marked: a report far from marked ones is no error.")
    if part == "val":
        limits.append("There is no test part: figures are given for the val parts, and are a little too good.")
    return limits


def _sizes(parts: Sequence[Part]) -> str:
    sides = [
        side
        for p in parts
        for image in p.images
        if len(image.boxes_px)
        for side in (
            np.sqrt(image.boxes_px[:, 2:].prod(axis=1)) * p.source.box_factor * p.source.enlargement(image)
        ).tolist()
    ]
    if not sides:
        return "No spine was marked in what it was trained on."
    low, high = np.percentile(sides, [2.5, 97.5])
    return f"It was shown spines of {low:.0f} to {high:.0f} px at 0.1 µm a pixel (95 % of them)."


def with_typical(point: Point, beginning: Beginning | None) -> Point:
    """The point with the typical box and score of the network it went on from, where its own pictures have too few."""
    if point.typical or beginning is None:
        return point
    kept = {name: beginning[name] for name in ("typical_box_px", "typical_score") if name in beginning}
    return replace(point, typical=kept)
