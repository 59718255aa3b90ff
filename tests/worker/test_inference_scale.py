"""Which scale an image is analysed at: by its pixel size, and by what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from spines.synthesis.files import Series
from spines.synthesis.parameters import Look
from spines.vocabulary.picture_scale import ScaleDoubt, ScaleSource
from worker.inference.card import DetectorCard
from worker.inference.detector import Detection
from worker.inference.pipeline import Pipeline, PipelineResult, load_pipeline
from worker.inference.scale import ChosenScale, Part, ScaleSearch, choose_scale

KNOWN_PX = 11.5
SMALLEST_BOX_PX = 9.0
SIDE_PX = 1024
RESAMPLED = Image.Resampling.BICUBIC


@pytest.fixture
def card(detector_card: DetectorCard) -> DetectorCard:
    """Of a network that knows µm and boxes of 11.5 px."""
    return replace(
        detector_card,
        target_pixel_size_um=0.1,
        score_threshold=0.3,
        typical_box_px=KNOWN_PX,
        typical_score=0.5,
    )


def network_on(head_px: float, *, spines: int = 20, noise: int = 0) -> Callable[[float], list[Detection]]:
    """What a detector trained over an octave each way finds of heads of this size, and of noise."""

    def detect(scale: float) -> list[Detection]:
        shown_px = head_px * scale
        apart = abs(np.log2(shown_px / KNOWN_PX))
        score = 0.55 - 0.12 * max(0.0, apart - 0.7)
        found = spines if score >= 0.3 else 0
        side = max(shown_px, SMALLEST_BOX_PX) / scale
        boxes = [Detection(box_px=(20.0 * n, 0.0, side, side), score=score) for n in range(found)]
        speck = SMALLEST_BOX_PX / scale
        specks = round(noise * min(scale, 2.0))
        return boxes + [Detection(box_px=(9.0 * n, 50.0, speck, speck), score=0.36) for n in range(specks)]

    return detect


def chosen_for(
    card: DetectorCard,
    detect: Callable[[float], list[Detection]],
    pixel_size_um: float | None = None,
    *,
    side_px: int = SIDE_PX,
    confirmed: bool = False,
) -> tuple[ChosenScale, list[float]]:
    """The scale, and those that were looked at."""
    search = ScaleSearch(card, detect, size_px=(side_px, side_px))
    chosen = choose_scale(search, card, pixel_size_um, confirmed=confirmed)
    return chosen, sorted(search.looks)


@pytest.mark.parametrize("noise", [0, 40])
@pytest.mark.parametrize("head_px", [4, 5, 7, 10, 14, 20, 28, 40, 60, 90, 120])
def test_without_a_pixel_size_heads_of_4_to_120_px_come_to_what_the_network_knows(
    card: DetectorCard, head_px: float, noise: int
) -> None:
    detect = network_on(head_px, noise=noise if head_px > 20 else 0)
    chosen, _ = chosen_for(card, detect, side_px=round(70 * head_px))
    assert chosen.source is ScaleSource.SEEN
    assert chosen.doubt is ScaleDoubt.NONE
    assert abs(np.log2(head_px * chosen.scale / KNOWN_PX)) <= 0.75
    assert chosen.sureness > 0.5
    assert chosen.seen_pixel_um is not None
    assert chosen.seen_pixel_um == pytest.approx(0.1 * KNOWN_PX / head_px, rel=0.7)


@pytest.mark.parametrize("head_px", [9, 11, 12.5])
def test_copies_twice_and_four_times_as_large_are_seen_the_same(card: DetectorCard, head_px: float) -> None:
    scales = [chosen_for(card, network_on(head_px * size), side_px=512 * size)[0].scale * size for size in (1, 2, 4)]
    assert len(set(scales)) == 1


def test_a_clear_image_costs_a_look_at_a_small_copy(card: DetectorCard) -> None:
    for pixel_size_um, scale in ((None, 1.0), (0.1, 1.0), (0.05, 0.5)):
        chosen, looked_at = chosen_for(card, network_on(KNOWN_PX / scale), pixel_size_um)
        assert looked_at == [scale / 4, scale]
        assert chosen.scale == scale


def test_a_stated_size_that_the_picture_agrees_with_is_silent(card: DetectorCard) -> None:
    for stated in (0.06, 0.08, 0.1, 0.14, 0.18):
        chosen, _ = chosen_for(card, network_on(KNOWN_PX), stated)
        assert (chosen.source, chosen.doubt) == (ScaleSource.BOTH, ScaleDoubt.NONE), stated
        assert abs(np.log2(chosen.scale)) <= 0.5, stated


@pytest.mark.parametrize("head_px", [8.5, KNOWN_PX, 16.0])
def test_images_of_one_microscope_are_shown_alike_whatever_the_size_of_their_spines(
    card: DetectorCard, head_px: float
) -> None:
    chosen, _ = chosen_for(card, network_on(head_px), 0.1)
    assert (chosen.source, chosen.scale) == (ScaleSource.BOTH, 1.0)


@pytest.mark.parametrize(("stated", "head_px"), [(0.1, 45.0), (0.03, 11.0), (0.25, 40.0)])
def test_a_stated_size_that_disagrees_is_a_question_and_the_picture_is_used(
    card: DetectorCard, stated: float, head_px: float
) -> None:
    chosen, _ = chosen_for(card, network_on(head_px), stated, side_px=round(64 * head_px))
    assert (chosen.source, chosen.doubt) == (ScaleSource.SEEN, ScaleDoubt.DISAGREES)
    assert abs(np.log2(head_px * chosen.scale / KNOWN_PX)) <= 0.75
    kept, looked_at = chosen_for(card, network_on(head_px), stated, confirmed=True)
    assert (kept.source, kept.doubt, looked_at) == (ScaleSource.STATED, ScaleDoubt.NONE, [])
    assert kept.scale == pytest.approx(stated / 0.1)


def test_an_empty_picture_keeps_what_is_stated_or_assumed(card: DetectorCard) -> None:
    for stated, source, scale in ((0.05, ScaleSource.STATED, 0.5), (None, ScaleSource.ASSUMED, 1.0)):
        chosen, looked_at = chosen_for(card, lambda _scale: [], stated)
        assert (chosen.source, chosen.scale, chosen.seen_pixel_um, chosen.doubt) == (source, scale, None, "")
        assert max(looked_at) == (scale if stated else 2.0)


@pytest.mark.parametrize(("stated", "doubt"), [(0.835, ScaleDoubt.TOO_COARSE), (1.0, ScaleDoubt.DEFAULT)])
@pytest.mark.parametrize("head_px", [3, 11.5, 45])
def test_a_size_that_cannot_show_spines_is_said_and_not_enlarged(
    card: DetectorCard, stated: float, doubt: ScaleDoubt, head_px: float
) -> None:
    chosen, looked_at = chosen_for(card, network_on(head_px, noise=10), stated)
    assert chosen.doubt is doubt
    assert max(looked_at) == 1.0
    assert chosen.scale <= 1.0
    if head_px > 5:
        assert chosen.source is ScaleSource.SEEN
        assert abs(np.log2(head_px * chosen.scale / KNOWN_PX)) <= 0.75


def test_noise_alone_is_not_enlarged(card: DetectorCard) -> None:
    """Enlarged, it gives ever more small boxes."""
    chosen, looked_at = chosen_for(card, network_on(1, spines=0, noise=60))
    assert max(looked_at) == 1.0
    assert chosen.scale <= 1.0


def test_a_large_image_of_small_spines_is_not_enlarged_beyond_what_takes_minutes(card: DetectorCard) -> None:
    _, looked_at = chosen_for(card, network_on(4), side_px=4096)
    assert max(looked_at) == 1.0


@pytest.mark.parametrize(("score_of_larger", "largest"), [(0.4, 1.0), (0.7, 2.0)])
def test_a_part_tells_whether_a_larger_copy_of_a_large_image_is_worth_its_time(
    card: DetectorCard, score_of_larger: float, largest: float
) -> None:
    """Twice as large is four times the work: the whole is looked at there only where the part fits better."""
    parts: list[tuple[float, Part]] = []

    def detect(scale: float) -> list[Detection]:
        score = {1.0: 0.5, 2.0: score_of_larger}.get(scale, 0.0)
        side = SMALLEST_BOX_PX / min(scale, 1.0) if score < 0.5 else 8.0
        places = [(700.0 + 16 * n, 650.0) for n in range(12)] + [(20.0, 20.0)] if score else []
        return [Detection(box_px=(x, y, side, side), score=score) for x, y in places]

    def detect_in(scale: float, part: Part) -> list[Detection]:
        parts.append((scale, part))
        return part.of(detect(scale))

    search = ScaleSearch(card, detect, size_px=(SIDE_PX, SIDE_PX), detect_in=detect_in)
    choose_scale(search, card, None)
    assert max(search.looks) == largest
    (scale, part), *_ = parts
    assert (scale, part.side_px, len(part.of(detect(1.0)))) == (2.0, 384, 12)


def test_a_card_without_a_pixel_size_takes_images_as_they_are(detector_card: DetectorCard) -> None:
    chosen, looked_at = chosen_for(detector_card, network_on(40), 0.02)
    assert (chosen.scale, chosen.pixel_um, chosen.source, looked_at) == (1.0, None, ScaleSource.ASSUMED, [])


def test_sureness_falls_with_what_is_found(card: DetectorCard) -> None:
    sure = [chosen_for(card, network_on(KNOWN_PX, spines=n))[0].sureness for n in (20, 6, 3, 1)]
    assert all(more >= less for more, less in pairwise(sure))
    assert sure[0] > 0.9 > 0.4 > sure[-1]


@pytest.fixture(scope="module")
def shipped() -> Pipeline:
    """The networks that come with the program."""
    return load_pipeline(backend="openvino", threads=1)


def test_a_made_picture_gives_the_same_spines_at_any_magnification(shipped: Pipeline) -> None:
    made = Series(look=Look.TWO_PHOTON, seed=5, side_px=192, pixel_size_um=0.1).make(2).pixels.astype(np.float32)
    seen: dict[float, PipelineResult] = {}
    for size in (1.0, 2.0, 2.6):
        side_px = round(192 * size)
        seen[size] = shipped.analyse(np.asarray(Image.fromarray(made).resize((side_px, side_px), RESAMPLED)))
    counts = {size: len(result.spines) for size, result in seen.items()}
    assert counts[1.0] >= 8
    assert all(abs(n - counts[1.0]) <= 0.15 * counts[1.0] for n in counts.values()), counts
    for size, result in seen.items():
        assert result.scale.source is ScaleSource.SEEN
        assert result.scale.seen_pixel_um == pytest.approx(0.1 / size, rel=0.3)


def test_a_wrong_pixel_size_of_a_made_picture_is_asked_about(shipped: Pipeline) -> None:
    made = Series(look=Look.TWO_PHOTON, seed=5, side_px=192, pixel_size_um=0.1).make(2).pixels
    right, wrong, kept = (
        shipped.analyse(made, 0.1),
        shipped.analyse(made, 0.03),
        shipped.analyse(made, 0.03, confirmed=True),
    )
    assert (right.scale.source, right.scale.doubt) == (ScaleSource.BOTH, ScaleDoubt.NONE)
    assert (wrong.scale.source, wrong.scale.doubt) == (ScaleSource.SEEN, ScaleDoubt.DISAGREES)
    assert len(wrong.spines) == pytest.approx(len(right.spines), rel=0.2)
    assert kept.scale.source is ScaleSource.STATED
    assert kept.scale.scale == pytest.approx(0.3)
