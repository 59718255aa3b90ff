"""The data dictionary: every column of every table that a lab takes away, described once.

CSV headers, the table schemas of the package, its README and docs/exports.md are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from spines.export.columns import Column, Table, count, flag, key, moment, number, reference, text
from spines.export.comparison_dictionary import COMPARISON_TABLES
from spines.export.shared_columns import (
    CELL,
    MADE_BY,
    MEASURE_COLUMNS,
    PIXEL_SIZE,
    PLACE,
    UNCALIBRATED,
    counts,
    density_columns,
    totals,
)
from spines.imaging import Polarity
from spines.measure.rules import RULE_PRESETS
from spines.models import DendriteSource, PixelSizeSource, SpineSource
from spines.models.results import QUALITY_WORDS
from spines.selectors.results.standing import WHY
from spines.vocabulary.classes import DEFAULT, HEADED, NETWORK_KEYS, ClassSet
from spines.vocabulary.picture_grades import Grade
from spines.vocabulary.picture_scale import ScaleDoubt, ScaleSource

_CLASS_WORDS = ", ".join(NETWORK_KEYS)
_QUALITIES = "; ".join(f"{name}: {words}" for name, words in QUALITY_WORDS.items())
_HEADS = dict.fromkeys(HEADED, ", the head's width weighed in where a pixel size is stated")
_ADDED = "Empty where a person added the spine."


def _spines(classes: ClassSet) -> Table:
    return Table(
        name="spines",
        title="Spines",
        description="One row a dendritic spine that counts. Spines that a person rejected are no rows.",
        key="spine_id",
        references=(("image_id", "images"), ("dendrite_id", "dendrites"), ("animal_id", "animals")),
        columns=(
            key("spine_id", "spine"),
            *PLACE,
            *CELL,
            reference("image_id", "image", required=True),
            text("image", "File name of the image.", required=True),
            text("image_sha256", "SHA-256 of the image file.", required=True),
            PIXEL_SIZE,
            reference("dendrite_id", "dendrite"),
            Column(name="dendrite_number", type="integer", description="Of the dendrite within its image.", minimum=1),
            number("position_px", "From the dendrite's first point to the spine's base, along the dendrite.", "pixels"),
            number("position_um", f"The same. {UNCALIBRATED}", "µm"),
            Column(
                name="side",
                type="integer",
                description="1 right of the dendrite's direction as drawn, -1 left of it.",
                minimum=-1,
                maximum=1,
            ),
            number(
                "nearest_neighbour_um",
                "Along the dendrite to the nearest other spine that counts, whatever its class; empty where it has "
                "none.",
                "µm",
            ),
            count("spine_number", "Within the image, in reading order; then those that people added."),
            number("x_px", "Left edge of the spine's box, 0 at the picture's left edge.", "pixels", required=True),
            number("y_px", "Top edge of the spine's box, 0 at the picture's top edge.", "pixels", required=True),
            number("width_px", "Of the box.", "pixels", required=True),
            number("height_px", "Of the box.", "pixels", required=True),
            number("detection_score", f"The detector's confidence, 0 to 1. {_ADDED}", maximum=1),
            text(
                "spine_class",
                "The class that counts: the reviewed one, else that of an applied classifier from examples, else "
                "uncertain, else the network's. Uncertain, too, where a person could not say.",
                *classes.counted,
                required=True,
            ),
            text(
                "classed_by",
                "Who gave the class that counts: a person, a classifier that learnt from examples, or the network.",
                *("person", "examples", "network"),
                required=True,
            ),
            text("proposed_class", "What the applied classifier from examples says, whoever counts; else empty."),
            count(
                "examples_version",
                "The version of the applied classifier from examples that named it; else empty.",
                required=False,
            ),
            text("network_class", f"The network's likeliest class. {_ADDED}", *NETWORK_KEYS),
            text(
                "reviewed_class",
                "What a person said; empty where nobody did. cannot_say: they looked and could not tell the class.",
                *classes.answers,
            ),
            moment("reviewed_at", "When a person said so."),
            flag("reviewed", "A person named or accepted the class."),
            flag("corrected", "A person named another class than the network, or added the spine."),
            flag(
                "counted",
                "It enters counts, densities and means. The others sit on no dendrite of an image that has some.",
            ),
            flag("uncertain", "The probability of its class is below the classifier's limit."),
            *(
                number(f"p_{name}", f"The network's probability of {name}{_HEADS.get(name, '')}. {_ADDED}", maximum=1)
                for name in NETWORK_KEYS
            ),
            text(
                "quality",
                f"Whether the outline can be trusted, and why not; only then there are measures. {_QUALITIES}. Empty "
                "where it was not measured.",
                *QUALITY_WORDS,
            ),
            *MEASURE_COLUMNS,
            *(
                text(
                    f"rule_class_{preset}",
                    f"Class by the rules of {rules.name}, from the measures: a second opinion, no ground truth. Empty "
                    "without measures, and where the class cannot be told at the picture's blur.",
                    *NETWORK_KEYS,
                )
                for preset, rules in RULE_PRESETS.items()
            ),
            text("source", "Who found it: a network, or a person who added it.", *SpineSource.values, required=True),
            Column(
                name="kept_from_analysis_id",
                type="integer",
                description="The earlier analysis whose networks found it, where this row's analysis did not.",
                minimum=1,
            ),
            *MADE_BY,
        ),
    )


def _dendrites(classes: ClassSet) -> Table:
    return Table(
        name="dendrites",
        title="Dendrites",
        description="One row a dendrite, with the spines on it and their density. Spines on no dendrite are among "
        "the spines only.",
        key="dendrite_id",
        references=(("image_id", "images"), ("animal_id", "animals")),
        columns=(
            key("dendrite_id", "dendrite"),
            *PLACE,
            *CELL,
            reference("image_id", "image", required=True),
            text("image", "File name of the image.", required=True),
            PIXEL_SIZE,
            count("dendrite_number", "Within the image, the longest first; then those that people drew."),
            text("source", "Traced by the program, or drawn by a person.", *DendriteSource.values, required=True),
            flag("edited", "A person drew, extended or cut it."),
            number("length_px", "Arc length of its centreline.", "pixels", required=True),
            number("length_um", f"The same. {UNCALIBRATED}", "µm"),
            *counts("on the dendrite", classes),
            *density_columns(classes),
            *MADE_BY,
        ),
    )


def _images(classes: ClassSet) -> Table:
    return Table(
        name="images",
        title="Images",
        description="One row an analysed image, those that stand aside too: column counted.",
        key="image_id",
        columns=(
            key("image_id", "image"),
            *PLACE,
            *CELL,
            text("image", "File name.", required=True),
            text("folder", "Folder that it was uploaded with; empty for none."),
            text("image_sha256", "SHA-256 of the file.", required=True),
            count("width_px", "Pixels from left to right."),
            count("height_px", "Pixels from top to bottom."),
            PIXEL_SIZE,
            text("pixel_size_source", "Where the image's pixel size comes from.", *PixelSizeSource.values),
            count("channel", "Channel that was analysed, from 0.", required=False),
            text("projection", "How the planes of a stack became one picture; plane: one of them was used."),
            count("plane", "That plane, from 0.", required=False),
            text("polarity", "Of the neuron against its ground; dark on light was turned round.", *map(str, Polarity)),
            flag("counted", "In the other tables and in every total. One that is not stands aside, and is here alone."),
            text("stands_aside", "Why it counts nowhere; empty where it counts.", *map(str, WHY)),
            text("standing_reason", "What the person wrote who set it aside; else empty."),
            number("scale_pixel_um", "As which size its pixels were taken when the networks saw it.", "µm"),
            text("scale_source", "What that scale comes from.", *ScaleSource),
            number("scale_sureness", "How well the picture tells its scale, 0 to 1."),
            number("seen_pixel_um", "Pixel size that the picture looks like; no measure follows from it.", "µm"),
            text(
                "scale_doubt", "What was doubtful of its pixel size then; empty for nothing.", *filter(None, ScaleDoubt)
            ),
            number("unlikeness", "Distance from what the detector was trained on; the grade reads it."),
            Column(name="brightness", type="number", description="Mean grey value as analysed; empty: not kept."),
            number("noise", "Standard deviation of the noise as a part of the picture's contrast; empty: not kept."),
            text("grade", "How like the training pictures it is; empty where nobody told.", *Grade),
            moment("reviewed_at", "When a person called all boxes right; empty where nobody did."),
            moment("dendrites_edited_at", "When a person last changed the dendrites; empty where nobody did."),
            *totals(classes),
            *MADE_BY,
        ),
    )


def _cells(classes: ClassSet) -> Table:
    return Table(
        name="cells",
        title="Cells",
        description="One row a neuron with an analysed image. Spines and lengths are summed over all its images, then "
        "divided. Images of an animal whose neuron nobody named count as one neuron without a name.",
        key="cell_id",
        references=(("animal_id", "animals"),),
        columns=(
            key("cell_id", "neuron"),
            *PLACE,
            *(column for column in CELL if column.name != "cell_id"),
            count("images", "Analysed images."),
            *totals(classes),
        ),
    )


def _animals(classes: ClassSet) -> Table:
    return Table(
        name="animals",
        title="Animals",
        description="One row an animal with an analysed image: the unit of the statistics. Spines and lengths are "
        "summed over all its images, then divided.",
        key="animal_id",
        columns=(
            key("animal_id", "animal"),
            *(column for column in PLACE if column.name != "animal_id"),
            count("cells", "Neurons with an analysed image."),
            count("images", "Analysed images."),
            *totals(classes),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The five tables for one class set."""

    spines: Table
    dendrites: Table
    images: Table
    cells: Table
    animals: Table


@cache
def tables_of(classes: ClassSet) -> Tables:
    """The tables of experiments with this class set."""
    return Tables(
        spines=_spines(classes),
        dendrites=_dendrites(classes),
        images=_images(classes),
        cells=_cells(classes),
        animals=_animals(classes),
    )


_USUAL = tables_of(DEFAULT)
SPINES, DENDRITES, IMAGES, CELLS, ANIMALS = _USUAL.spines, _USUAL.dendrites, _USUAL.images, _USUAL.cells, _USUAL.animals
TABLES = (SPINES, DENDRITES, IMAGES, CELLS, ANIMALS, *COMPARISON_TABLES)
"""Those of the networks' classes, and of what was tested."""


def dictionary_markdown() -> str:
    """The tables as they stand in docs/exports.md."""
    parts = []
    for table in TABLES:
        parts += [f"### {table.name}.csv", "", table.description, "", "| column | type | unit | |", "|---|---|---|---|"]
        parts += [f"| `{c.name}` | {c.type} | {c.unit} | {c.description} |" for c in table.columns]
        parts.append("")
    return "\n".join(parts)
