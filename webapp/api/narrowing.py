"""Which results an address asks for: the filters of the results page, under the same names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spines.errors import InvalidInput
from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import networks_behind
from spines.vocabulary.own_classes import KEY_PATTERN, MOST_CLASSES
from webapp.api.fields import Asked, RowId

_Names = Annotated[list[str], Field(max_length=200)]
SpineClassName = Annotated[str, Field(pattern=f"^{KEY_PATTERN.pattern}$", max_length=30)]
"""A class of the experiment's class set, or uncertain."""


class ResultQuery(Asked):
    """Images to take in: those of these conditions, animals and networks; all where nothing is said."""

    condition: _Names = Field([], description="Name of a condition; may come several times.")
    animal: _Names = Field([], description="Name of an animal; may come several times.")
    detector: Annotated[list[RowId], Field(max_length=200)] = Field(
        [], description="Number of a detector version that made the results; may come several times."
    )
    classifier: Annotated[list[RowId], Field(max_length=200)] = Field(
        [], description="Number of a classifier version that made the results; may come several times."
    )


class CountedQuery(ResultQuery):
    """Spines to count, of those images."""

    score: float = Field(0, ge=0, le=1, description="Least detection score; spines that a person added pass.")
    probability: float = Field(
        0, ge=0, le=1, description="Least probability of the likeliest class; spines whose class a person named pass."
    )
    reviewed: Literal["yes", "no"] | None = Field(
        None, description="Whether a person named or accepted the class; all where nothing is said."
    )


class SpineQuery(CountedQuery):
    """Spines to list."""

    spine_class: list[SpineClassName] = Field(
        [], alias="class", max_length=MOST_CLASSES + 1, description="The class that counts; may come several times."
    )


def filters_of(asked: ResultQuery, experiment: Experiment) -> ResultFilters:
    """The filters, or an `InvalidInput` that names what the experiment does not have: a typo must not read as 0."""
    for what, names, known in (
        ("condition", asked.condition, experiment.conditions.values_list("name", flat=True)),
        ("animal", asked.animal, experiment.subjects.values_list("name", flat=True)),
    ):
        unknown = set(names) - set(known) if names else set()
        if unknown:
            raise InvalidInput(f"This experiment has no {what} named {min(unknown)[:80]}. Correct the name.")
    if isinstance(asked, SpineQuery) and (odd := set(asked.spine_class) - set(experiment.classes.counted)):
        raise InvalidInput(
            f"Spines of this experiment have no class {min(odd)}: {', '.join(experiment.classes.counted)} they have."
        )
    for kind, numbers in (("detector", asked.detector), ("classifier", asked.classifier)):
        strange = set(numbers) - set(networks_behind(experiment)[kind]) if numbers else set()
        if strange:
            raise InvalidInput(f"No {kind} numbered {min(strange)} made results here. Correct the number.")
    filters = ResultFilters(
        conditions=tuple(asked.condition),
        animals=tuple(asked.animal),
        detectors=tuple(asked.detector),
        classifiers=tuple(asked.classifier),
    )
    if not isinstance(asked, CountedQuery):
        return filters
    return ResultFilters(
        **vars(filters)
        | {
            "least_score": asked.score,
            "least_probability": asked.probability,
            "reviewed": None if asked.reviewed is None else asked.reviewed == "yes",
            "classes": tuple(asked.spine_class) if isinstance(asked, SpineQuery) else (),
        }
    )
