"""The table in words, and the words for a methods section."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pytest

from spines.statistics.compare import Plan, compare_all
from spines.statistics.maturity import maturity_index, maturity_rows
from spines.statistics.methods import methods_text
from spines.statistics.reading import HELD_TO_MEAN, read_in_words
from spines.statistics.types import MeasureTest, Observation, SpineCount

CONDITIONS = ("control", "treated")
CLASSES = ("mushroom", "thin", "stubby", "filopodia")
SAME = {"control": (0.35, 0.4, 0.15, 0.1), "treated": (0.35, 0.4, 0.15, 0.1)}
MOVED = {"control": (0.30, 0.45, 0.15, 0.1), "treated": (0.50, 0.25, 0.15, 0.1)}


def _table(
    shares: Mapping[str, Sequence[float]], *, animals: int = 6, denser: float = 1.0, seed: int = 5
) -> list[MeasureTest]:
    """Density, maturity index and shares of four classes of a made experiment."""
    random = np.random.default_rng(seed)
    counts, rows, by_class = [], [], {name: list[Observation]() for name in CLASSES}
    for condition in CONDITIONS:
        for animal in (f"{condition} {number}" for number in range(animals)):
            expected = 60 * np.exp(random.normal(0, 0.05)) * (denser if condition == "treated" else 1)
            for _ in range(4):
                spines = int(random.poisson(expected))
                found = dict(zip(CLASSES, random.multinomial(spines, shares[condition]).tolist(), strict=True))
                counts.append(SpineCount(condition=condition, animal=animal, spines=spines, length_um=50))
                rows.append((condition, animal, found))
                for name, of_class in found.items():
                    by_class[name].append(
                        Observation(condition=condition, animal=animal, value=of_class / spines, weight=spines)
                    )
    measures = {f"share of {name}": by_class[name] for name in CLASSES}
    plan = Plan(families=dict.fromkeys(measures, "shares"), composition=tuple(measures))
    ratios = {"maturity index": maturity_rows(rows)}
    return compare_all(measures, CONDITIONS, counts={"density": counts}, ratios=ratios, plan=plan)


def _read(table: list[MeasureTest], uncertain_share: float | None = None) -> list[str]:
    return read_in_words(
        density=table[0],
        maturity=table[1],
        shares=dict(zip(CLASSES, table[2:], strict=True)),
        uncertain_share=uncertain_share,
    )


def test_what_differs_is_said_with_its_size_and_what_it_is_held_to_mean() -> None:
    table = _table(MOVED, denser=1.4)
    sentences = _read(table, uncertain_share=0.08)
    text = " ".join(sentences)

    assert sentences[0].startswith("Spine density was higher in treated than in control: ")
    ratio = table[0].pairs[0].ratio
    assert f"ratio {ratio:.2f}, 95 % interval" in sentences[0]
    assert "maturity index, (mushroom + stubby) / (thin + filopodia), was higher in treated" in text
    assert "The share of mushroom spines was higher in treated" in text
    assert "The share of thin spines was lower in treated" in text
    assert "The share of filopodia was" not in text
    assert HELD_TO_MEAN["mushroom"] in text
    assert HELD_TO_MEAN["thin"] in text
    assert HELD_TO_MEAN["filopodia"] not in text
    assert "8 % of the spines are of uncertain class" in text
    assert "p = 0 " not in text


def test_the_direction_follows_the_conditions() -> None:
    sentences = _read(_table({"control": MOVED["treated"], "treated": MOVED["control"]}, denser=0.6))

    assert sentences[0].startswith("Spine density was lower in treated than in control: ")
    assert any(sentence.startswith("The share of thin spines was higher in treated") for sentence in sentences)


def test_what_is_not_shown_is_not_called_the_same() -> None:
    sentences = _read(_table(SAME))
    text = " ".join(sentences)

    assert sentences[0].startswith("Spine density was not shown to differ: ")
    assert "any difference within the interval remains possible" in sentences[0]
    assert re.search(r"No class's share was shown to differ \(all shares together: p = \d\.\d+\)\. The largest", text)
    assert not any(meaning in text for meaning in HELD_TO_MEAN.values())
    assert not re.search(r"\b(higher|lower) in\b", text)


def test_what_differs_by_chance_among_many_comparisons_is_not_said_to_differ() -> None:
    table = _table(SAME, denser=1.4)
    (pair,) = table[0].pairs
    assert pair.p_value is not None
    assert pair.p_value < 0.05

    table[0] = replace(table[0], pairs=(replace(pair, p_holm=0.06),))

    assert _read(table)[0].startswith("Spine density was not shown to differ: ")


def test_without_a_test_the_numbers_stand_with_the_reason_once() -> None:
    sentences = _read(_table(MOVED, animals=2, denser=2))
    text = " ".join(sentences)

    assert re.match(
        r"Spine density was \d\.\d{3} per µm in treated \(mean of 2 animals\), \d\.\d{3} per µm", sentences[0]
    )
    assert text.count("With fewer than 3 animals in a group") == 1
    assert not re.search(r"p [=<]|higher|lower|shown to differ", text)


@pytest.mark.parametrize("shares", [SAME, MOVED])
def test_no_reading_is_a_diagnosis(shares: Mapping[str, Sequence[float]]) -> None:
    sentences = _read(_table(shares, denser=0.5))

    assert sentences[-1].endswith("are no diagnosis.")
    assert any("continuum" in sentence for sentence in sentences)
    assert not re.search(r"disease|patholog|prove|patient|because of", " ".join(sentences))


def test_an_uncalibrated_experiment_is_read_without_density() -> None:
    table = _table(MOVED)

    sentences = read_in_words(shares=dict(zip(CLASSES, table[2:], strict=True)))

    assert not any("density" in sentence or "maturity index" in sentence for sentence in sentences)
    assert read_in_words() == ["There are no two conditions to compare."]


def test_the_maturity_index_is_of_all_an_animals_spines() -> None:
    assert maturity_index({"mushroom": 6, "stubby": 2, "thin": 3, "filopodia": 1, "uncertain": 5}) == 2
    assert maturity_index({"mushroom": 6}) is None

    rows = maturity_rows(
        [
            ("control", "a", {"mushroom": 4, "thin": 1}),
            ("control", "a", {"stubby": 2, "filopodia": 2, "uncertain": 9}),
            ("treated", "a", {"mushroom": 3}),
        ]
    )

    assert [(row.condition, row.animal, row.spines) for row in rows] == [("control", "a", 9), ("treated", "a", 3)]
    # Half a spine on either side: an animal without an immature one has an index as well.
    assert [row.value for row in rows] == [6.5 / 3.5, 3.5 / 0.5]
    (none,) = maturity_rows([("control", "a", {"uncertain": 3})])
    assert np.isnan(none.value)


def test_the_methods_name_what_was_done_to_what() -> None:
    table = _table(MOVED, denser=1.4)
    text = methods_text(table)

    assert "Logarithms of animals, a variance for each condition: maturity index." in text.compared
    assert "Of maturity index logarithms were compared" in text.logarithms
    assert "(Holm 1979): shares (4)" in text.correction
    assert "(Shaffer 1986)" in text.correction
    assert (text.primary, text.paired) == ("", "")
    assert text.permutation.endswith("every possible way.")
    assert text.small_groups == ""
    assert f"scipy {version('scipy')}" in text.software
    for piece in (
        text.unit,
        text.model,
        text.compared,
        text.density,
        text.logarithms,
        text.effect_size,
        text.correction,
    ):
        assert piece in text.paragraph
    cited = set(re.findall(r"([A-Z]\w+)(?: et al\.| & \w+)? (?=\d{4})", text.paragraph))
    assert {"Lazic", "Paternoster", "Holm", "Haldane"} <= cited
    assert all(any(name in reference for reference in text.references) for name in cited)


def test_methods_leave_out_what_was_not_done() -> None:
    text = methods_text(_table(MOVED, animals=2))

    assert (text.model, text.density, text.effect_size, text.permutation, text.correction) == ("", "", "", "", "")
    assert "fewer than 3 animals" in text.small_groups
    assert "animal was the statistical unit" in text.paragraph
