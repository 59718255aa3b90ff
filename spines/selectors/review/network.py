"""How good the networks are in this experiment, from a sample that was drawn by lot and that people answered.

Of a queue by uncertainty the answers tell little of the rest, so only `ReviewOrder.RANDOM` counts: in each animal all
that was drawn as far as somebody went. Each animal weighs as many spines as were found in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from spines.models import Experiment, ReviewOrder, ReviewStep, Spine, SpineSource
from spines.models.reader_studies import CANNOT_SAY
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_of
from spines.selectors.results.unchanged import while_unchanged
from spines.selectors.review.orders import ANIMAL, drawn, found_by_network
from spines.statistics.stratified import Share, Stratum, share_of
from spines.vocabulary.classes import NETWORK_CLASSES

ENOUGH_HALF_WIDTH = 0.05
"""An interval of five percentage points to each side says whether a network can be trusted with a lab's question."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A spine of the sample as the network and a person have it; `said` None: cannot say."""

    animal: str | None
    network: str
    certain: bool
    said: str | None
    rejected: bool
    blind: bool


@dataclass(frozen=True, kw_only=True)
class NetworkHere:
    """Shares of the sample: boxes that are spines; spines whose class is right, of all and of those of certain class;
    the same by the network's class. `recall` is of images whose boxes somebody called right."""

    precision: Share
    class_right: Share
    certain_right: Share
    recall: Share
    by_class: dict[str, Share] = field(default_factory=dict)
    images: int = 0
    cannot_say: int = 0
    blind: int = 0
    outside: int = 0
    """Spines that people gave a class for which the network has none."""

    @property
    def is_enough(self) -> bool:
        """Whether precision and class are known to within `ENOUGH_HALF_WIDTH`."""
        shares = (self.precision, self.class_right)
        return all(s.half_width is not None and s.half_width <= ENOUGH_HALF_WIDTH for s in shares)

    @property
    def still_needed(self) -> int:
        """About how many more answers that takes."""
        return max(s.still_needed(ENOUGH_HALF_WIDTH) for s in (self.precision, self.class_right))


def network_here(experiment: Experiment) -> NetworkHere:
    """From the answers so far."""
    images, recall = _recall(experiment)
    return _figures(
        _sample(experiment), _found(experiment, ResultFilters()), experiment.classes.onto, images=images, recall=recall
    )


@while_unchanged
def _found(experiment: Experiment, _: ResultFilters) -> dict[str | None, int]:
    """How many spines the network found in each animal."""
    rows: Any = found_by_network(experiment).values_list(ANIMAL).annotate(n=Count("pk"))
    return dict(rows)


def _sample(experiment: Experiment) -> list[Answered]:
    """Answered spines up to the last that the random queue reached in each animal, in the order that was drawn."""
    steps = ReviewStep.objects.filter(spine=OuterRef("pk"))
    last: dict[str | None, str] = {}
    for animal, lot in (
        drawn(experiment).filter(Exists(steps.filter(order=ReviewOrder.RANDOM))).values_list(ANIMAL, "lot")
    ):
        last[animal] = max(last.get(animal, ""), lot)
    if not last:
        return []
    within = Q()
    for animal, lot in last.items():
        within |= Q(**({ANIMAL: animal} if animal is not None else {f"{ANIMAL}__isnull": True}), lot__lte=lot)
    answered = drawn(experiment).filter(within).filter(~Q(reviewed_class="") | Q(rejected=True))
    columns = (ANIMAL, "spine_class", "uncertain", "reviewed_class", "rejected", "unseen")
    rows = answered.annotate(unseen=Exists(steps.filter(blind=True))).order_by(ANIMAL, "lot").values_list(*columns)
    return [
        Answered(
            animal=animal,
            network=network,
            certain=not uncertain,
            blind=unseen,
            said=None if said == CANNOT_SAY else said or None,
            rejected=rejected,
        )
        for animal, network, uncertain, said, rejected, unseen in rows
    ]


def _figures(
    answers: list[Answered], there: dict[str | None, int], onto: dict[str, str], *, images: int, recall: Share
) -> NetworkHere:
    told = [a for a in answers if a.rejected or a.said]
    spines = [a for a in told if not a.rejected]
    inside = [a for a in spines if a.said in onto]
    weigh = _weights(told, there)
    right = {id(a) for a in inside if a.said and onto[a.said] == a.network}

    def share(of: Iterable[Answered], hits: Iterable[int]) -> Share:
        return share_of(_strata(list(of), set(hits), weigh))

    return NetworkHere(
        precision=share(told, {id(a) for a in spines}),
        class_right=share(inside, right),
        certain_right=share((a for a in inside if a.certain), right),
        by_class={c.key: share((a for a in inside if a.network == c.key), right) for c in NETWORK_CLASSES},
        recall=recall,
        images=images,
        cannot_say=len(answers) - len(told),
        blind=sum(a.blind for a in told),
        outside=len(spines) - len(inside),
    )


def _weights(told: list[Answered], there: dict[str | None, int]) -> dict[str | None, float]:
    """How many spines an answer of an animal stands for."""
    answered: dict[str | None, int] = defaultdict(int)
    for answer in told:
        answered[answer.animal] += 1
    return {animal: there.get(animal, n) / n for animal, n in answered.items()}


def _strata(of: list[Answered], hits: set[int], weigh: dict[str | None, float]) -> list[Stratum]:
    seen: dict[str | None, list[bool]] = defaultdict(list)
    for answer in of:
        seen[answer.animal].append(id(answer) in hits)
    return [Stratum(there=weigh[a] * len(each), seen=len(each), hits=sum(each)) for a, each in seen.items()]


def _recall(experiment: Experiment) -> tuple[int, Share]:
    """Of the spines in images that somebody called right, the share that has a box; each image weighs its spines."""
    marked = results_of(experiment, ResultFilters()).filter(reviewed_at__isnull=False).order_by()
    spines = Spine.objects.filter(analysis_image__in=marked.values("pk"), rejected=False, apart=False).order_by()
    found = Q(source=SpineSource.DETECTED)
    seen, hits = spines.count(), spines.filter(found, kept_from=None).count()
    # Other images were not looked at whole: the population has no known size, and no correction is due.
    share = share_of([Stratum(there=seen * 1e9, seen=seen, hits=hits)])
    return marked.count(), share
