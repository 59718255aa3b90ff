"""Columns that several tables of the data dictionary have."""

from __future__ import annotations

from collections.abc import Iterator

from spines.export.columns import Column, count, moment, number, reference, text
from spines.models import Sex
from spines.vocabulary.classes import LEFT_OUT, ClassSet
from spines.vocabulary.densities import UNIT, UNIT_PER_10_UM, Density, densities
from spines.vocabulary.measures import MEASURES

UNCALIBRATED = "Empty without a pixel size."

PLACE = (
    text("lab", "Name of the lab.", required=True),
    text("project", "Name of the project.", required=True),
    text("experiment", "Name of the experiment.", required=True),
    text("condition", "Treatment, genotype or age group of the animal; empty where it is not given."),
    reference("animal_id", "animal"),
    text("animal", "Name of the animal, the unit of the statistics; empty where it is not given."),
    text("sex", "Of the animal; empty where it is not given.", *Sex.values),
    Column(name="age_days", type="integer", description="Age of the animal.", unit="days", minimum=0),
    text("litter", "Litter, cage or batch of the animal; empty where it is not given."),
)
CELL = (
    Column(name="cell_id", type="integer", description="The neuron it belongs to; empty for none.", minimum=1),
    text("cell", "Name of the neuron; empty where nobody named it."),
)
PIXEL_SIZE = number("pixel_size_um", "Side of a pixel as it was analysed; empty where it is not known.", "µm")
MADE_BY = (
    Column(name="analysis_id", type="integer", description="The analysis that found it.", required=True, minimum=1),
    moment("analysed_at", "When that analysis finished this image."),
    text("detector", "Name of the network that finds spines.", required=True),
    text("detector_version", "Its version.", required=True),
    text("classifier", "Name of the network that tells classes.", required=True),
    text("classifier_version", "Its version.", required=True),
    text("software_version", "Version of Spinula that ran them, with its commit; empty where it was not kept."),
    Column(name="tracing_version", type="integer", description="Of the tracing of dendrites; empty: not kept, none."),
    Column(name="measures_version", type="integer", description="Of the formulas of measures; empty: not kept, none."),
    number("score_threshold", "Detection score from which on a box counts as a spine; empty: not known.", maximum=1),
)
MEASURE_COLUMNS = tuple(number(each.key, each.definition, each.unit.symbol) for each in MEASURES.values())


def counts(where: str, classes: ClassSet) -> tuple[Column, ...]:
    """Spines, those of each class and the uncertain; `where` says of which."""
    of_class = tuple(count(name, f"Of these, {name}.") for name in classes.keys)
    uncertain = count("uncertain", "Of these, uncertain: counted apart from the classes.")
    return (count("spines", f"Spines {where} that count: all classes, the rejected left out."), *of_class, uncertain)


def densities_of(classes: ClassSet) -> tuple[Density, ...]:
    """Every density of a table."""
    return densities(classes.counted, classes.standing_for(LEFT_OUT))


def density_columns(classes: ClassSet) -> Iterator[Column]:
    """Every density, for a micrometre and for ten."""
    for density in densities_of(classes):
        words = f"{density.words} on the dendrite over its length. {UNCALIBRATED}"
        yield number(density.column, words, UNIT)
        yield number(density.column_per_10_um, "The same for ten micrometres of dendrite.", UNIT_PER_10_UM)


def totals(classes: ClassSet) -> tuple[Column, ...]:
    """What is summed over dendrites."""
    return (
        count("dendrites", "Dendrites traced or drawn."),
        number("dendrite_length_um", f"Their length together. {UNCALIBRATED}", "µm"),
        *counts("found, whether they sit on a dendrite or not,", classes),
        count("spines_on_dendrites", "Spines that densities count: on a dendrite whose length in µm is known."),
        *density_columns(classes),
        count("measured_spines", "Spines whose outline is trusted and measured in µm: n of the means."),
        count("spines_with_neck", "Of these, with a neck: n of the mean neck length."),
        count("spines_with_neck_width", "Of these, with a neck bright enough for its width: n of the mean neck width."),
        *(
            Column(
                name=f"mean_{each.name}",
                type="number",
                description=f"Mean over measured spines. {each.description}",
                unit=each.unit,
                minimum=0,
            )
            for each in MEASURE_COLUMNS
        ),
    )
