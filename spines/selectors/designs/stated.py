"""The design that an experiment states: the current one, those before it, and what can be told with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from spines.models import AnalysisImage, Experiment, StatedDesign
from spines.selectors.designs.facts import COVARIATES, LITTER
from spines.statistics.design import Design, DesignError, Direction, Factor, Primary, Spread
from spines.statistics.layout import Layout, layout_of
from spines.statistics.proposal import AnimalInCondition
from spines.vocabulary.numbers import in_words, listed


def current_design(experiment: Experiment) -> StatedDesign | None:
    """The design as it is stated now; None where none is."""
    return experiment.designs.filter(is_current=True).select_related("stated_by", "primary_by").first()


def earlier_designs(experiment: Experiment) -> list[StatedDesign]:
    """What was stated before, the last first."""
    return list(experiment.designs.filter(is_current=False).select_related("stated_by", "primary_by"))


def has_results(experiment: Experiment) -> bool:
    """Whether somebody could have seen results: an image has been analysed."""
    return AnalysisImage.objects.filter(image__experiment=experiment, is_current=True).exists()


def design_of(stated: StatedDesign) -> Design:
    """The design with the conditions' names of today; conditions that are gone are left out."""
    names = dict(stated.experiment.conditions.values_list("pk", "name"))
    return Design(
        factors=factors_of(stated.factors),
        conditions={names[int(pk)]: tuple(levels) for pk, levels in stated.cells.items() if int(pk) in names},
        covariates=tuple(COVARIATES[name] for name in stated.covariates if name in COVARIATES),
        has_litters=LITTER in stated.covariates,
        spread=Spread.COMMON if stated.has_common_spread else Spread.EACH,
        primary=primary_of(stated),
    )


def primary_of(stated: StatedDesign) -> Primary | None:
    """The primary measure with its day, None where none is named."""
    if stated.primary_at is None:
        return None
    return Primary(
        measure=stated.primary_measure,
        direction=Direction(stated.primary_direction),
        stated_on=timezone.localdate(stated.primary_at),
    )


def factors_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Factor, ...]:
    """As `StatedDesign.factors` holds them."""
    return tuple(
        Factor(
            name=row["name"],
            levels=tuple(row["levels"]),
            control=row["control"],
            within_animals=row["within_animals"],
            amounts=tuple(row["amounts"]),
            unit=row["unit"],
        )
        for row in rows
    )


def stated_design(experiment: Experiment) -> Design | None:
    """The design that holds; None where none is stated, or too few of its conditions are left to make one."""
    stated = current_design(experiment)
    return design_of(stated) if stated else None


# ---- in words


def design_in_words(design: Design) -> str:
    """One line: `genotype (WT, KO) between animals × treatment (before, after) within animals; control: WT, before`.

    >>> from spines.statistics.design import plain_design
    >>> design_in_words(plain_design(("saline", "drug")))
    'condition (saline, drug) between animals; control: saline'
    """
    factors = " × ".join(
        f"{factor.name} ({', '.join(factor.levels)}{f' {factor.unit}' if factor.unit else ''}) "
        f"{'within' if factor.within_animals else 'between'} animals"
        for factor in design.factors
    )
    text = f"{factors}; control: {', '.join(factor.reference for factor in design.factors)}"
    if design.covariates:
        text += f"; covariates: {listed(covariate.name for covariate in design.covariates)}"
    if design.has_litters:
        text += "; animals of a litter alike"
    if design.spread is Spread.COMMON:
        text += f"; {design.spread.value}"
    return text


# ---- what can be told with it


@dataclass(frozen=True, kw_only=True)
class DesignTable:
    """Animals by cells of the design.

    `conditions` are in the design's order, `rows` an animal each: its name, and by condition whether it stands in it.
    Animals are ordered by the first condition that they stand in.
    """

    conditions: tuple[str, ...]
    rows: tuple[tuple[str, tuple[bool, ...]], ...]


def table_of(design: Design, rows: Sequence[AnimalInCondition]) -> DesignTable:
    """Draw up which animal stands in which condition of the design."""
    stands: dict[str, set[str]] = {}
    for row in rows:
        if row.condition in design.conditions:
            stands.setdefault(row.animal, set()).add(row.condition)
    ordered = design.ordered
    lines = [(animal, tuple(condition in found for condition in ordered)) for animal, found in stands.items()]
    return DesignTable(conditions=ordered, rows=tuple(sorted(lines, key=lambda line: (line[1].index(True), line[0]))))


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What can be tested with a design: its layout, or `fault`, the sentence why the animals do not fit into it."""

    layout: Layout | None
    fault: str = ""
    notes: tuple[str, ...] = ()


def telling_of(design: Design, rows: Sequence[AnimalInCondition]) -> Telling:
    """Lay the animals out in a design; conditions that have animals and stand in no cell are named in `notes`."""
    outside: dict[str, set[str]] = {}
    for row in rows:
        if row.condition not in design.conditions:
            outside.setdefault(row.condition, set()).add(row.animal)
    notes = tuple(
        f"{condition} ({in_words(len(animals), 'animal')}) stands in no cell of the design, so nothing is held "
        "against it. State the design anew to take it in."
        for condition, animals in outside.items()
    )
    try:
        layout = layout_of(design, [(row.animal, row.condition) for row in rows])
    except DesignError as error:
        return Telling(layout=None, fault=error.sentence, notes=notes)
    return Telling(layout=layout, notes=notes)
