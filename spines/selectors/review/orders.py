"""The spines of an experiment as a queue: which of them wait for somebody's answer, and in which order.

Nothing is kept: what waits follows from what is said of the spines by now, so that who comes back goes on where the
rest begins. Only a random sample has ranks, which stay as long as the result does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import MD5, Cast, Concat, RowNumber
from django.utils import timezone

from spines.access import is_sealed_for
from spines.models import (
    Experiment,
    ReaderStudy,
    ReviewClaim,
    ReviewOrder,
    ReviewStep,
    Spine,
    SpineSource,
    StudyItem,
    User,
)
from spines.selectors.results.filters import PROBABILITY, ResultFilters
from spines.selectors.results.rows import spines_of
from spines.selectors.results.standing import counted
from spines.vocabulary.classes import CANNOT_SAY

ANIMAL = "analysis_image__image__cell__subject__name"
TELLS_OF_THE_NETWORK = frozenset((ReviewOrder.UNCERTAIN, ReviewOrder.DISAGREEING))
"""Orders that tell what the network thinks of a spine."""
SAMPLE_AN_ANIMAL = 30
MOST_AN_ANIMAL = 1000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody goes through: in which order, and of a random sample how many an animal."""

    order: ReviewOrder
    an_animal: int = SAMPLE_AN_ANIMAL


def open_studies_of(user: User, experiment: Experiment) -> QuerySet[ReaderStudy]:
    """Studies in which the user still rates apart from the network: it is hidden from them meanwhile."""
    return ReaderStudy.objects.filter(experiment=experiment, closed_at=None, raters__user=user)


def usual_order(user: User, experiment: Experiment) -> ReviewOrder:
    """The order in which the user went last: who comes back goes on there."""
    steps = ReviewStep.objects.filter(user=user, spine__analysis_image__image__experiment=experiment)
    last = steps.order_by("-at").values_list("order", flat=True).first()
    if open_studies_of(user, experiment).exists() and (last is None or last in TELLS_OF_THE_NETWORK):
        return ReviewOrder.DENDRITE
    return ReviewOrder(last or ReviewOrder.UNCERTAIN)


def scope(experiment: Experiment, asked: Asked) -> QuerySet[Spine]:
    """The spines that the queue is made of, answered or not."""
    if asked.order == ReviewOrder.RANDOM:
        return Spine.objects.filter(pk__in=sample(experiment, asked.an_animal))
    spines = spines_of(experiment, ResultFilters()).order_by()
    return spines.filter(_differing(experiment)) if asked.order == ReviewOrder.DISAGREEING else spines


def found_by_network(experiment: Experiment) -> QuerySet[Spine]:
    """What the present network found in images that count, whatever people say of it since."""
    of_network = Q(source=SpineSource.DETECTED, kept_from=None, apart=False)
    results = counted("analysis_image__")
    return Spine.objects.filter(results & of_network, analysis_image__image__experiment=experiment).order_by()


def drawn(experiment: Experiment) -> Any:  # a QuerySet[Spine] with its lot
    """`found_by_network`, each with the `lot` that orders it among those of its animal."""
    lot = MD5(Concat(Value("drawn:"), Cast("pk", TextField()), output_field=TextField()))
    return found_by_network(experiment).annotate(lot=lot)


def ranked(experiment: Experiment) -> Any:  # a QuerySet[Spine] with rank and lot
    """`drawn`, each with its `rank` in an order of its animal that was drawn by lot and stays."""
    return drawn(experiment).annotate(rank=Window(RowNumber(), partition_by=[F(ANIMAL)], order_by=[F("lot"), F("pk")]))


def sample(experiment: Experiment, an_animal: int) -> list[int]:
    """The first so many of each animal, one of each animal after the other. Further conditions would move the ranks."""
    first = ranked(experiment).filter(rank__lte=an_animal).order_by("rank", "lot")
    return list(first.values_list("pk", flat=True))


def _differing(experiment: Experiment) -> Q:
    """Where the lab's rule says another class than the network, or raters of a closed study said different things."""
    rule = KeyTextTransform(experiment.lab.rule_preset, "rule_classes")
    of_rule = Q(
        pk__in=spines_of(experiment, ResultFilters()).annotate(rule=rule).filter(_of_another_rule()).values("pk")
    )
    return of_rule | Q(Exists(_of_raters()))


def _of_another_rule() -> Q:
    return Q(rule__isnull=False) & ~Q(spine_class="") & ~Q(rule=F("spine_class"))


def _of_raters() -> QuerySet[StudyItem]:
    """Items of closed studies around the middle of a spine of which raters said different things."""
    x_px, y_px = OuterRef("x_px") + OuterRef("width_px") / 2, OuterRef("y_px") + OuterRef("height_px") / 2
    around = Q(x_px__lte=x_px, x_px__gte=x_px - F("width_px"), y_px__lte=y_px, y_px__gte=y_px - F("height_px"))
    items = StudyItem.objects.filter(around, image=OuterRef("analysis_image__image"), study__closed_at__isnull=False)
    return items.order_by().annotate(n=Count("answers__answer", distinct=True)).filter(n__gt=1)


def next_ids(user: User, experiment: Experiment, asked: Asked, most: int) -> list[int]:
    """What nobody named or rejected, the user can say, and does not lie before somebody else; in order."""
    of_others = ReviewClaim.objects.filter(spine=OuterRef("pk"), until__gt=timezone.now()).exclude(user=user)
    left = scope(experiment, asked).filter(UNANSWERED).filter(~_passed_by(user), ~Exists(of_others))
    if asked.order == ReviewOrder.RANDOM:
        waiting = set(left.values_list("pk", flat=True))
        return [pk for pk in sample(experiment, asked.an_animal) if pk in waiting][:most]
    ordered = left.annotate(probability=PROBABILITY).order_by(*_order(user, experiment, asked.order))
    return list(ordered.values_list("pk", flat=True)[:most])


UNANSWERED = Q(reviewed_class__in=("", CANNOT_SAY.key), rejected=False)
"""Nobody gave it a class or rejected it: where somebody could not say, others are asked."""


def _passed_by(user: User) -> Q:
    """The user could not say, in the queue or on the page of the image; undone, it is asked again."""
    step = ReviewStep.objects.filter(spine=OuterRef("pk"), user=user, answer=CANNOT_SAY.key)
    return Q(reviewed_class=CANNOT_SAY.key) & (Q(reviewed_by=user) | Q(Exists(step)))


def _order(user: User, experiment: Experiment, order: ReviewOrder) -> Sequence[Any]:
    """Raters who are blind to names meet images in an order that tells nothing of them."""
    image: list[Any] = [F("analysis_image__image__original_name"), F("analysis_image__image_id")]
    if is_sealed_for(user, experiment):
        key = Cast("analysis_image__image_id", TextField())
        image = [MD5(Concat(Value(f"{user.pk}:"), key, output_field=TextField())), F("analysis_image__image_id")]
    if order == ReviewOrder.UNCERTAIN:
        return [F("uncertain").desc(), F("probability").asc(nulls_last=True), F("pk")]
    if order == ReviewOrder.DISAGREEING:
        raters = Case(When(Exists(_of_raters()), then=0), default=1)
        return [raters, F("probability").desc(nulls_last=True), F("pk")]
    if order == ReviewOrder.DENDRITE:
        return [*image, F("dendrite__number").asc(nulls_last=True), F("position_px"), F("number")]
    return [*image, F("number")]


@dataclass(frozen=True, kw_only=True)
class QueueProgress:
    """Of a queue: spines in all, how many have an answer by anybody, how many the user said they cannot tell."""

    total: int
    answered: int
    passed: int

    @property
    def left(self) -> int:
        """Spines that still want an answer of this user."""
        return max(0, self.total - self.answered - self.passed)


def progress_of(user: User, experiment: Experiment, asked: Asked) -> QueueProgress:
    """How far a queue is. In those of all spines the rejected count as answered."""
    spines = scope(experiment, asked)
    counts = spines.aggregate(
        n=Count("pk"),
        n_answered=Count("pk", filter=~UNANSWERED),
        n_passed=Count("pk", filter=UNANSWERED & _passed_by(user)),
    )
    gone = 0
    if asked.order != ReviewOrder.RANDOM:  # else they are in the scope
        rejected = Spine.objects.filter(counted("analysis_image__"), analysis_image__image__experiment=experiment)
        gone = rejected.filter(rejected=True, review_steps__order=asked.order).order_by().distinct().count()
    return QueueProgress(total=counts["n"] + gone, answered=counts["n_answered"] + gone, passed=counts["n_passed"])
