"""What the Design page shows: the form, what can be told with it, and what was stated before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spines.errors import InvalidInput
from spines.models import Experiment, StatedDesign
from spines.selectors.designs.facts import animals_in_conditions, known_covariates, proposal_of
from spines.selectors.designs.primary_measures import primary_in_words, primary_measures
from spines.selectors.designs.stated import (
    DesignTable,
    Telling,
    current_design,
    design_in_words,
    design_of,
    earlier_designs,
    has_results,
    table_of,
    telling_of,
)
from spines.services.designs.stating import checked_design, tidied
from spines.statistics.design import Direction
from spines.statistics.proposal import AnimalInCondition
from webapp.designs.drafts import Draft, draft_of, draft_of_stated

MOST_ANIMALS = 60
"""Rows of the table of animals."""


@dataclass(frozen=True, kw_only=True)
class ShownLevel:
    """A level in the form."""

    at: int
    name: str
    place: str
    amount: str
    is_control: bool

    @property
    def key(self) -> str:
        """In names of fields: digits alone, whatever the language."""
        return str(self.at)


@dataclass(frozen=True, kw_only=True)
class ShownFactor:
    """A factor in the form."""

    at: int
    name: str
    within_animals: bool
    unit: str
    levels: list[ShownLevel]

    @property
    def key(self) -> str:
        """In names of fields."""
        return str(self.at)


@dataclass(frozen=True, kw_only=True)
class ShownCondition:
    """A condition in the form: its animals, and of each factor its level's place."""

    pk: int
    name: str
    former_names: str
    animals: int
    levels: list[tuple[ShownFactor, int | None]]

    @property
    def key(self) -> str:
        """In names of fields."""
        return str(self.pk)


def page_of(experiment: Experiment, draft: Draft | None = None, *, fault: str = "") -> dict[str, Any]:
    """Everything on the page. `draft` is what a person has written and not stated, `fault` what is wrong with it."""
    stated, rows = current_design(experiment), animals_in_conditions(experiment)
    proposal = proposal_of(experiment, rows)
    questions: Sequence[str] = ()
    is_written = draft is not None
    if draft is None and stated:
        draft = draft_of_stated(stated)
    elif draft is None and proposal:
        draft, questions = draft_of(experiment, proposal.design), proposal.questions
    return {
        "stated": stated,
        "seen": str(stated.pk) if stated else "",
        "stated_in_words": design_in_words(design_of(stated)) if stated else "",
        "primary_in_words": primary_in_words(stated) if stated else "",
        "is_written": is_written,
        "fault": fault,
        "questions": questions,
        "draft": draft,
        "factors": _factors(draft) if draft else [],
        "shown_conditions": _conditions(experiment, draft, rows),
        "covariates": [(name, bool(draft and name in draft.covariates)) for name in _covariates(draft, rows)],
        "measures": primary_measures(experiment),
        "directions": list(Direction),
        "has_results": has_results(experiment),
        "earlier": [
            (each, design_in_words(design_of(each)), primary_in_words(each)) for each in earlier_designs(experiment)
        ],
    } | _told(experiment, draft, rows, fault)


def _told(
    experiment: Experiment, draft: Draft | None, rows: Sequence[AnimalInCondition], fault: str
) -> dict[str, DesignTable | Telling | int | str | None]:
    """The table of animals and what can be tested, with what the form says now."""
    if draft is None or fault:
        return {"table": None, "telling": None, "rest": 0}
    try:
        design = checked_design(experiment, tidied(draft.statement()))
    except InvalidInput as error:
        return {"table": None, "telling": None, "rest": 0, "fault": error.sentence}
    table = table_of(design, rows)
    rest = max(len(table.rows) - MOST_ANIMALS, 0)
    shown = DesignTable(conditions=table.conditions, rows=table.rows[:MOST_ANIMALS])
    return {"table": shown, "telling": telling_of(design, rows), "rest": rest}


def _factors(draft: Draft) -> list[ShownFactor]:
    return [
        ShownFactor(
            at=at,
            name=each.name,
            within_animals=each.within_animals,
            unit=each.unit,
            levels=[
                ShownLevel(
                    at=level,
                    name=name,
                    place=f"{draft.places[at][level]:g}",
                    amount=each.amounts[level],
                    is_control=level == each.control,
                )
                for level, name in enumerate(each.levels)
            ],
        )
        for at, each in enumerate(draft.factors)
    ]


def _conditions(experiment: Experiment, draft: Draft | None, rows: Sequence[AnimalInCondition]) -> list[ShownCondition]:
    factors = _factors(draft) if draft else []
    cells = draft.cells if draft else {}
    return [
        ShownCondition(
            pk=condition.pk,
            name=condition.name,
            former_names=", ".join(condition.former_names),
            animals=len({row.animal for row in rows if row.condition == condition.name}),
            levels=list(zip(factors, cells.get(condition.pk, [None] * len(factors)), strict=True)),
        )
        for condition in experiment.conditions.all()
    ]


def _covariates(draft: Draft | None, rows: Sequence[AnimalInCondition]) -> list[str]:
    """Those that are known of all animals, and those that are stated whatever is known."""
    known = known_covariates(rows)
    return [*known, *(name for name in (draft.covariates if draft else []) if name not in known)]


def said_of(stated: StatedDesign) -> str:
    """A sentence on what has just been stated."""
    words = design_in_words(design_of(stated))
    primary = primary_in_words(stated)
    return f"Stated: {words}." + (f" Primary measure: {primary}." if primary else "")
