"""Designed experiments: what a design asks, answers between and within animals, and where a model breaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from spines.statistics.design import AnimalFacts, Covariate, Design, DesignError, Factor, Spread, plain_design
from spines.statistics.designed import analyse, analyse_counts
from spines.statistics.effects import EffectKind, effects_of
from spines.statistics.types import Observation, SpineCount
from tests.domain.published_designs import estimate_of

GROUPS = ("WT veh", "WT drug", "KO veh", "KO drug")
TWO_BY_TWO = Design(
    factors=(Factor(name="genotype", levels=("WT", "KO")), Factor(name="treatment", levels=("veh", "drug"))),
    conditions={name: (name.split()[0], name.split()[1]) for name in GROUPS},
)


def _animals(values: dict[str, list[float]], *, prefix: bool = True) -> list[Observation]:
    return [
        Observation(condition=condition, animal=f"{condition if prefix else ''} {number}", value=value)
        for condition, of_condition in values.items()
        for number, value in enumerate(of_condition)
    ]


def test_a_two_by_two_asks_for_main_and_simple_effects_and_the_interaction() -> None:
    assert [(effect.label, effect.kind) for effect in effects_of(TWO_BY_TWO)] == [
        ("genotype: KO − WT", EffectKind.MAIN),
        ("treatment: drug − veh", EffectKind.MAIN),
        ("genotype: KO − WT, veh", EffectKind.SIMPLE),
        ("genotype: KO − WT, drug", EffectKind.SIMPLE),
        ("treatment: drug − veh, WT", EffectKind.SIMPLE),
        ("treatment: drug − veh, KO", EffectKind.SIMPLE),
        ("genotype × treatment", EffectKind.INTERACTION),
    ]
    assert effects_of(TWO_BY_TWO)[-1].weights == {"WT veh": 1, "WT drug": -1, "KO veh": -1, "KO drug": 1}


def test_what_lacks_a_condition_is_not_asked_for() -> None:
    three = replace(TWO_BY_TWO, conditions={n: levels for n, levels in TWO_BY_TWO.conditions.items() if n != "KO drug"})

    assert [effect.label for effect in effects_of(three)] == ["genotype: KO − WT, veh", "treatment: drug − veh, WT"]


def test_effects_between_animals_are_welchs_of_their_groups() -> None:
    random = np.random.default_rng(2)
    values = {name: random.normal(1, 0.1 + 0.2 * place, 4 + place).tolist() for place, name in enumerate(GROUPS)}

    test = analyse("length", _animals(values), TWO_BY_TWO)

    simple = ttest_ind(values["KO veh"], values["WT veh"], equal_var=False)
    assert test.effect("genotype: KO − WT, veh").p_value == pytest.approx(simple.pvalue)
    interaction = test.effect("genotype × treatment")
    means = {name: np.mean(of) for name, of in values.items()}
    expected = means["KO drug"] - means["KO veh"] - means["WT drug"] + means["WT veh"]
    assert interaction.value == pytest.approx(expected)
    error = np.sqrt(sum(np.var(of, ddof=1) / len(of) for of in values.values()))
    assert interaction.error == pytest.approx(error)
    assert interaction.permutation_p is None
    main = test.effect("genotype: KO − WT")
    assert main.error == pytest.approx(error / 2)
    assert main.permutation_p == pytest.approx(main.p_value, abs=0.15)
    # Two main effects are corrected together, four simple effects together, the interaction stands alone.
    assert interaction.p_corrected == interaction.p_value


def test_a_session_within_animals_and_a_genotype_between_them() -> None:
    names = ("WT before", "WT after", "KO before", "KO after")
    design = Design(
        factors=(
            Factor(name="genotype", levels=("WT", "KO")),
            Factor(name="session", levels=("before", "after"), within_animals=True),
        ),
        conditions={name: (name.split()[0], name.split()[1]) for name in names},
    )
    random = np.random.default_rng(5)
    animal = {genotype: random.normal(1, 0.5, 5) for genotype in ("WT", "KO")}
    values = {name: animal[name.split()[0]] + random.normal(0, 0.1, 5) for name in names}
    rows = [
        replace(row, animal=row.condition[:2] + row.animal[-1])
        for row in _animals({k: v.tolist() for k, v in values.items()})
    ]

    test = analyse("density", rows, design)

    change = {genotype: values[f"{genotype} after"] - values[f"{genotype} before"] for genotype in ("WT", "KO")}
    assert test.effect("genotype × session").p_value == pytest.approx(
        ttest_ind(change["KO"], change["WT"], equal_var=False).pvalue
    )
    assert test.effect("session: after − before, KO").p_value == pytest.approx(ttest_1samp(change["KO"], 0).pvalue)
    both = {g: (values[f"{g} after"] + values[f"{g} before"]) / 2 for g in ("WT", "KO")}
    assert test.effect("genotype: KO − WT").p_value == pytest.approx(
        ttest_ind(both["KO"], both["WT"], equal_var=False).pvalue
    )
    assert test.effect("genotype × session").permutation_p is not None
    # An animal without one of its sessions has no change, and counts in what it has.
    fewer = [row for row in rows if (row.animal, row.condition) != ("KO0", "KO after")]
    assert analyse("density", fewer, design).effect("session: after − before, KO").animals == 4
    assert analyse("density", fewer, design).effect("genotype: KO − WT, before").animals == 10


def test_a_covariate_is_taken_in_and_an_animal_without_it_left_out() -> None:
    random = np.random.default_rng(8)
    age = {f"{condition} {n}": float(random.uniform(40, 90)) for condition in "ab" for n in range(8)}
    rows = [
        Observation(condition=name[0], animal=name, value=0.02 * days + 0.1 * (name[0] == "b") + random.normal(0, 0.03))
        for name, days in age.items()
    ]
    design = replace(plain_design("ab"), covariates=(Covariate(name="age", unit="days"),))
    facts = {name: AnimalFacts(name=name, covariates={"age": days}) for name, days in age.items()}

    found = analyse("width", rows, design, facts=facts).effect("condition: b − a")
    without = analyse("width", rows, plain_design("ab")).effect("condition: b − a")
    common = analyse("width", rows, replace(design, spread=Spread.COMMON), facts=facts)

    assert found.value == pytest.approx(0.1, abs=0.05)
    assert found.p_value is not None
    assert without.p_value is not None
    assert found.p_value < 0.01 < without.p_value
    # One variance for all is the analysis of covariance.
    x = np.column_stack([[1.0] * 16, [row.condition == "b" for row in rows], [age[row.animal] for row in rows]]).astype(
        float
    )
    y = np.array([row.value for row in rows])
    beta, squares, *_ = np.linalg.lstsq(x, y, rcond=None)
    error = np.sqrt(squares[0] / 13 * np.linalg.inv(x.T @ x)[1, 1])
    assert estimate_of(common, "condition: b − a")[:2] == pytest.approx((beta[1], error))
    assert common.effect("condition: b − a").df == pytest.approx(13)
    del facts["a 0"]
    assert analyse("width", rows, design, facts=facts).effect("condition: b − a").animals == 15


def test_litters_are_no_animals() -> None:
    random = np.random.default_rng(4)
    litters = {f"{condition}{n}": random.normal(0, 0.3) for condition in "ab" for n in range(4)}
    rows = [
        Observation(condition=litter[0], animal=f"{litter} {pup}", value=1 + effect + random.normal(0, 0.02))
        for litter, effect in litters.items()
        for pup in range(4)
    ]
    facts = {row.animal: AnimalFacts(name=row.animal, litter=row.animal.split()[0]) for row in rows}

    design = replace(plain_design("ab"), has_litters=True)
    for spread in Spread:
        found = analyse("width", rows, replace(design, spread=spread), facts=facts).effect("condition: b − a")
        assert found.df is not None
        assert found.df < 7, "litters, not pups"


@pytest.mark.parametrize("spread", list(Spread))
def test_values_that_are_all_alike_have_an_answer(spread: Spread) -> None:
    rows = _animals({"a": [0.5] * 4, "b": [0.7] * 4})

    found = analyse("width", rows, replace(plain_design("ab"), spread=spread)).effect("condition: b − a")

    assert (found.p_value, found.interval) == (None, None)
    assert "all animals of each group have the same value" in found.no_p_because


@pytest.mark.parametrize("spread", list(Spread))
def test_a_group_of_two_animals_has_no_p_value(spread: Spread) -> None:
    rows = _animals({"a": [0.5, 0.6, 0.4], "b": [0.7, 0.8]})

    found = analyse("width", rows, replace(plain_design("ab"), spread=spread)).effect("condition: b − a")

    assert (found.p_value, found.animals) == (None, 5)
    assert found.no_p_because == "No p-value: fewer than 3 animals of b."


def test_an_animal_of_two_genotypes_is_refused() -> None:
    rows = [replace(row, animal="one") for row in _animals({name: [1.0] for name in GROUPS})]

    with pytest.raises(DesignError, match="stands in"):
        analyse("width", rows, TWO_BY_TWO)


def test_ratios_come_back_from_logarithms() -> None:
    values = {"a": [1.0, 2.0, 4.0], "b": [2.0, 4.0, 9.0]}

    found = analyse("index", _animals(values), plain_design("ab"), by_logs=True).effect("condition: b − a")

    logs = {name: np.log(of) for name, of in values.items()}
    expected = ttest_ind(logs["b"], logs["a"], equal_var=False)
    assert found.ratio == pytest.approx(np.exp(logs["b"].mean() - logs["a"].mean()))
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.ratio_interval == pytest.approx(tuple(np.exp(expected.confidence_interval())))


def test_densities_in_one_model_are_ratios_of_counts_over_lengths() -> None:
    random = np.random.default_rng(6)
    counts = [
        SpineCount(
            condition=condition,
            animal=f"{condition} {animal}",
            spines=int(random.poisson(40 * factor * of_animal)),
            length_um=40,
        )
        for condition, factor in (("a", 1.0), ("b", 1.5))
        for animal, of_animal in enumerate(np.exp(random.normal(0, 0.15, 8)))
        for _ in range(4)
    ]
    for spread in Spread:
        design = replace(plain_design("ab"), spread=spread)
        found = analyse_counts("density", counts, design).effect("condition: b − a")
        assert found.p_value is not None
        assert found.p_value < 0.01
        assert found.permutation_p is not None
    assert found.ratio == pytest.approx(1.5, rel=0.15)
    assert found.df is not None
    assert 10 < found.df < 25, "animals, not dendrites"


@pytest.mark.parametrize("spread", list(Spread))
def test_a_condition_without_a_spine_keeps_its_permutation(spread: Spread) -> None:
    counts = [
        SpineCount(condition=condition, animal=f"{condition} {n}", spines=spines, length_um=40)
        for condition, of_animals in (("a", [30, 50, 40, 44, 61]), ("b", [0] * 5))
        for n, spines in enumerate(of_animals)
    ]

    found = analyse_counts("density", counts, replace(plain_design("ab"), spread=spread)).effect("condition: b − a")

    assert (found.p_value, found.interval) == (None, None)
    assert "every animal has 0" in found.no_p_because
    assert found.permutation_p == pytest.approx(2 / 252)


def test_a_main_effect_within_animals_flips_signs_and_its_interaction_deals_animals_out() -> None:
    factors = (
        Factor(name="genotype", levels=("WT", "KO")),
        Factor(name="session", levels=("before", "after"), within_animals=True),
    )
    cells = {f"{g} {s}": (g, s) for g in ("WT", "KO") for s in ("before", "after")}
    design = Design(factors=factors, conditions=cells)
    drops = {"WT": (0.4, 0.5, 0.45), "KO": (0.42, 0.48, 0.5, 0.44)}
    rows = [
        Observation(condition=f"{genotype} {session}", animal=f"{genotype}{at}", value=1 - drop * (session == "after"))
        for genotype, of_genotype in drops.items()
        for at, drop in enumerate(of_genotype)
        for session in ("before", "after")
    ]

    test = analyse("density", rows, design)

    # Every animal drops: of 2⁷ ways to choose signs two are as extreme.
    assert test.effect("session: after − before").permutation_p == pytest.approx(2 / 128)
    interaction = test.effect("genotype × session").permutation_p
    assert interaction is not None
    assert interaction > 0.5
