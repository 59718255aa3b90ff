"""Boxes of a set that are drawn much larger than the network draws them are shrunk while it learns them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.made_sets import dots
from worker.inference.backends import Array
from worker.training.data.coco import AnnotatedImage
from worker.training.data.parts import Part
from worker.training.data.sources import Source
from worker.training.detector.tightness import looseness, sentences, tightened, too_loose

CENTRES = [(24.0, 24.0), (96.0, 30.0), (40.0, 96.0)]


def network(batch: Array) -> tuple[Array, ...]:
    """Boxes of 12 px about the three spines, and one of 60 px about the last that scores too low to count."""
    boxes = [[x - 6, y - 6, x + 6, y + 6] for x, y in CENTRES] + [[10, 66, 70, 126]]
    scores = [[0.9], [0.8], [0.7], [0.2]]
    return tuple(np.array([each], np.float32).repeat(len(batch), axis=0) for each in (boxes, scores))


def part(side_px: float, *, images: int = 3, **about: object) -> Part:
    boxes = [[x - side_px / 2, y - side_px / 2, side_px, side_px] for x, y in CENTRES]
    image = AnnotatedImage(
        grey=dots(128, CENTRES) + np.uint8(1), boxes_px=np.array(boxes, np.float32), classes=("spine",) * 3, group="a"
    )
    return Part(Source(folder="ours", name="Ours", **about), [image] * images)  # type: ignore[arg-type]


def measured(*parts: Part) -> dict[str, float]:
    return looseness(network, parts, network_scale=1.0, threshold=0.3)


def test_a_set_is_measured_by_the_networks_boxes_around_the_same_spines() -> None:
    assert measured(part(24.0)) == {"ours": pytest.approx(0.5)}
    assert measured(part(12.0)) == {"ours": pytest.approx(1.0)}
    assert measured(part(24.0, images=2)) == {}, "six spines say little"
    assert measured(part(24.0, box_factor=0.6)) == {}, "somebody stated it"
    reviewed = part(24.0)
    assert measured(replace(reviewed, source=replace(reviewed.source, folder="reviewed"))) == {}, "a lab's own word"


def test_only_boxes_that_are_much_too_large_are_shrunk() -> None:
    assert too_loose({"ours": 0.5, "theirs": 0.9}, below=0.75) == {"ours": 0.5}
    ours = part(24.0)
    other = replace(ours, source=replace(ours.source, folder="theirs"))
    shrunk, left = tightened([ours, other], {"ours": 0.5})
    assert (shrunk.source.box_factor, shrunk.source.click_slack) == (0.5, 2.0)
    assert left is other
    (said,) = sentences([ours, other], {"ours": 0.5})
    assert said.startswith("boxes of Ours are about 2.0 times as wide as those of the network that it goes on from")
    assert said.endswith("they are shrunk to 50% about their centres")
