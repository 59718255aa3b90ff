"""A design as it stands in the form: what nobody has checked yet, whether it came from a proposal or from a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import QueryDict

from spines.errors import InvalidInput
from spines.models import Experiment, StatedDesign
from spines.samples.fields import as_name
from spines.selectors.designs.stated import design_of
from spines.services.designs.stating import MOST_FACTORS, MOST_LEVELS, DesignStatement, PrimaryStatement
from spines.statistics.design import Design, DesignError, Direction, Factor


@dataclass(kw_only=True)
class DraftFactor:
    """A factor as it is written. `amounts` are texts, one a level; `control` is the place of a level."""

    name: str
    levels: list[str]
    amounts: list[str]
    control: int = 0
    within_animals: bool = False
    unit: str = ""

    def factor(self, places: list[float]) -> Factor:
        """The factor with its levels in the order of their places; DesignError and InvalidInput with a sentence."""
        order = sorted(range(len(self.levels)), key=lambda at: places[at])
        given = [self.amounts[at].strip() for at in order]
        return Factor(
            name=self.name,
            levels=tuple(self.levels[at] for at in order),
            control=self.levels[self.control] if 0 <= self.control < len(self.levels) else "",
            within_animals=self.within_animals,
            amounts=tuple(_amount(self.name, text) for text in given) if any(given) else (),
            unit=self.unit,
        )


@dataclass(kw_only=True)
class Draft:
    """`cells` holds by a condition's id the place of its level in each factor, None where the design leaves it out."""

    factors: list[DraftFactor]
    cells: dict[int, list[int | None]]
    places: list[list[float]] = field(default_factory=list)
    covariates: list[str] = field(default_factory=list)
    primary: str = ""
    direction: str = Direction.EITHER.value
    has_common_spread: bool = False

    def statement(self) -> DesignStatement:
        """What the form states; InvalidInput with a sentence where it cannot be read."""
        try:
            factors = tuple(each.factor(places) for each, places in zip(self.factors, self.places, strict=True))
        except DesignError as error:
            raise InvalidInput(error.sentence) from error
        cells = {}
        for condition, at in self.cells.items():
            levels = [each.levels[place] for each, place in zip(self.factors, at, strict=True) if place is not None]
            if levels and len(levels) == len(self.factors):
                cells[condition] = levels
        primary = None
        if self.primary:
            primary = PrimaryStatement(measure=self.primary, direction=Direction(self.direction))
        return DesignStatement(
            factors=factors,
            cells=cells,
            covariates=tuple(self.covariates),
            primary=primary,
            has_common_spread=self.has_common_spread,
        )


def draft_of(experiment: Experiment, design: Design, stated: StatedDesign | None = None) -> Draft:
    """A design for the form, the control of each factor first: a proposal, or the one that is stated."""
    design = _control_first(design)
    cells: dict[int, list[int | None]] = {}
    for condition in experiment.conditions.all():
        levels = design.conditions.get(condition.name)
        at = [f.levels.index(level) for f, level in zip(design.factors, levels, strict=True)] if levels else []
        cells[condition.pk] = [*at] or [None] * len(design.factors)
    return Draft(
        factors=[
            DraftFactor(
                name=factor.name,
                levels=list(factor.levels),
                amounts=[f"{amount:.10g}" for amount in factor.amounts] or [""] * len(factor.levels),
                control=factor.levels.index(factor.reference),
                within_animals=factor.within_animals,
                unit=factor.unit,
            )
            for factor in design.factors
        ],
        cells=cells,
        places=[[float(at + 1) for at in range(len(factor.levels))] for factor in design.factors],
        covariates=list(stated.covariates) if stated else [],
        primary=stated.primary_measure if stated else "",
        direction=(stated.primary_direction if stated else "") or Direction.EITHER.value,
        has_common_spread=bool(stated and stated.has_common_spread),
    )


def _control_first(design: Design) -> Design:
    """The same with each factor's control in front, its amounts along with its levels."""
    factors = []
    for factor in design.factors:
        levels = (factor.reference, *factor.others)
        amounts = tuple(factor.amounts[factor.levels.index(level)] for level in levels) if factor.amounts else ()
        factors.append(replace(factor, levels=levels, amounts=amounts))
    return replace(design, factors=tuple(factors))


def draft_of_stated(stated: StatedDesign) -> Draft:
    """The stated design for the form."""
    return draft_of(stated.experiment, design_of(stated), stated)


def draft_of_words(experiment: Experiment, text: str) -> Draft:
    """Factors that a person writes, a line each: `genotype: WT, KO`.

    A condition gets the level whose name stands in its own, where just one does.
    """
    factors = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, levels = line.partition(":")
        names = [level for each in re.split("[,;]", levels) if (level := as_name(each))]
        if not colon or not as_name(name) or len(names) < 2:
            raise InvalidInput(
                f"“{line[:60]}” names no factor. Write one a line, its levels after a colon: genotype: WT, KO."
            )
        factors.append(DraftFactor(name=as_name(name), levels=names[:MOST_LEVELS], amounts=[""] * len(names)))
    if not 0 < len(factors) <= MOST_FACTORS:
        raise InvalidInput(f"Write one to {MOST_FACTORS} factors, a line each: genotype: WT, KO.")
    cells: dict[int, list[int | None]] = {
        condition.pk: [_only_level_in(condition.name, each.levels) for each in factors]
        for condition in experiment.conditions.all()
    }
    places = [[float(at + 1) for at in range(len(each.levels))] for each in factors]
    return Draft(factors=factors, cells=cells, places=places)


def draft_of_form(experiment: Experiment, form: QueryDict) -> Draft:
    """What the form of the page says."""
    factors: list[DraftFactor] = []
    places: list[list[float]] = []
    while len(factors) < MOST_FACTORS and f"factor-{len(factors)}-name" in form:
        key = f"factor-{len(factors)}"
        n = 0
        while n < MOST_LEVELS and f"{key}-level-{n}" in form:
            n += 1
        factors.append(
            DraftFactor(
                name=as_name(form.get(f"{key}-name", "")),
                levels=[as_name(form.get(f"{key}-level-{at}", "")) for at in range(n)],
                amounts=[form.get(f"{key}-amount-{at}", "") for at in range(n)],
                control=_whole(form.get(f"{key}-control"), 0) or 0,
                within_animals=f"{key}-within" in form,
                unit=as_name(form.get(f"{key}-unit", "")),
            )
        )
        places.append([_place(form.get(f"{key}-place-{at}"), at + 1) for at in range(n)])
    cells = {
        pk: [_level_of(form, pk, at, each) for at, each in enumerate(factors)]
        for pk in experiment.conditions.values_list("pk", flat=True)
    }
    direction = form.get("direction", "")
    return Draft(
        factors=factors,
        cells=cells,
        places=places,
        covariates=form.getlist("covariate"),
        primary=form.get("primary", ""),
        direction=direction if direction in list(Direction) else Direction.EITHER.value,
        has_common_spread="common-spread" in form,
    )


def _level_of(form: Mapping[str, str], condition: int, factor: int, of: DraftFactor) -> int | None:
    at = _whole(form.get(f"condition-{condition}-{factor}"), None)
    return at if at is not None and at < len(of.levels) else None


def _only_level_in(condition: str, levels: list[str]) -> int | None:
    """The place of the one level that is a word of the condition's name, None where several are."""
    whole = condition.casefold()
    words = {whole, *re.split(r"[\s·_,;/+-]+", whole)}
    there = [at for at, level in enumerate(levels) if level.casefold() in words]
    return there[0] if len(there) == 1 else None


def _amount(factor: str, text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput(
            f"{factor} has the amount “{text[:20]}”, which is no number: give one to every level, or to none."
        ) from None


def _whole(text: str | None, otherwise: int | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise


def _place(text: str | None, otherwise: float) -> float:
    try:
        return float((text or "").replace(",", "."))
    except ValueError:
        return otherwise
