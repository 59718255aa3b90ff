"""What another pair of networks changed: two analyses of an experiment, spine by spine.

Only images that both finished are compared. A spine of the later analysis is one of the earlier when its centre
lies within half the longer side of the earlier box from that box's centre; pairs are one to one, the nearest
first. Spines that a person rejected count nowhere, nor do images that stand aside in either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any, TypeVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from spines.access import Visitor, analyses_for
from spines.accuracy.matching import match_nearest
from spines.models import (
    Analysis,
    AnalysisImage,
    AnalysisStatus,
    Experiment,
    Image,
    Spine,
)
from spines.selectors.analyses.progress import with_counts
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.standing import spine_counts, stands
from spines.selectors.results.unchanged import while_unchanged

IMAGES_SHOWN = 50
CROPS_SHOWN = 24
_IMAGES_AT_ONCE = 200

Counts = Counter[str]
Of = TypeVar("Of")


def no_counts() -> Counts:
    """None of any class yet."""
    return Counter()


@dataclass(kw_only=True)
class BeforeAndAfter:
    """Spines by class before and after, of everything or of one condition."""

    name: str = ""
    images: int = 0
    before: Counts = field(default_factory=no_counts)
    after: Counts = field(default_factory=no_counts)

    @property
    def spines_before(self) -> int:
        """All classes together."""
        return sum(self.before.values())

    @property
    def spines_after(self) -> int:
        """All classes together."""
        return sum(self.after.values())


@dataclass(frozen=True, kw_only=True)
class FoundSpines:
    """The spines of one result that count, in the order of their numbers: a tuple each."""

    ids: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    scores: tuple[float | None, ...] = ()
    boxes_px: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ComparedImage:
    """One image: what both analyses found, and which of it is the same.

    `again[at]` is where the spine `at` of before stands in after; those that were not found again are left out.
    """

    image_id: int
    name: str
    condition: tuple[int, int, str]
    """In the order of conditions; its last part is the name."""
    before: FoundSpines
    after: FoundSpines
    again: dict[int, int]

    @cached_property
    def reclassed(self) -> list[tuple[int, int]]:
        """Where the pairs stand whose class is another now, in before and in after."""
        return [(was, now) for was, now in self.kept if self.before.classes[was] != self.after.classes[now]]

    @property
    def kept(self) -> list[tuple[int, int]]:
        """Where the spines that both found stand."""
        return [(was, self.again[was]) for was in range(len(self.before.ids)) if was in self.again]

    @property
    def lost(self) -> list[int]:
        """Where in before those stand that were not found again."""
        return [was for was in range(len(self.before.ids)) if was not in self.again]

    @property
    def added(self) -> list[int]:
        """Where in after the new ones stand."""
        found = set(self.again.values())
        return [now for now in range(len(self.after.ids)) if now not in found]


@dataclass(frozen=True, kw_only=True)
class ImageChanges:
    """How many spines of an image are not as they were, and the ids of the first of them."""

    image_id: int
    name: str
    spines_before: int
    spines_after: int
    n_reclassed: int
    n_lost: int
    n_added: int
    reclassed: tuple[tuple[int, int], ...]
    lost: tuple[int, ...]
    added: tuple[int, ...]

    @property
    def changes(self) -> int:
        """Spines that are not as they were."""
        return self.n_lost + self.n_added + self.n_reclassed


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs between two analyses of the same images: counts of all, the images and ids that are shown.

    `transitions[class before][class after]` counts the spines that both found.
    """

    images: int
    images_in_one_only: int
    images_aside: int
    """Finished in both; they stand aside in one of them or in both."""
    images_changed: int
    kept: int
    """Spines that both analyses found."""
    n_reclassed: int
    """Of those, how many have another class now."""
    n_lost: int
    n_added: int
    in_all: BeforeAndAfter
    by_condition: list[BeforeAndAfter]
    transitions: dict[str, Counts]
    most_changed: list[ImageChanges]
    """`IMAGES_SHOWN` at most, the most changed first."""
    reclassed: list[tuple[int, int]]
    """Ids of spines before and after, `CROPS_SHOWN` at most, as the next two."""
    lost: list[int]
    added: list[int]


def finished_analyses(user: Visitor, experiment: Experiment) -> list[Analysis]:
    """The experiment's analyses with a finished image, newest first; annotated `n_done`."""
    analyses = analyses_for(user).filter(experiment=experiment).order_by("-created_at", "-pk")
    return [each for each in with_counts(analyses) if vars(each)["n_done"]]


def pair_to_compare(analyses: list[Analysis]) -> tuple[Analysis, Analysis] | None:
    """The newest analysis and the latest before it with images in common, sooner one by other networks."""
    if not analyses:
        return None
    after, *earlier = analyses
    images = _finished_images(after)
    comparable = [a for a in earlier if images & _finished_images(a)]
    networks = (after.detector_id, after.classifier_id)
    others = [a for a in comparable if (a.detector_id, a.classifier_id) != networks]
    return next(((before, after) for before in (*others, *comparable)), None)


def changes_between(before: Analysis, after: Analysis) -> Changes:
    """Compare two analyses of one experiment."""
    return _changes(before.experiment, ResultFilters(), before.pk, after.pk)


@while_unchanged
def _changes(experiment: Experiment, _filters: ResultFilters, before: int, after: int) -> Changes:
    in_all, kept = BeforeAndAfter(), 0
    conditions: dict[tuple[int, int, str], BeforeAndAfter] = {}
    classes = experiment.classes.counted
    transitions = {name: Counter(dict.fromkeys(classes, 0)) for name in classes}
    images = []
    for each in compared_images(before, after):
        for group in (in_all, conditions.setdefault(each.condition, BeforeAndAfter(name=each.condition[2]))):
            group.images += 1
            group.before.update(each.before.classes)
            group.after.update(each.after.classes)
        for was, now in each.kept:
            transitions[each.before.classes[was]][each.after.classes[now]] += 1
        kept += len(each.again)
        images.append(_in_short(each))
    images.sort(key=lambda each: -each.changes)
    finished_in_both = _finished_images(before) & _finished_images(after)
    return Changes(
        images=len(images),
        images_in_one_only=len(_finished_images(before) ^ _finished_images(after)),
        images_aside=len(finished_in_both) - len(images),
        images_changed=sum(bool(each.changes) for each in images),
        kept=kept,
        n_reclassed=sum(each.n_reclassed for each in images),
        n_lost=sum(each.n_lost for each in images),
        n_added=sum(each.n_added for each in images),
        in_all=in_all,
        by_condition=[conditions[key] for key in sorted(conditions)],
        transitions=transitions,
        most_changed=[each for each in images[:IMAGES_SHOWN] if each.changes],
        reclassed=_first(each.reclassed for each in images),
        lost=_first(each.lost for each in images),
        added=_first(each.added for each in images),
    )


def _in_short(image: ComparedImage) -> ImageChanges:
    reclassed, lost, added = image.reclassed, image.lost, image.added
    before, after = image.before.ids, image.after.ids
    return ImageChanges(
        image_id=image.image_id,
        name=image.name,
        spines_before=len(before),
        spines_after=len(after),
        n_reclassed=len(reclassed),
        n_lost=len(lost),
        n_added=len(added),
        reclassed=tuple((before[was], after[now]) for was, now in reclassed[:CROPS_SHOWN]),
        lost=tuple(before[was] for was in lost[:CROPS_SHOWN]),
        added=tuple(after[now] for now in added[:CROPS_SHOWN]),
    )


def _first(of_images: Iterable[tuple[Of, ...]]) -> list[Of]:
    return list(islice(chain.from_iterable(of_images), CROPS_SHOWN))


def compared_images(before: Analysis | int, after: Analysis | int) -> Iterator[ComparedImage]:
    """Each image that counts in both analyses, by name. Some are read at once, a row of the database an image."""
    in_both = _finished_images(before, stands()) & _finished_images(after, stands())
    of_condition = "cell__subject__condition__position", "cell__subject__condition__name"
    images: Any = Image.objects.filter(pk__in=in_both).order_by("original_name", "pk")
    named = list(images.values_list("pk", "original_name", *of_condition))
    for some in (named[at : at + _IMAGES_AT_ONCE] for at in range(0, len(named), _IMAGES_AT_ONCE)):
        ids = [pk for pk, *_ in some]
        found_before, found_after = _spines_by_image(before, ids), _spines_by_image(after, ids)
        for pk, name, position, condition in some:
            was, now = (found.get(pk, FoundSpines()) for found in (found_before, found_after))
            yield ComparedImage(
                image_id=pk,
                name=name,
                condition=(1, 0, "not placed") if condition is None else (0, position, condition),
                before=was,
                after=now,
                again=match_nearest(now.boxes_px, was.boxes_px),
            )


def shown_spines(changes: Changes) -> dict[int, Spine]:
    """The spines whose crops are shown, with their images, by id; without those that are gone by now."""
    ids = {*chain.from_iterable(changes.reclassed), *changes.lost, *changes.added}
    return Spine.objects.select_related("analysis_image__image").in_bulk(ids)


def _finished_images(analysis: Analysis | int, which: Q | None = None) -> set[int]:
    done = AnalysisImage.objects.filter(which or Q(), analysis=analysis, status=AnalysisStatus.DONE)
    return set(done.values_list("image_id", flat=True))


_COLUMNS = ("pk", "final_class", "score", "x_px", "y_px", "width_px", "height_px")


def _spines_by_image(analysis: Analysis | int, images: list[int]) -> dict[int, FoundSpines]:
    spines = Spine.objects.filter(
        spine_counts(), analysis_image__analysis=analysis, analysis_image__image__in=images
    ).order_by()
    rows: Any = spines.values_list("analysis_image__image").annotate(
        **{f"all_{name}": ArrayAgg(name, order_by="number") for name in _COLUMNS}
    )
    return {
        image: FoundSpines(
            ids=tuple(ids), classes=tuple(classes), scores=tuple(scores), boxes_px=tuple(zip(*sides, strict=True))
        )
        for image, ids, classes, scores, *sides in rows
    }
