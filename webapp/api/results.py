"""What was found in an experiment: totals, conditions, animals. Counted by the database, as on the results page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field, create_model

from spines.access import get_experiment
from spines.selectors.results.counts import (
    UNPLACED,
    GroupCounts,
    by_animal,
    by_condition,
    grouped,
    tallies,
)
from spines.selectors.results.densities import ConditionDensity, densities
from spines.selectors.results.key_figures import findings_from
from spines.selectors.results.made_by import made_by, mixed_versions
from spines.selectors.results.measures import animal_measures
from spines.vocabulary.classes import LEFT_OUT
from spines.vocabulary.measures import MEASURES
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.api.narrowing import CountedQuery, filters_of
from webapp.requests import UserRequest

router = Router(tags=["Results"])


ClassCounts = Annotated[
    dict[str, Annotated[int, Field(ge=0)]],
    Field(
        description="Spines by the class that counts: the reviewed one, else uncertain, else the network's. Keys are "
        "the classes of the experiment's class set in its order, then uncertain."
    ),
]
ClassFigures = dict[str, float | None]
"""A figure for each class; null where it cannot be given."""


class Counts(Schema):
    """Of a group of images, all spines, dendrites and lengths summed and then divided."""

    images: int = Field(ge=0)
    animals: int = Field(ge=0)
    cells: int = Field(ge=0)
    spines: int = Field(ge=0, description="All classes; the rejected left out.")
    spines_by_class: ClassCounts
    share_by_class: ClassFigures = Field(
        description="Of the group's spines of certain class, 0 to 1; uncertain: of all. Null without one."
    )
    images_with_density: int = Field(ge=0, description="Images with a pixel size and a dendrite; densities are theirs.")
    dendrites: int = Field(ge=0, description="Of those images.")
    dendrite_length_um: float | None = Field(description="Of those dendrites together; null without one.")
    spines_on_dendrites: int = Field(ge=0, description="Spines on those dendrites: densities count them alone.")
    spines_per_um: float | None = Field(description="Those spines over that length; null without a length.")
    spines_per_um_by_class: ClassFigures = Field(description="The same for each class.")
    without_filopodia_per_um: float | None = Field(description=f"The same for all spines other than {LEFT_OUT}.")


class Total(Counts):
    """All images that the filters take in, and why some give no density."""

    reviewed_spines: int = Field(ge=0, description="Spines whose class a person named or accepted.")
    images_without_result: int = Field(ge=0, description="Of the whole experiment: not analysed yet.")
    images_without_pixel_size: int = Field(ge=0, description="No density: nobody gave a pixel size.")
    images_to_measure_again: int = Field(ge=0, description="No density: the pixel size came after the analysis.")
    images_without_dendrite: int = Field(ge=0, description="No density: no dendrite was found, though there is a size.")
    images_other_lab: int = Field(ge=0, description="Like another lab's than the detector was trained on; counted.")
    images_aside: int = Field(ge=0, description="Analysed but in none of these figures until a person admits them.")
    images_aside_by_reason: dict[str, int] = Field(
        description="The same by reason: other_kind (another kind of picture than the networks were trained on), "
        "no_neuron, set_aside (by a person)."
    )


class ConditionFigures(Counts):
    """A condition. The mean over its animals is what its density is: the animal is the unit."""

    condition: str | None = Field(description="Null: images that nobody placed in a condition.")
    animals_with_density: int = Field(ge=0, description="n of the mean and of the standard deviation.")
    mean_spines_per_um: float | None = Field(description="Mean of its animals' densities; null without an animal.")
    sd_spines_per_um: float | None = Field(description="Standard deviation of those; null below two animals.")


class MeasureMean(Schema):
    """A measure over the spines that carry it."""

    spines: int = Field(ge=0, description="n: spines whose outline is trusted, and that have what is measured.")
    mean: float | None = Field(description="Null where no spine carries it.")


class MeasureMeans(Schema):
    """Of an animal's spines; see the spines for what each measure is."""


if not TYPE_CHECKING:
    _FIELDS = dict.fromkeys(MEASURES, (MeasureMean, ...))
    MeasureMeans = create_model(
        "MeasureMeans", __base__=MeasureMeans, __module__=__name__, __doc__=MeasureMeans.__doc__, **_FIELDS
    )


class AnimalFigures(Counts):
    """An animal, over all its images."""

    condition: str | None
    animal: str | None = Field(description="Null: images that nobody placed; together they are no animal.")
    measures: MeasureMeans


class Results(Schema):
    """The figures of an experiment's latest results."""

    experiment_id: int
    total: Total
    conditions: list[ConditionFigures] = Field(description="In the order of every table and chart.")
    animals: list[AnimalFigures] = Field(description="By condition, then by name.")
    mixed_versions: list[str] = Field(
        description="Which versions of networks, program, tracing or formulas these results mix, a sentence each: a "
        "difference may be one of versions. Empty where all were made alike."
    )


def _counts(group: GroupCounts) -> dict[str, Any]:
    classes = group.by_class
    return {
        "images": group.images,
        "animals": group.animals,
        "cells": len(group.cell_ids),
        "spines": group.spines,
        "spines_by_class": classes,
        "share_by_class": {name: group.share(name) for name in classes},
        "images_with_density": group.images_with_density,
        "dendrites": group.dendrites,
        "dendrite_length_um": group.dendrite_um or None,
        "spines_on_dendrites": sum(group.on_dendrites.values()),
        "spines_per_um": group.per_um(),
        "spines_per_um_by_class": {name: group.per_um(name) for name in classes},
        "without_filopodia_per_um": group.per_um(*group.without_left_out),
    }


def _condition(group: GroupCounts, density: ConditionDensity | None) -> ConditionFigures:
    spread = density.per_um() if density else None
    return ConditionFigures(
        **_counts(group),
        condition=group.key[1],
        animals_with_density=spread.n if spread else 0,
        mean_spines_per_um=spread.mean if spread else None,
        sd_spines_per_um=spread.sd if spread else None,
    )


_NOT_MEASURED = {name: MeasureMean(spines=0, mean=None) for name in MEASURES}


@router.get(
    "/experiments/{int:experiment_id}/results",
    response=answers(404, 422, also={200: Results}),
    operation_id="get_results",
    summary="Get the figures of an experiment",
)
def show_results(request: UserRequest, experiment_id: PathId, narrowed: Query[CountedQuery]) -> Results:
    """Of each image the latest finished result counts. Densities are of images with a pixel size and a dendrite."""
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    rows = tallies(experiment, filters)
    findings = findings_from(rows, experiment, filters)
    whole = grouped(rows, lambda _: ())
    of_condition = {density.condition: density for density in densities(rows)}
    of_animal = {
        (each.condition, each.animal): {
            name: MeasureMean(spines=each.counts[name], mean=each.means[name]) for name in MEASURES
        }
        for each in animal_measures(experiment, filters)
    }
    return Results(
        experiment_id=experiment.pk,
        total=Total(
            **_counts(
                whole[0] if whole else GroupCounts(key=(), by_class=dict.fromkeys(experiment.classes.counted, 0))
            ),
            reviewed_spines=findings.reviewed,
            images_without_result=findings.images_without_result,
            images_without_pixel_size=findings.images_without_pixel_size,
            images_to_measure_again=findings.images_to_measure_again,
            images_without_dendrite=findings.images_without_dendrite,
            images_other_lab=findings.images_other_lab,
            images_aside=findings.aside.images,
            images_aside_by_reason=findings.aside.by_reason,
        ),
        conditions=[_condition(group, of_condition.get(group.key[1] or UNPLACED)) for group in by_condition(rows)],
        animals=[
            AnimalFigures(
                **_counts(group),
                condition=group.key[1],
                animal=group.key[2],
                measures=MeasureMeans(
                    **of_animal.get((group.key[1] or UNPLACED, group.key[2] or UNPLACED), _NOT_MEASURED)
                ),
            )
            for group in by_animal(rows)
        ],
        mixed_versions=mixed_versions(made_by(experiment, filters)),
    )
