"""Figures of several experiments side by side, by animal: what a project's page compares. Summed by the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import Avg, Count, QuerySet

from spines.models import Experiment, Image, Spine, Subject
from spines.selectors.results.mean_interval import Spread, spread_of
from spines.selectors.results.measures import measure_named
from spines.selectors.results.standing import SPINE_COUNTS_SQL, Aside, aside_by_experiment, counted, counted_results
from spines.selectors.results.unchanged import each_unchanged
from spines.vocabulary.classes import DEFAULT, ClassSet, class_share, share_is_of
from spines.vocabulary.densities import per_um


@dataclass(frozen=True, kw_only=True)
class AnimalTally:
    """What the current results of one animal's images count. `animal` is None for images that nobody placed."""

    experiment: Experiment
    condition: str | None
    position: int
    """Of the condition in its experiment."""
    animal: str | None
    images: int
    spines: int
    reviewed: int
    by_class: dict[str, int]
    on_dendrites: int
    """On dendrites with a length in µm."""
    dendrite_um: float

    @property
    def per_um(self) -> float | None:
        """Spines a µm of dendrite; None without a dendrite's length."""
        return per_um(self.on_dendrites, self.dendrite_um)

    def share(self, spine_class: str) -> float | None:
        """See `classes.class_share`; None too where the experiment's set has no such class."""
        if spine_class not in self.experiment.classes.counted:
            return None
        return class_share(self.by_class, spine_class)


def _tallies_sql(classes: Sequence[str]) -> str:
    by_class = ", ".join(f"count(*) FILTER (WHERE final_class = '{name}') AS \"{name}\"" for name in classes)
    sums = ", ".join(f'sum("{name}")' for name in classes)
    # Counted image by image, so that PostgreSQL reads the index `spine_counted` alone.
    return f"""
SELECT image.experiment_id, cell.subject_id, count(*), sum(spines), sum(reviewed),
       coalesce(sum(on_dendrites) FILTER (WHERE length_um > 0), 0), coalesce(sum(length_um), 0), {sums}
FROM spines_analysisimage AS result
JOIN spines_image AS image ON image.id = result.image_id
LEFT JOIN spines_cell AS cell ON cell.id = image.cell_id
CROSS JOIN LATERAL (
    SELECT count(*) AS spines, count(*) FILTER (WHERE reviewed_class <> '') AS reviewed,
           count(*) FILTER (WHERE dendrite_id IS NOT NULL) AS on_dendrites, {by_class}
    FROM spines_spine WHERE analysis_image_id = result.id AND {SPINE_COUNTS_SQL}
) AS counted
CROSS JOIN LATERAL (
    SELECT sum(length_um) AS length_um FROM spines_dendrite WHERE analysis_image_id = result.id
) AS traced
WHERE result.id IN ({{counted}})
GROUP BY image.experiment_id, cell.subject_id
"""  # noqa: S608 - keys of classes are small letters, digits and _ (`KEY_PATTERN`)


def classes_of(experiments: Iterable[Experiment]) -> ClassSet:
    """The classes of all of them, the networks' first; of one key those of the first that has it."""
    own = {each.key: each for experiment in experiments for each in experiment.classes.own}
    return ClassSet((*DEFAULT.classes, *own.values()))


def animal_tallies(experiments: Iterable[Experiment]) -> list[AnimalTally]:
    """One an animal with a result, and one an experiment for images that nobody placed; in the experiments' order."""
    by_id = {experiment.pk: experiment for experiment in experiments}
    if not by_id:
        return []
    classes = classes_of(by_id.values()).counted
    rows = _of_each(list(by_id), ("tallies", classes), lambda missing: _tally_rows(missing, classes))
    subjects = _subjects(by_id)
    order = {pk: at for at, pk in enumerate(by_id)}
    made = [_tally(by_id[row[0]], subjects.get(row[1]), row, classes) for row in rows]
    return sorted(made, key=lambda t: (order[t.experiment.pk], t.animal is None, t.position, t.animal or ""))


def _of_each(
    experiments: list[int], asked: object, read: Callable[[list[int]], Iterable[tuple[Any, ...]]]
) -> list[tuple[Any, ...]]:
    """Rows that begin with their experiment's key; those of an experiment are kept until one of its rows changes."""

    def by_experiment(missing: list[int]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = {pk: [] for pk in missing}
        for row in read(missing):
            found[row[0]].append(row)
        return found

    kept = each_unchanged(experiments, asked, by_experiment)
    return [row for rows in kept.values() for row in rows]


def _tally_rows(experiments: list[int], classes: Sequence[str]) -> list[tuple[Any, ...]]:
    counted_ids, given = counted_results(experiments).values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_tallies_sql(classes).format(counted=counted_ids), given)
        return list(cursor.fetchall())


def _subjects(experiment_ids: Iterable[int]) -> dict[int, Subject]:
    subjects = Subject.objects.filter(experiment__in=experiment_ids).select_related("condition")
    return {subject.pk: subject for subject in subjects}


def _tally(experiment: Experiment, subject: Subject | None, row: Sequence[Any], classes: Sequence[str]) -> AnimalTally:
    _, _, images, spines, reviewed, on_dendrites, dendrite_um, *counts = row
    condition = subject.condition if subject else None
    return AnimalTally(
        experiment=experiment,
        condition=condition.name if condition else None,
        position=condition.position if condition else 0,
        animal=subject.name if subject else None,
        images=images,
        spines=int(spines),
        reviewed=int(reviewed),
        by_class=dict(zip(classes, map(int, counts), strict=True)),
        on_dendrites=int(on_dendrites),
        dendrite_um=dendrite_um,
    )


@dataclass(frozen=True, kw_only=True)
class AnimalValue:
    """One animal's value, of so many spines or µm."""

    experiment: Experiment
    condition: str | None
    position: int
    animal: str
    value: float
    n: int
    of: str


def density_values(tallies: Iterable[AnimalTally]) -> list[AnimalValue]:
    """Each animal's spines on dendrites over their length, per µm."""
    return [
        _value(tally, tally.per_um, tally.on_dendrites, f"spines on {tally.dendrite_um:,.0f} µm")
        for tally in tallies
        if tally.per_um is not None and tally.animal is not None
    ]


def share_values(tallies: Iterable[AnimalTally], spine_class: str) -> list[AnimalValue]:
    """Each animal's share of a class, 0 to 1."""
    return [
        _value(tally, share, tally.by_class[spine_class], f"of {share_is_of(tally.by_class, spine_class):,} spines")
        for tally in tallies
        if (share := tally.share(spine_class)) is not None and tally.animal is not None
    ]


def _value(tally: AnimalTally, value: float, n: int, of: str) -> AnimalValue:
    assert tally.animal is not None
    return AnimalValue(
        experiment=tally.experiment,
        condition=tally.condition,
        position=tally.position,
        animal=tally.animal,
        value=value,
        n=n,
        of=of,
    )


def measure_values(experiments: Iterable[Experiment], measure: str) -> list[AnimalValue]:
    """Each animal's mean of one of `Spine.MEASURES`. Raises InvalidInput for a measure that spines do not have."""
    measure_named(measure)
    by_id = {experiment.pk: experiment for experiment in experiments}
    subjects = _subjects(by_id)
    rows = _of_each(list(by_id), ("means", measure), lambda missing: _mean_rows(missing, measure))
    means = {pk: (mean, n) for _, pk, mean, n in rows}
    order = {pk: at for at, pk in enumerate(by_id)}
    return [
        AnimalValue(
            experiment=by_id[animal.experiment_id],
            condition=animal.condition.name if animal.condition else None,
            position=animal.condition.position if animal.condition else 0,
            animal=animal.name,
            value=means[animal.pk][0],
            n=means[animal.pk][1],
            of="spines",
        )
        for animal in sorted(subjects.values(), key=lambda a: (order[a.experiment_id], a.name))
        if animal.pk in means
    ]


def _mean_rows(experiments: list[int], measure: str) -> QuerySet[Spine, tuple[Any, ...]]:
    subject = "analysis_image__image__cell__subject"
    of_animals = {f"{subject}__experiment__in": experiments, f"{measure}__isnull": False, "rejected": False}
    spines = Spine.objects.filter(counted("analysis_image__"), **of_animals)
    means = spines.order_by().values_list(f"{subject}__experiment", subject).annotate(mean=Avg(measure), n=Count("*"))
    return cast("QuerySet[Spine, tuple[Any, ...]]", means)


@dataclass(frozen=True, kw_only=True)
class ExperimentFigures:
    """An experiment's row in a project's table. The density is over its animals, each counting once."""

    experiment: Experiment
    images: int
    analysed: int
    aside: Aside
    """Analysed images that are in no figure of the row."""
    animals: int
    """With a result."""
    spines: int
    reviewed: int
    density: Spread


def experiment_figures(experiments: Sequence[Experiment], tallies: Sequence[AnimalTally]) -> list[ExperimentFigures]:
    """A row an experiment, those without a result too."""
    images = dict(
        Image.objects.filter(experiment__in=experiments).order_by().values_list("experiment").annotate(n=Count("*"))
    )
    of_experiments = aside_by_experiment(experiments)
    rows = []
    for experiment in experiments:
        own = [tally for tally in tallies if tally.experiment == experiment]
        aside = of_experiments.get(experiment.pk, Aside())
        rows.append(
            ExperimentFigures(
                experiment=experiment,
                images=images.get(experiment.pk, 0),
                analysed=sum(tally.images for tally in own) + aside.images,
                aside=aside,
                animals=len({tally.animal for tally in own} - {None}),
                spines=sum(tally.spines for tally in own),
                reviewed=sum(tally.reviewed for tally in own),
                density=spread_of(tally.per_um for tally in own if tally.animal is not None),
            )
        )
    return rows
