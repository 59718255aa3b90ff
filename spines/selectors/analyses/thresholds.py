"""What a threshold gives in an experiment: what counts, what people say of it, what a picture shows.

A person's word stands whatever the threshold: spines that somebody spoke of stay, and in an image whose boxes somebody
called right all stay and none is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, F, FloatField, Func, IntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Floor

from spines.accuracy.matching import match_nearest
from spines.accuracy.operating_curve import ReviewedImage
from spines.models import AnalysisImage, Candidates, Experiment, Spine, SpineSource, ThresholdChange
from spines.models.analyses import UNFINISHED
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_of
from spines.vocabulary.operating_points import DIGITS, HIGHEST_THRESHOLD, LOWEST_THRESHOLD

SPOKEN_OF = (
    ~Q(reviewed_class="")
    | Q(rejected=True)
    | Q(reviewed_at__isnull=False)
    | Q(source=SpineSource.ADDED)
    | Q(kept_from__isnull=False)
)
"""Spines that stay as they are, whatever the threshold."""

STEPS = 10**DIGITS
THRESHOLDS = [step / STEPS for step in range(round(LOWEST_THRESHOLD * STEPS), round(HIGHEST_THRESHOLD * STEPS) + 1)]
"""All that an experiment can be given."""

EVERYWHERE = 2.0
"""Above every score: what is shown at every threshold."""

Box = tuple[float, float, float, float]

OWN = Cast(KeyTextTransform("score_threshold", "analysis__detector__card"), FloatField())
"""The operating point of a result's own detector."""


def own_thresholds(experiment: Experiment) -> list[float]:
    """The operating points of the detectors behind the present results, each once."""
    results = AnalysisImage.objects.filter(image__experiment=experiment, is_current=True)
    found = results.order_by().annotate(own=OWN).values_list("own", flat=True).distinct()
    return sorted(own for own in found if own is not None)


def to_follow(experiment: Experiment) -> QuerySet[AnalysisImage]:
    """Current results whose spines are those of another threshold than the experiment's."""
    results = AnalysisImage.objects.filter(image__experiment=experiment, is_current=True)
    if experiment.score_threshold is not None:
        return results.filter(~Q(score_threshold=experiment.score_threshold) | Q(score_threshold=None))
    own = results.annotate(own=OWN).exclude(own=None)
    return own.filter(~Q(score_threshold=F("own")) | Q(score_threshold=None))


def latest_change(experiment: Experiment) -> ThresholdChange | None:
    """The change of the threshold that holds; None where it was never set."""
    return experiment.threshold_changes.select_related("created_by").order_by("-pk").first()


def is_analysed_now(experiment: Experiment) -> bool:
    """Whether workers analyse images of the experiment, or are to."""
    return AnalysisImage.objects.filter(image__experiment=experiment, status__in=UNFINISHED).exists()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """For each of THRESHOLDS: spines of the experiment, and images that keep no boxes so low."""

    spines: list[int]
    incomplete: list[int]

    def at(self, threshold: float) -> tuple[int, int]:
        """Spines and incomplete images at a threshold of THRESHOLDS."""
        step = THRESHOLDS.index(threshold)
        return self.spines[step], self.incomplete[step]


def counts_of(experiment: Experiment) -> Counts:
    """Count, for all thresholds at once; the number of queries does not grow with the experiment."""
    results = results_of(experiment, ResultFilters()).order_by()
    ids = results.values("pk")
    standing = Spine.objects.filter(analysis_image__in=ids, rejected=False).order_by()
    moves = Q(analysis_image__reviewed_at=None) & ~SPOKEN_OF
    at_least = np.zeros(STEPS + 1, int)
    by_step = standing.filter(moves).annotate(step=_step(F("score"))).values_list("step").annotate(n=Count("pk"))
    for step, n in by_step:
        at_least[step] += n
    unreviewed = Candidates.objects.filter(analysis_image__in=results.filter(reviewed_at=None).values("pk"))
    scores = Func(F("scores"), function="unnest", output_field=FloatField())
    for step, n in unreviewed.annotate(step=_step(scores)).order_by().values_list("step").annotate(n=Count("pk")):
        at_least[step] += n
    for candidate in _taken(unreviewed):
        at_least[int(candidate * STEPS + 1e-6)] -= 1
    stay = standing.exclude(moves).count()
    known = list(results.values_list("complete_from", "score_threshold"))
    lowest = np.array([from_ if from_ is not None else threshold or 0.0 for from_, threshold in known])
    above = at_least[::-1].cumsum()[::-1]
    return Counts(
        spines=[int(stay + above[round(threshold * STEPS)]) for threshold in THRESHOLDS],
        incomplete=[int((lowest > threshold + 1e-9).sum()) for threshold in THRESHOLDS],
    )


def _step(score: Any) -> Cast:
    return Cast(Floor(score * float(STEPS) + 1e-6), IntegerField())


def _taken(candidates: QuerySet[Candidates]) -> Iterator[float]:
    """Scores of candidates that can be no spine, because one that stays lies in their place."""
    stays = Spine.objects.filter(SPOKEN_OF).values("analysis_image")
    for kept in candidates.filter(analysis_image__in=stays):
        boxes = [box_of(spine) for spine in Spine.objects.filter(SPOKEN_OF, analysis_image=kept.pk)]
        for at in places_taken([each["box_px"] for each in kept.found], boxes):
            yield kept.found[at]["score"]


def places_taken(candidates_px: Sequence[Sequence[float]], boxes_px: Sequence[Box]) -> set[int]:
    """Which of the candidates lie where a spine that stays lies, each spine taking one."""
    return set(match_nearest(candidates_px, boxes_px).values()) if candidates_px and boxes_px else set()


def box_of(spine: Spine) -> Box:
    """x, y, width, height in pixels of the original image."""
    return spine.x_px, spine.y_px, spine.width_px, spine.height_px


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A box of a picture. From `score` down it is shown at a threshold; with `below`, at those above `score`.

    `kind` is a class, "unclassified", or in a reviewed image "right", "wrong" or "missed".
    """

    box_px: Box
    kind: str
    score: float
    below: bool = False

    def is_shown(self, threshold: float) -> bool:
        """Whether it is in the picture of a threshold."""
        return threshold > self.score + 1e-9 if self.below else threshold <= self.score + 1e-9


def reviewed_images(experiment: Experiment) -> list[ReviewedImage]:
    """Images where somebody called all boxes right: what a curve rests on."""
    results = results_of(experiment, ResultFilters()).filter(reviewed_at__isnull=False)
    rows = list(results.order_by("pk").values_list("pk", "complete_from", "score_threshold", "image__cell__subject"))
    marks = _outcomes([pk for pk, *_ in rows])
    return [
        ReviewedImage(
            right=[mark.score for mark in marks[pk] if mark.kind == "right"],
            wrong=[mark.score for mark in marks[pk] if mark.kind == "wrong"],
            spines=sum(mark.kind == "missed" for mark in marks[pk]),
            animal=animal,
            complete_from=complete_from if complete_from is not None else threshold or LOWEST_THRESHOLD,
        )
        for pk, complete_from, threshold, animal in rows
    ]


def marks_of(result: AnalysisImage) -> list[Mark]:
    """What a picture of the result shows at each threshold."""
    if result.reviewed_at is not None:
        return _outcomes([result.pk])[result.pk]
    spines = list(result.spines.filter(rejected=False).order_by("number"))
    stay = result.spines.filter(SPOKEN_OF).order_by("number")
    spoken_of = {spine.pk for spine in stay}
    kept = Candidates.objects.filter(analysis_image=result).first()
    found = kept.found if kept else []
    taken = places_taken([each["box_px"] for each in found], [box_of(spine) for spine in stay])
    return [
        Mark(
            box_px=box_of(spine),
            kind=spine.final_class,
            score=EVERYWHERE if spine.pk in spoken_of or spine.score is None else spine.score,
        )
        for spine in spines
    ] + [
        Mark(box_px=_box(each), kind=_class_of(each), score=each["score"])
        for at, each in enumerate(found)
        if at not in taken
    ]


def _box(candidate: dict[str, Any]) -> Box:
    x_px, y_px, width_px, height_px = candidate["box_px"]
    return x_px, y_px, width_px, height_px


def _class_of(candidate: dict[str, Any]) -> str:
    if "spine_class" not in candidate:
        return "unclassified"
    return "uncertain" if candidate["uncertain"] else str(candidate["spine_class"])


def _outcomes(results: Sequence[int]) -> dict[int, list[Mark]]:
    """Of reviewed results: the detector's boxes, right or wrong, and each spine as missed above its box's score."""
    spines: dict[int, list[Spine]] = {pk: [] for pk in results}
    for spine in Spine.objects.filter(analysis_image__in=results).order_by("number"):
        spines[spine.analysis_image_id].append(spine)
    kept = {row.pk: row.found for row in Candidates.objects.filter(analysis_image__in=results)}
    return {pk: list(_outcome(spines[pk], kept.get(pk, []))) for pk in results}


def _outcome(spines: Iterable[Spine], candidates: Sequence[dict[str, Any]]) -> Iterator[Mark]:
    """Boxes that this result's detector scored, against what people see.

    A box that people let stand is right. A spine that they added, or kept of an earlier result, has the nearest free
    box in its place, if there is one: a candidate, or a box that they rejected for a better drawn one.
    """
    boxes = [(_box(each), float(each["score"])) for each in candidates]
    unfound: list[Box] = []
    for spine in spines:
        own = spine.source == SpineSource.DETECTED and spine.kept_from_id is None
        if own and spine.rejected:
            boxes.append((box_of(spine), spine.score or 0.0))
        elif own:
            yield Mark(box_px=box_of(spine), kind="right", score=spine.score or 0.0)
            yield Mark(box_px=box_of(spine), kind="missed", score=spine.score or 0.0, below=True)
        elif not spine.rejected:
            unfound.append(box_of(spine))
    in_place = match_nearest([box for box, _ in boxes], unfound) if boxes and unfound else {}
    for at, box_px in enumerate(unfound):
        if at in in_place:
            found_px, score = boxes[in_place[at]]
            yield Mark(box_px=found_px, kind="right", score=score)
            yield Mark(box_px=box_px, kind="missed", score=score, below=True)
        else:
            yield Mark(box_px=box_px, kind="missed", score=-1.0, below=True)
    for at, (box_px, score) in enumerate(boxes):
        if at not in set(in_place.values()):
            yield Mark(box_px=box_px, kind="wrong", score=score)
