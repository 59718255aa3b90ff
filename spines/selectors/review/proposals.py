"""Which images not reviewed yet would teach the networks most if somebody reviewed them next (docs/review.md).

An image's *doubt* is the mean of two: the share of its boxes that lie within NEAR of the threshold, candidates among
them, and how far the classifier is from certain on its spines, from 0 where it is to 1 where it has no idea. Its
*unlikeness* is how far the picture is from what the detector was trained on. Both count alike. What animal it is of
decides between images: a second image of an animal counts half, a third a third, whether those before were reviewed or
are proposed here, since images of one animal resemble each other and trainings are judged by animals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Avg, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from spines.models import AnalysisImage, Experiment, Image, Spine
from spines.selectors.results.filters import PROBABILITY, ResultFilters
from spines.selectors.results.standing import counted
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.review_order import NEAR, help_of, in_order, near_share, unlike_share, unsureness

PROPOSED = 10


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An image and why it would help. `near`, `unsure` and `unlike` lie between 0 and 1, None where not known."""

    image: Image
    spines: int
    near: float | None
    unsure: float | None
    unlike: float | None
    unlikeness: float | None
    animal: str
    of_its_animal: int
    """Images of the same animal that were reviewed, or stand before it here."""

    @property
    def help(self) -> float:
        """By how much it is preferred, 0 to 1, before the animal has its say."""
        return help_of(near=self.near, unsure=self.unsure, unlike=self.unlike)


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """The images to review next, the most helpful first, and how far the experiment is."""

    images: list[Proposal]
    reviewed: int
    animals_reviewed: int
    waiting: int
    """Analysed images that count and are not reviewed."""


def proposals_of(experiment: Experiment, most: int = PROPOSED) -> Proposals:
    """Look at the present results; images without a result, and those that stand aside, are not proposed."""
    return _proposed(experiment, ResultFilters(), most)


@while_unchanged
def _proposed(experiment: Experiment, _: ResultFilters, most: int) -> Proposals:
    current = AnalysisImage.objects.filter(counted(), image__experiment=experiment)
    reviewed = current.filter(reviewed_at__isnull=False)
    animals = Counter(_animal(row) for row in reviewed.select_related("image__cell__subject"))
    waiting = list(_with_figures(current.filter(reviewed_at=None)))
    found = [_proposal(row) for row in waiting]
    whose = [_animal(row) for row in waiting]
    taken = Counter(animals)
    chosen: list[Proposal] = []
    for place in in_order([each.help for each in found], whose, reviewed=animals, most=most):
        chosen.append(replace(found[place], of_its_animal=taken[whose[place]]))
        taken[whose[place]] += 1
    return Proposals(images=chosen, reviewed=sum(animals.values()), animals_reviewed=len(animals), waiting=len(waiting))


def _with_figures(results: QuerySet[AnalysisImage]) -> QuerySet[AnalysisImage]:
    """In the order of names, with what their boxes and classes say."""
    spines = Spine.objects.filter(analysis_image=OuterRef("pk"), rejected=False).order_by().values("analysis_image")
    close = Q(score__lt=F("analysis_image__score_threshold") + NEAR)
    unnamed = Q(probabilities__isnull=False, reviewed_class="")
    # What the threshold keeps out, of those that are kept: an element of an array is counted by PostgreSQL alone.
    below = RawSQL(
        "(SELECT count(*) FROM spines_candidates c, unnest(c.scores) score WHERE c.analysis_image_id = "
        "spines_analysisimage.id AND score >= spines_analysisimage.score_threshold - %s)",
        (NEAR,),
        output_field=IntegerField(),
    )
    return (
        results.annotate(
            n_spines=Subquery(spines.annotate(n=Count("pk")).values("n")),
            n_near=Subquery(spines.annotate(n=Count("pk", filter=close)).values("n")),
            sureness=Subquery(spines.annotate(sure=Avg(PROBABILITY, filter=unnamed)).values("sure")),
            n_below=below,
        )
        .select_related("image__cell__subject__condition")
        .order_by("image__original_name", "image")
    )


def _proposal(row: Any) -> Proposal:
    spines = row.n_spines or 0
    counts = {"spines": spines, "near": row.n_near or 0, "below": row.n_below or 0}
    return Proposal(
        image=row.image,
        spines=spines,
        near=None if row.score_threshold is None else near_share(**counts),
        unsure=unsureness(row.sureness),
        unlike=unlike_share(row.unlikeness),
        unlikeness=row.unlikeness,
        animal=row.image.cell.subject.name if row.image.cell else "",
        of_its_animal=0,
    )


def _animal(row: AnalysisImage) -> Hashable:
    """What the image is a repetition of: its animal, by name, or else itself."""
    return row.image.cell.subject.name if row.image.cell else row.image_id
