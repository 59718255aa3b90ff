"""What another pair of networks changed: two analyses of an experiment, spine by spine.

Only images that both finished are compared. A spine of the later analysis is one of the earlier when its centre
lies within half the longer side of the earlier box from that box's centre; pairs are one to one, the nearest
first. Spines that a person rejected count nowhere, nor do images that stand aside in either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Q

from spines.access import Visitor, analyses_for
from spines.accuracy.matching import match_nearest
from spines.models import (
    Analysis,
    AnalysisStatus,
    Experiment,
    Image,
    Spine,
)
from spines.selectors.results.standing import spine_counts, stands

Counts = Counter[str]


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

    def add(self, before: list[Spine], after: list[Spine]) -> None:
        """Count the spines of one more image."""
        self.images += 1
        for counts, spines in ((self.before, before), (self.after, after)):
            for spine in spines:
                counts[spine.final_class] += 1


@dataclass(frozen=True, kw_only=True)
class ImageChanges:
    """One image: the spines that both found, those that only one of the analyses found."""

    image: Image
    spines_before: int
    spines_after: int
    kept: list[tuple[Spine, Spine]]
    lost: list[Spine]
    added: list[Spine]

    @property
    def reclassed(self) -> list[tuple[Spine, Spine]]:
        """The pairs whose class is another now."""
        return [(before, after) for before, after in self.kept if before.final_class != after.final_class]

    @property
    def changes(self) -> int:
        """Spines that are not as they were."""
        return len(self.lost) + len(self.added) + len(self.reclassed)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Everything that differs between two analyses of the same images.

    `transitions[class before][class after]` counts the spines that both found.
    """

    before: Analysis
    after: Analysis
    images: list[ImageChanges]
    images_in_one_only: int
    images_aside: int
    """Finished in both; they stand aside in one of them or in both."""
    in_all: BeforeAndAfter
    by_condition: list[BeforeAndAfter]
    transitions: dict[str, Counts]

    @property
    def kept(self) -> int:
        """Spines that both analyses found."""
        return sum(len(image.kept) for image in self.images)

    @property
    def reclassed(self) -> int:
        """Of those, how many have another class now."""
        return sum(len(image.reclassed) for image in self.images)

    @property
    def lost(self) -> int:
        """Spines that only the earlier analysis found."""
        return sum(len(image.lost) for image in self.images)

    @property
    def added(self) -> int:
        """Spines that only the later analysis found."""
        return sum(len(image.added) for image in self.images)


def finished_analyses(user: Visitor, experiment: Experiment) -> list[Analysis]:
    """The experiment's analyses with a finished image, newest first; annotated `n_done`."""
    done = Count("images", filter=Q(images__status=AnalysisStatus.DONE))
    analyses = analyses_for(user).filter(experiment=experiment).annotate(n_done=done).filter(n_done__gt=0)
    return list(analyses.order_by("-created_at", "-pk"))


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
    finished_in_both = _finished_images(before) & _finished_images(after)
    in_one = _finished_images(before) ^ _finished_images(after)
    in_both = finished_in_both & _finished_images(before, stands()) & _finished_images(after, stands())
    images = list(
        Image.objects.filter(pk__in=in_both).select_related("cell__subject__condition").order_by("original_name", "pk")
    )
    found_before, found_after = _spines_by_image(before, in_both), _spines_by_image(after, in_both)
    compared = [_compare(image, found_before[image.pk], found_after[image.pk]) for image in images]
    in_all = BeforeAndAfter()
    conditions: dict[tuple[int, int, str], BeforeAndAfter] = {}
    for image in images:
        condition = image.cell.subject.condition if image.cell else None
        key = (0, condition.position, condition.name) if condition else (1, 0, "not placed")
        for group in (in_all, conditions.setdefault(key, BeforeAndAfter(name=key[2]))):
            group.add(found_before[image.pk], found_after[image.pk])
    classes = before.experiment.classes.counted
    transitions = {name: Counter(dict.fromkeys(classes, 0)) for name in classes}
    for each in compared:
        for was, now in each.kept:
            transitions[was.final_class][now.final_class] += 1
    return Changes(
        before=before,
        after=after,
        images=sorted(compared, key=lambda each: -each.changes),
        images_in_one_only=len(in_one),
        images_aside=len(finished_in_both - in_both),
        in_all=in_all,
        by_condition=[conditions[key] for key in sorted(conditions)],
        transitions=transitions,
    )


def _finished_images(analysis: Analysis, which: Q | None = None) -> set[int]:
    done = analysis.images.filter(which or Q(), status=AnalysisStatus.DONE)
    return set(done.values_list("image_id", flat=True))


def _spines_by_image(analysis: Analysis, images: set[int]) -> dict[int, list[Spine]]:
    rows = Spine.objects.filter(
        spine_counts(), analysis_image__analysis=analysis, analysis_image__image__in=images
    ).select_related("analysis_image")
    found: dict[int, list[Spine]] = defaultdict(list)
    for spine in rows.order_by("analysis_image", "number"):
        found[spine.analysis_image.image_id].append(spine)
    return found


def _compare(image: Image, before: list[Spine], after: list[Spine]) -> ImageChanges:
    pairs = match_nearest(_boxes_px(after), _boxes_px(before))
    again = set(pairs.values())
    return ImageChanges(
        image=image,
        spines_before=len(before),
        spines_after=len(after),
        kept=[(spine, after[pairs[at]]) for at, spine in enumerate(before) if at in pairs],
        lost=[spine for at, spine in enumerate(before) if at not in pairs],
        added=[spine for at, spine in enumerate(after) if at not in again],
    )


def _boxes_px(spines: list[Spine]) -> list[tuple[float, float, float, float]]:
    return [(s.x_px, s.y_px, s.width_px, s.height_px) for s in spines]
