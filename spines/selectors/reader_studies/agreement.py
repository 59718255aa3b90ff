"""How well the raters of a study agreed: with each other, with the network, with themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from spines.models import ReaderStudy, StudyAnswer, StudyItem, StudyRater, Task
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE, SPINE
from spines.statistics.agreement import (
    Answers,
    Interval,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorff_alpha,
    majority,
    with_interval,
)
from spines.vocabulary.numbers import INDEX


@dataclass(frozen=True, kw_only=True)
class ShownItem:
    """An item with what each said, in the order of the raters; None where nothing."""

    item: StudyItem
    answers: list[str | None]
    majority: str | None
    weighed: str | None
    sureness: float | None

    @property
    def consensus(self) -> str | None:
        """What stands in the end: the decision, else the majority, else the weighed answer."""
        return self.item.decided or self.majority or self.weighed

    @property
    def divides(self) -> float:
        """Share of answers that are not the most frequent one, 0 to 1."""
        said = Counter(answer for answer in self.answers if answer is not None)
        return 1 - max(said.values()) / said.total() if said else 0.0


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What came of a study. *Cannot say* is no opinion: it enters no figure and is counted by itself."""

    raters: list[str]
    items: list[ShownItem]
    alpha: Interval
    fleiss: Interval
    pairs: list[tuple[str, str, Interval]]
    with_network: list[tuple[str, Interval]]
    selves: list[tuple[str, int, float | None]]
    """Rater, items that came again with two opinions, and κ of the two."""
    weights: list[tuple[str, float]]
    """Rater and their estimated accuracy (Dawid and Skene)."""
    cannot_say: dict[str, int]
    by_class: list[tuple[str, Interval]]

    @property
    def dividing(self) -> list[ShownItem]:
        """Items on which answers differ, the most divided first."""
        return sorted((each for each in self.items if each.divides), key=lambda each: -each.divides)


def _said(study: ReaderStudy, raters: Sequence[StudyRater]) -> tuple[list[StudyItem], dict[int, list[str | None]]]:
    """The spines of a study, and of each what every rater said."""
    place = {rater.pk: at for at, rater in enumerate(raters)}
    marked = Task(study.task).is_of_pictures
    items = list(study.items.filter(found_in__isnull=not marked).select_related("image", "study"))
    said: dict[int, list[str | None]] = {item.pk: [None] * len(raters) for item in items}
    answers_given = StudyAnswer.objects.filter(item__in=said).exclude(answer="")
    for item, rater, answer in answers_given.values_list("item", "rater", "answer"):
        said[item][place[rater]] = answer
    return items, said


def agreed_items(study: ReaderStudy) -> list[ShownItem]:
    """The spines of a closed study with what each rater said and the consensus, those that came again left out."""
    items, said = _said(study, list(study.raters.all()))
    first = [item for item in items if item.again_of_id is None]
    return _shown(first, said, consensus_of([said[item.pk] for item in first]))


def agreement_of(study: ReaderStudy) -> Agreement:
    """All figures, with intervals of a bootstrap over animals (images where an item has no animal)."""
    raters = list(study.raters.select_related("user"))
    names = [rater.user.get_full_name() or rater.user.get_username() for rater in raters]
    marked = Task(study.task).is_of_pictures
    items, said = _said(study, raters)
    first = [item for item in items if item.again_of_id is None]
    again = [(said[item.again_of_id], said[item.pk]) for item in items if item.again_of_id is not None]
    rows = [_opinions(said[item.pk], of_class=marked) for item in first]
    groups = [item.animal or f"image {item.image_id}" for item in first]

    def figure(of: Callable[[Answers], float | None], answers: Answers) -> Interval:
        return with_interval(of, answers, groups)

    def pair(one: Sequence[str | None], two: Sequence[str | None]) -> Interval:
        return figure(_cohen, list(zip(one, two, strict=True)))

    by_rater = [[row[at] for row in rows] for at in range(len(raters))]
    network = _opinions([item.network_class or None for item in first], of_class=marked)
    answers = sorted({answer for row in rows for answer in row if answer is not None})
    weighed = dawid_skene(rows)
    return Agreement(
        raters=names,
        items=_shown(first, said, consensus_of([said[item.pk] for item in first])),
        alpha=figure(krippendorff_alpha, rows),
        fleiss=figure(fleiss_kappa, rows),
        pairs=[(names[a], names[b], pair(by_rater[a], by_rater[b])) for a, b in combinations(range(len(raters)), 2)],
        with_network=[(name, pair(by_rater[at], network)) for at, name in enumerate(names)],
        selves=[(name, *_self([(one[at], two[at]) for one, two in again])) for at, name in enumerate(names)],
        weights=list(zip(names, weighed.accuracy, strict=False)),
        cannot_say={name: sum(row[at] == CANNOT_SAY for row in said.values()) for at, name in enumerate(names)},
        by_class=[(name, figure(krippendorff_alpha, [_is(row, name) for row in rows])) for name in answers],
    )


def _shown(
    items: Sequence[StudyItem], said: dict[int, list[str | None]], consensus: Sequence[Weighed]
) -> list[ShownItem]:
    return [
        ShownItem(
            item=item,
            answers=said[item.pk],
            majority=weighed.majority,
            weighed=weighed.likeliest,
            sureness=weighed.sureness,
        )
        for item, weighed in zip(items, consensus, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What raters together say of an item: the majority, None if it is split, and the likeliest (Dawid and Skene)."""

    majority: str | None
    likeliest: str | None
    sureness: float | None


def consensus_of(said: Answers) -> list[Weighed]:
    """Of each item, from every rater's answer: first whether it is a spine, then of which class.

    So two who mark a spine and differ on its class outvote a third who marked none.
    """
    there = [[None if a in (None, CANNOT_SAY) else NO_SPINE if a == NO_SPINE else SPINE for a in row] for row in said]
    which = [_opinions(row, of_class=True) for row in said]
    likely_there, likely_which = dawid_skene(there), dawid_skene(which)
    found = []
    for at, (voted_there, voted_which) in enumerate(zip(majority(there), majority(which), strict=True)):
        p_there, p_which = likely_there.probabilities[at], likely_which.probabilities[at]
        likeliest, sure = _likeliest(p_there)
        if likeliest == SPINE and p_which:
            likeliest, sure_of_class = _likeliest(p_which)
            sure = sure * sure_of_class if sure is not None and sure_of_class is not None else None
        named = any(which[at])
        voted = (voted_which if named else SPINE) if voted_there == SPINE else voted_there
        found.append(Weighed(majority=voted, likeliest=likeliest, sureness=sure))
    return found


def _likeliest(probabilities: Mapping[str, float]) -> tuple[str | None, float | None]:
    if not probabilities:
        return None, None
    name = max(sorted(probabilities), key=probabilities.__getitem__)
    return name, probabilities[name]


def _opinions(row: Sequence[str | None], *, of_class: bool = False) -> list[str | None]:
    """Without what is no opinion; `of_class` alone, also without whether it is a spine."""
    none = (CANNOT_SAY, NO_SPINE, SPINE) if of_class else (CANNOT_SAY,)
    return [None if answer in none else answer for answer in row]


def _is(row: Sequence[str | None], name: str) -> list[str | None]:
    return [None if answer is None else str(answer == name) for answer in row]


def _cohen(rows: Answers) -> float | None:
    return cohen_kappa([row[0] for row in rows], [row[1] for row in rows])


def _self(pairs: Sequence[tuple[str | None, str | None]]) -> tuple[int, float | None]:
    both = [pair for pair in map(_opinions, pairs) if None not in pair]
    return len(both), _cohen(both)


def in_figures(interval: Interval) -> str:
    """A figure with its interval.

    >>> in_figures(Interval(value=0.6123, low=0.5, high=0.7)), in_figures(Interval(value=None))
    ('0.61 (95 % 0.50 to 0.70)', 'not to be told')
    """
    if interval.value is None:
        return "not to be told"
    if interval.low is None or interval.high is None:
        return INDEX.mean(interval.value)
    return f"{INDEX.mean(interval.value)} (95 % {INDEX.between(interval.low, interval.high)})"


def methods_words(study: ReaderStudy, agreement: Agreement) -> str:
    """A paragraph for the paper, of a study in which spines are given a class."""
    again = study.items.exclude(again_of=None).count()
    return (
        f"{len(agreement.raters)} raters gave {len(agreement.items)} spines ({study.sample or 'drawn by chance'}) a "
        "class, each blind to the others, to the network, to file name, animal and condition, in an order of their "
        f"own; {again} came a second time, turned or mirrored. Krippendorff’s α {in_figures(agreement.alpha)}, "
        f"Fleiss’ κ {in_figures(agreement.fleiss)}. Intervals are percentiles of 1,000 bootstrap draws over animals. "
        "“Cannot say” counts as no opinion."
    )
