"""How the conditions of an experiment were taken, analysed and reviewed: what could make a difference by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Aggregate, Avg, FloatField

from spines.models import Experiment, ModelVersion
from spines.selectors.results.counts import GroupCounts, by_animal, tallies
from spines.selectors.results.filters import ResultFilters, all_classes
from spines.selectors.results.rows import results_of, spines_of
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.alike import Check, check_kinds, check_values, pairs_of
from spines.vocabulary.classes import UNCERTAIN, class_share
from spines.vocabulary.measures import NECK_WIDTH
from spines.vocabulary.numbers import PLAIN, SHARE, UM, Unit
from spines.vocabulary.picture_grades import GRADE_WORDS

_PIXEL_UM = Unit(symbol="µm", decimals=3)
_GREY = Unit(decimals=0)
_NOISE = Unit(symbol="%", decimals=1, times=100)
_IMAGE = "image__cell__subject__"
_KINDS = {
    "projection": "How a stack became one picture",
    "channel": "Channel",
    "polarity": "Polarity",
    "grade": "Likeness to the training pictures",
    "detector": "Network that finds spines",
    "classifier": "Network that tells classes",
    "software_version": "Version of Spinula",
    "tracing_version": "Version of the tracing",
    "measures_version": "Version of the formulas",
    "score_threshold": "Detection score from which on a box counts",
}


class NarrowestNecks(Aggregate):
    """The 10th percentile of widths: nearly all necks are narrower than what light resolves, so it tells the blur."""

    function = "percentile_cont"
    template = "%(function)s(0.1) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def circumstances(
    experiment: Experiment, filters: ResultFilters, conditions: Sequence[str], pairs: Iterable[tuple[str, str]]
) -> list[Check]:
    """All checks, those in which conditions differ first.

    Parameters
    ----------
    conditions : that are compared, in order.
    pairs : of them, as the tests have them.
    """
    chosen = pairs_of(pairs, conditions)
    of_all = replace(all_classes(filters), reviewed=None)
    groups = [group for group in by_animal(tallies(experiment, of_all)) if group.key[1] in conditions]
    images = _named(_of_images(experiment, filters))
    necks, scores = _of_spines(experiment, of_all)
    pixels = _by_animal(images, "pixel_size_um")
    light, noise = _by_animal(images, "brightness"), _by_animal(images, "noise")
    reviewed = _by_group(groups, lambda group: group.reviewed / group.spines if group.spines else None)
    uncertain = _by_group(groups, lambda group: class_share(group.by_class, UNCERTAIN.key))
    numbers: tuple[tuple[str, Values, Unit, float], ...] = (
        ("Share of spines whose class a person named", reviewed, SHARE, 0.2),
        ("Share of uncertain spines", uncertain, SHARE, 0.1),
        ("Pixel size", pixels, _PIXEL_UM, 0.05 * _mean(pixels)),
        ("Blur by the narrowest necks", necks, UM, 0.05),
        ("Mean detection score", scores, PLAIN, 0.05),
        ("Mean grey value", light, _GREY, 0.2 * _mean(light)),
        ("Noise, of the contrast", noise, _NOISE, max(0.005, 0.25 * _mean(noise))),
        ("Distance from the training pictures", _by_animal(images, "unlikeness"), PLAIN, 0.25),
    )
    checks = [
        check_values(name, {c: values.get(c, {}) for c in conditions}, chosen, unit=unit, apart=apart)
        for name, values, unit, apart in numbers
        if values
    ]
    for field, name in _KINDS.items():
        kinds = {c: Counter(row[field] for row in images if row["condition"] == c) for c in conditions}
        if any(kind for of in kinds.values() for kind in of):
            checks.append(check_kinds(name, kinds, chosen))
    return sorted(checks, key=lambda check: not check.sentence)


Values = dict[str, dict[str, float]]
"""By condition and animal."""


def _mean(values: Values) -> float:
    """Of all animals."""
    numbers = [value for of_condition in values.values() for value in of_condition.values()]
    return sum(numbers) / max(len(numbers), 1)


def _by_group(groups: Sequence[GroupCounts], share: Callable[[GroupCounts], float | None]) -> Values:
    found: Values = {}
    for group in groups:
        _, condition, animal = group.key
        if animal is not None and (value := share(group)) is not None:
            found.setdefault(condition, {})[animal] = value
    return found


def _named(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the names of the networks in place of their ids."""
    kinds = ("detector", "classifier")
    ids = {row[kind] for row in rows for kind in kinds}
    names = {
        pk: f"{name} {version}"
        for pk, name, version in ModelVersion.objects.filter(pk__in=ids).values_list("pk", "name", "version")
    }
    return [row | {kind: names[row[kind]] for kind in kinds} for row in rows]


@while_unchanged
def _of_images(experiment: Experiment, filters: ResultFilters) -> list[dict[str, Any]]:
    """One row an image with an animal: its place, numbers, kinds in words, ids of networks."""
    fields = ("projection", "channel", "polarity", "grade", "pixel_size_um", "unlikeness", "brightness", "noise")
    versions = ("software_version", "tracing_version", "measures_version", "score_threshold")
    networks = ("analysis__detector", "analysis__classifier")
    rows = results_of(experiment, filters).filter(image__cell__subject__isnull=False).order_by()
    return [
        row
        | {
            "condition": row[f"{_IMAGE}condition__name"],
            "animal": row[f"{_IMAGE}name"],
            "channel": "" if row["channel"] is None else str(row["channel"] + 1),
            "polarity": row["polarity"].replace("_", " "),
            "grade": GRADE_WORDS.get(row["grade"], ""),
            "detector": row["analysis__detector"],
            "classifier": row["analysis__classifier"],
        }
        | {name: "" if row[name] is None else str(row[name]) for name in versions}
        for row in rows.values(f"{_IMAGE}condition__name", f"{_IMAGE}name", *fields, *versions, *networks)
    ]


def _by_animal(rows: Sequence[dict[str, Any]], field: str) -> Values:
    values: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row["condition"] is not None and row[field] is not None:
            values.setdefault((row["condition"], row["animal"]), []).append(row[field])
    found: Values = {}
    for (condition, animal), of_animal in values.items():
        found.setdefault(condition, {})[animal] = sum(of_animal) / len(of_animal)
    return found


@while_unchanged
def _of_spines(experiment: Experiment, filters: ResultFilters) -> tuple[Values, Values]:
    """Of each animal's spines the narrowest necks, and the mean score."""
    place = tuple(f"analysis_image__{_IMAGE}{name}" for name in ("condition__name", "name"))
    rows: Any = spines_of(experiment, filters).order_by().values(*place)
    necks: Values = {}
    scores: Values = {}
    for row in rows.annotate(necks=NarrowestNecks(NECK_WIDTH.key), mean_score=Avg("score")):
        condition, animal = (row[name] for name in place)
        for found, value in ((necks, row["necks"]), (scores, row["mean_score"])):
            if condition is not None and value is not None:
                found.setdefault(condition, {})[animal] = value
    return necks, scores
