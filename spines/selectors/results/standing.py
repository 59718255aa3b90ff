"""Which results and which of their spines count: every count, density, chart, test and export of totals asks here.

A current result counts unless its picture is of a kind that the networks are not made for (`Grade`) or a person set
its image aside. What a person says of the image goes before the grade, and stays when the image is analysed anew.
Results without a grade count.

Of a result that counts, every spine does that nobody rejected and that a dendrite carries. Where the result has no
dendrite at all, tracing failed and not the spines: they count, in no density, and pages say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When

from spines.models import AnalysisImage, Experiment, Standing
from spines.vocabulary.picture_grades import COUNTED_GRADES, Grade

WHY: dict[str, str] = {
    Grade.OTHER_KIND: "another kind of picture than the networks were trained on",
    Grade.NO_NEURON: "no neuron to be seen",
    Standing.SET_ASIDE: "set aside by a person",
}
"""Why an image stands aside, in words that go after its name or number."""


def stands(prefix: str = "") -> Q:
    """Results that do not stand aside, current or not; `prefix` leads from the rows that are asked to a result."""
    return _stands(f"{prefix}image__standing", f"{prefix}grade")


def counted(prefix: str = "") -> Q:
    """Results that count."""
    return Q(**{f"{prefix}is_current": True}) & stands(prefix)


def not_trashed(prefix: str = "") -> Q:
    """Results whose experiment, project and lab are not in the trash."""
    to = f"{prefix}analysis__experiment__"
    kept = ("trashed_at", "project__trashed_at", "project__lab__trashed_at")
    return Q(**{f"{to}{each}": None for each in kept})


def standing_aside(prefix: str = "") -> Q:
    """Current results that count nowhere until a person admits them."""
    return Q(**{f"{prefix}is_current": True}) & ~stands(prefix)


def spine_counts(prefix: str = "", *, apart: bool = False) -> Q:
    """Spines that count where their result does; with `apart` those on no dendrite, which are listed apart."""
    return Q(**{f"{prefix}rejected": False, f"{prefix}apart": apart})


SPINE_COUNTS_SQL = "NOT rejected AND NOT apart"
"""The same in a query of `spines_spine`."""


def counted_results(experiments: Iterable[Experiment | int]) -> QuerySet[AnalysisImage]:
    """The results of these experiments that count."""
    return AnalysisImage.objects.filter(counted(), image__experiment__in=list(experiments)).order_by()


def reason_of(prefix: str = "") -> Case:
    """As a column of results: a key of `WHY`, or "" where the result does not stand aside."""
    return reason_by(f"{prefix}image__standing", f"{prefix}grade")


def reason_by(word: str, grade: str) -> Case:
    """The same for rows that have a person's word and a grade under these names."""
    return Case(
        When(_stands(word, grade), then=Value("")),
        When(**{word: Standing.SET_ASIDE}, then=F(word)),
        default=F(grade),
        output_field=CharField(),
    )


def why_aside(word: str, grade: str) -> str:
    """The same of a person's word and a grade that are there; the grade of an image without a result is ""."""
    if word == Standing.SET_ASIDE:
        return word
    return "" if word or grade in COUNTED_GRADES else grade


def _stands(word: str, grade: str) -> Q:
    return Q(**{word: Standing.ADMITTED}) | Q(**{word: "", f"{grade}__in": COUNTED_GRADES})


@dataclass(frozen=True, kw_only=True)
class Aside:
    """How many analysed images stand aside, by their reason in the order of `WHY`."""

    by_reason: dict[str, int] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """All of them."""
        return sum(self.by_reason.values())

    @property
    def rows(self) -> list[tuple[int, str]]:
        """How many, and why in words.

        >>> Aside(by_reason={"no_neuron": 2}).rows
        [(2, 'no neuron to be seen')]
        """
        return [(n, WHY[reason]) for reason, n in self.by_reason.items()]


def aside_by_experiment(experiments: Iterable[Experiment]) -> dict[int, Aside]:
    """Those of each experiment that has one; by its key."""
    ids = [experiment.pk for experiment in experiments]
    results = AnalysisImage.objects.filter(standing_aside(), image__experiment__in=ids).order_by()
    rows: Any = results.values_list("image__experiment", reason_of()).annotate(n=Count("*"))
    found: dict[int, dict[str, int]] = {}
    for experiment, reason, n in rows:
        found.setdefault(experiment, {})[reason] = n
    return {pk: _in_order(by_reason) for pk, by_reason in found.items()}


def aside_in(results: QuerySet[AnalysisImage]) -> Aside:
    """Those of these results that stand aside."""
    rows: Any = results.filter(standing_aside()).order_by().values_list(reason_of()).annotate(n=Count("*"))
    return _in_order(dict(rows))


def _in_order(by_reason: dict[str, int]) -> Aside:
    return Aside(by_reason={str(reason): by_reason[reason] for reason in WHY if reason in by_reason})
