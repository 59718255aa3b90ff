"""The dictionary of what was tested: the values that conditions are compared by, the pairs, a design's effects."""

from __future__ import annotations

from spines.export.columns import Column, Table, count, flag, text
from spines.statistics.effects import EffectKind
from spines.statistics.types import ModelKind

_UNITS = "In the measure's unit; shares and their differences 0 to 1."


def _signed(name: str, description: str) -> Column:
    return Column(name=name, type="number", description=description)


def _interval(name: str, what: str, level: str = "95 %") -> tuple[Column, Column]:
    return (
        _signed(f"{name}_low_95", f"Lower end of the {level} interval of {what}; empty for none."),
        _signed(f"{name}_high_95", f"Upper end of the {level} interval of {what}; empty for none."),
    )


def _p(name: str, description: str) -> Column:
    return Column(name=name, type="number", description=description, minimum=0, maximum=1)


_MEASURE = text("measure", "What is compared: density, share of a class, a size with its unit.", required=True)
_FAMILY = text("family", "Its p-values are corrected together with those of this family; empty for a variant.")
_NO_P = text("no_p_because", "Why there is no p-value; empty where there is one.")


def _side(side: str) -> tuple[Column, ...]:
    return (
        count(f"{side}_animals", "Animals that have this measure."),
        count(f"{side}_cells", "Their neurons that have a name."),
        count(f"{side}_dendrites", "Dendrites that were measured."),
        count(f"{side}_spines", "Spines that were measured or counted; empty where it is not told.", required=False),
        _signed(f"{side}_mean", f"Mean of the animals, geometric for the maturity index. {_UNITS} Empty for none."),
        _signed(f"{side}_sd", "Standard deviation of the animals; empty below two."),
    )


TESTS = Table(
    name="tests",
    title="Pairs of conditions",
    description="One row a measure and pair of conditions: the tests of the results page, unrounded. Differences are "
    "the second less the first.",
    key="measure first second",
    columns=(
        _MEASURE,
        _FAMILY,
        text("model", "What was compared, and how; empty without a model.", *map(str, ModelKind)),
        text("first", "Condition.", required=True),
        text("second", "Condition.", required=True),
        flag("is_paired", "Animals are held against themselves."),
        *_side("first"),
        *_side("second"),
        _signed("difference", f"Second less first. {_UNITS} Empty for none."),
        *_interval("difference", "the difference"),
        _signed("ratio", "Second over first; empty for none."),
        *_interval("ratio", "the ratio"),
        _signed("hedges_g", "Effect size of animals; empty for none."),
        *_interval("hedges_g", "the effect size"),
        _signed("t", "Student's or Welch's t; empty without a model."),
        _signed("df", "Its degrees of freedom; empty without a model."),
        _p("p_value", "Of the model, of this comparison by itself; empty for none."),
        _p("p_holm", "The same corrected within its family; empty for none."),
        count("hypotheses", "How many are corrected together; empty without a corrected p.", required=False),
        _p("permutation_p", "Of the permutation test over animals; empty for none."),
        _p("permutation_p_holm", "The same corrected within its family; empty for none."),
        Column(name="permutation_is_exact", type="boolean", description="Every arrangement was made; empty for none."),
        _p("permutation_least_p", "The least that it can give with so many animals; empty for none."),
        _p("composition_p", "Of all class shares together, which are tested first; empty for none."),
        _NO_P,
        text("notes", "What a reader must know of this measure."),
    ),
)

EFFECTS = Table(
    name="effects",
    title="Effects of the stated design",
    description="One row a measure and effect: main effects, effects at one level of the others, interactions, trends. "
    "No rows where no design is stated or its pairs tell all.",
    key="measure effect",
    columns=(
        _MEASURE,
        text("effect", "Which levels of which factor, and where.", required=True),
        text("kind", "What kind of question.", *map(str, EffectKind), required=True),
        flag("is_within_animals", "Animals are held against themselves."),
        text("model", "What was compared, and how: the formula in R's notation where one model serves the design."),
        count("animals", "Animals that it rests on."),
        _signed(
            "value",
            f"The effect; of densities and the maturity index its logarithm; a trend is per unit of amount. {_UNITS}",
        ),
        _signed("error", "Its standard error; empty without a model."),
        _signed("df", "Degrees of freedom; empty without a model, or where they have no limit."),
        *_interval("value", "the effect"),
        _signed("ratio", "The effect as a ratio, of densities and the maturity index; else empty."),
        *_interval("ratio", "the ratio"),
        _signed("t", "Value over standard error; empty without a model."),
        _p("p_value", "Of this effect by itself; empty for none."),
        _p("p_corrected", "Corrected by Holm's method over the effects of its kind; empty for none."),
        _p("permutation_p", "Of the permutation test that the design admits; empty for none."),
        _NO_P,
    ),
)

CONTRASTS = Table(
    name="contrasts",
    title="What each effect weighs",
    description="One row an effect and condition: the effect is the sum of the conditions' means, each times its "
    "weight. Conditions of one group are of the same animals.",
    key="effect condition",
    columns=(
        text("effect", "As in effects.csv.", required=True),
        text("condition", "That it weighs.", required=True),
        text("group", "Levels of the factors between animals; empty where all factors are within them."),
        _signed("weight", "Of the condition's mean; of a trend per unit of amount."),
    ),
)

VALUES = Table(
    name="values",
    title="Values of animals",
    description="One row a measure, condition and animal: the numbers that tests and effects are made from. refit.R "
    "repeats tests and effects from them.",
    key="measure condition animal",
    columns=(
        _MEASURE,
        text("condition", "Of the animal.", required=True),
        text("animal", "Name of the animal; the same name is one animal.", required=True),
        _signed("value", f"Its one number. {_UNITS}"),
    ),
)

COMPARISON_TABLES = (TESTS, EFFECTS, CONTRASTS, VALUES)
