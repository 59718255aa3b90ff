"""The planning page: how many animals, cells and dendrites the next experiment needs; as a page and as CSV."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_experiment
from spines.errors import InvalidInput
from spines.export.csv_lines import csv_lines
from spines.models import Experiment
from spines.selectors.results.variation import MeasuredVariation, measured_variation, planned_measures
from spines.statistics.planning import (
    MOST_ANIMALS,
    Aim,
    Choice,
    Question,
    Variation,
    animals_for,
    choices,
    least_effect,
    power_of,
)
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.numbers import SHARE, in_words, number
from webapp.downloads import csv_response, safe_stem
from webapp.requests import UserRequest
from webapp.results.shown_tests import unit_of

_USUAL = {"effect": -15.0, "power": 80.0, "cells": 3.0, "dendrites": 3.0, "animals": 6.0}
_VARIES = {
    "cv_animals": ("animals", "one animal's mean from another's"),
    "cv_cells": ("cells", "cells of one animal"),
    "cv_dendrites": ("dendrites", "dendrites of one cell"),
    "cv_responses": ("responses", "one animal's change from another's, where the same animals are seen twice"),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What was asked, and what answers it."""

    measure: str
    aim: Aim
    variation: Variation
    typed: tuple[str, ...]
    """Which of `_VARIES` were typed in, rather than measured."""
    own: MeasuredVariation | None
    at: int

    @property
    def animals(self) -> int | None:
        """A group, that reach the power; None: more than can be."""
        return animals_for(self.aim, self.variation)

    @property
    def is_paired(self) -> bool:
        """The same animals twice: there are no groups."""
        return self.aim.question is Question.PAIRED

    @property
    def choices(self) -> list[Choice]:
        """What more or fewer cells an animal buy."""
        return choices(self.aim, self.variation, self.at)

    @property
    def sentence(self) -> str:
        """The answer, with what it assumes."""
        found = self.animals
        size = f"{SHARE.value(abs(self.aim.effect))} % {'lower' if self.aim.effect < 0 else 'higher'}"
        if self.aim.question is Question.INTERACTION:
            size = f"{SHARE.value(abs(self.aim.effect))} % {'less' if self.aim.effect < 0 else 'more'} of an effect"
        asked = f"to find {self.measure} {size} in {SHARE.value(self.aim.power)} % of experiments (two-sided, 5 %)"
        with_ = f"{in_words(self.aim.cells, 'cell')} an animal and {in_words(self.aim.dendrites, 'dendrite')} a cell"
        if found is None:
            return f"More than {MOST_ANIMALS} animals a group would be needed {asked}, with {with_}."
        group = "" if self.is_paired else " a group"
        return f"{in_words(found, 'animal')}{group} are needed {asked}, with {with_}."

    @property
    def at_hand(self) -> str:
        """What the animals that there will be can find."""
        power = power_of(self.aim, self.variation, self.at)
        text = f"With {in_words(self.at, 'animal')} the power is {SHARE.value(power)} %"
        least = least_effect(self.aim, self.variation, self.at)
        if least is None:
            return f"{text}, and no effect is found with the power asked."
        return f"{text}; the smallest effect that they find with the power asked is {SHARE.value(least)} %."

    @property
    def if_animals_vary_more(self) -> str:
        """The answer at the upper end of what the spread of few animals may really be; empty for typed values."""
        interval = self.variation.animals_interval
        if interval is None or self.is_paired or "cv_animals" in self.typed:
            return ""
        given = vars(self.variation) | {"animals": min(interval.high, 10.0)}
        worst = animals_for(self.aim, Variation(**given))
        return (
            f"How much animals vary is known from few of them: it may be {SHARE.value(interval.low)} to "
            f"{SHARE.value(interval.high)} % (95 % interval). At its upper end "
            f"{in_words(worst, 'animal') if worst else f'more than {MOST_ANIMALS} animals'} a group are needed."
        )

    @property
    def assumptions(self) -> list[tuple[str, str, str]]:
        """What, its value, and where it comes from."""
        rows = [("question", str(self.aim.question), "chosen"), ("measure", self.measure, "chosen")]
        rows += [
            ("effect, % of the control", number(100 * self.aim.effect), "chosen"),
            ("power, %", number(100 * self.aim.power), "chosen"),
            ("level, two-sided, %", "5", "as the results page tests a primary measure"),
            ("cells an animal", str(self.aim.cells), "chosen"),
            ("dendrites a cell", str(self.aim.dendrites), "chosen"),
        ]
        of_own = f"measured in {in_words(self.own.animals, 'animal')} of this experiment" if self.own else "not known"
        for field, (name, words) in _VARIES.items():
            value = number(100 * getattr(self.variation, name))
            told = not self.own or getattr(self.own, f"knows_{name}", True)
            source = of_own if told else "not told apart in this experiment, so 0"
            rows.append((f"SD of {words}, % of the mean", value, "typed in" if field in self.typed else source))
        scale = "logarithms of ratios" if self.aim.is_ratio else "differences"
        rows.append(("scale of the test", scale, "as the results page compares this measure"))
        rows.append(("groups have equal numbers of animals and vary alike", "yes", "assumed"))
        return rows


@require_safe
@cache_control(private=True, no_cache=True)
def planning(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The form, prefilled from the experiment, and the answer."""
    experiment = get_experiment(request.user, experiment_id)
    measures = planned_measures(experiment) or {DENSITY: True}
    measure = _chosen(request.GET.get("measure", ""), measures)
    own = measured_variation(experiment, measure)
    plan, fault = None, ""
    try:
        plan = _plan(request.GET, measure, is_ratio=measures[measure], own=own)
    except InvalidInput as error:
        fault = error.sentence
    context: dict[str, Any] = {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "part": "design",
        "measures": list(measures),
        "measure": measure,
        "questions": list(Question),
        "asked": {name: request.GET.get(name, "") for name in ("question", *_USUAL, *_VARIES)},
        "usual": {name: number(value) for name, value in _USUAL.items()},
        "own": own,
        "own_mean": unit_of(measure).said(own.mean) if own else "",
        "varies": [
            (field, words, number(100 * getattr(own.variation, name)) if own else "", request.GET.get(field, ""))
            for field, (name, words) in _VARIES.items()
        ],
        "plan": plan,
        "fault": fault if request.GET else "",
        "query": request.GET.urlencode(),
    }
    return render(request, "designs/planning.html", context, status=422 if fault and request.GET else 200)


@require_safe
def planning_csv(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The plan with its assumptions."""
    experiment = get_experiment(request.user, experiment_id)
    measures = planned_measures(experiment) or {DENSITY: True}
    measure = _chosen(request.GET.get("measure", ""), measures)
    own = measured_variation(experiment, measure)
    plan = _plan(request.GET, measure, is_ratio=measures[measure], own=own)
    return csv_response(csv_lines(_rows(experiment, plan)), name=f"{safe_stem(experiment.name)}_plan.csv")


def _rows(experiment: Experiment, plan: Plan) -> Iterator[tuple[Any, ...]]:
    yield ("what", "value", "from")
    yield ("planned from the experiment", experiment.name, "")
    yield from plan.assumptions
    yield ("answer", plan.sentence, "noncentral t distribution")
    yield ("animals a group", plan.animals, "")
    yield ("at hand", plan.at_hand, "")
    if plan.if_animals_vary_more:
        yield ("if animals vary more", plan.if_animals_vary_more, "chi-squared distribution")
    for each in plan.choices:
        yield (f"animals a group with {each.cells} cells an animal", each.animals, "")
        yield (f"power with {plan.at} animals a group and {each.cells} cells an animal", each.power, "")


def _chosen(name: str, measures: dict[str, bool]) -> str:
    return name if name in measures else next(iter(measures))


def _plan(asked: QueryDict, measure: str, *, is_ratio: bool, own: MeasuredVariation | None) -> Plan:
    given = {name: _number(asked, name, usual) for name, usual in _USUAL.items()}
    typed = tuple(field for field in _VARIES if asked.get(field, "").strip())
    parts = {
        name: _number(asked, field, 100 * getattr(own.variation, name) if own else 0.0) / 100
        for field, (name, _) in _VARIES.items()
    }
    rests_on = own.variation.rests_on if own and "cv_animals" not in typed else None
    question = asked.get("question", "")
    if not 2 <= given["animals"] <= MOST_ANIMALS:
        raise InvalidInput(f"Give 2 to {MOST_ANIMALS} animals a group.")
    aim = Aim(
        question=Question(question) if question in set(Question) else Question.GROUPS,
        effect=given["effect"] / 100,
        power=given["power"] / 100,
        cells=int(given["cells"]),
        dendrites=int(given["dendrites"]),
        is_ratio=is_ratio,
    )
    if own is None and not typed:
        raise InvalidInput(
            "This experiment does not tell yet how much animals vary: give it below, from a publication or a pilot."
        )
    return Plan(
        measure=measure,
        aim=aim,
        variation=Variation(**parts, rests_on=rests_on),
        typed=typed,
        own=own,
        at=int(given["animals"]),
    )


def _number(asked: QueryDict, name: str, usual: float) -> float:
    text = asked.get(name, "").strip().replace(",", ".").replace("−", "-").removesuffix("%").strip()
    if not text:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or len(text) > 20:
        raise InvalidInput(f"“{text[:20]}” is no number. Give digits, such as 15 or 0.5.")
    return value
