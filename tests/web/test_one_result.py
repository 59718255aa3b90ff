"""One result: every number of the tests is the same on page, in words, report, PDF, API and CSV, in three designs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from csv import DictReader
from html import unescape
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from scipy.stats import ttest_1samp, ttest_ind

from spines.statistics.rows import linearised
from spines.vocabulary.numbers import DENDRITE_UM, INDEX, PER_UM, count, p_in_words, p_value
from tests.factories import Study, make_measured_study
from tests.web.api_client import Api
from tests.web.results_pages import address, csv_rows
from tests.web.test_report import pdf_of, words_of
from tests.web.three_designs import paired, square, two_groups
from webapp.results.shown_tests import unit_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("undrawn")]


def table_of(html: str, label: str) -> list[list[str]]:
    """The rows of a table's body, each cell's words."""
    table = re.search(rf'aria-label="{label}".*?</table>', html, re.DOTALL)
    assert table, label
    body = table[0].partition("<tbody>")[2]
    return [
        [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


def expected(measure: dict[str, Any], pair: dict[str, Any]) -> Iterator[str]:
    """What of a pair must stand wherever it is shown, as printed."""
    unit = unit_of(measure["measure"])
    groups = {group["condition"]: group for group in measure["groups"]}
    for name in (pair["first"], pair["second"]):
        group = groups[name]
        yield name
        yield " / ".join(count(group[key] or None) for key in ("animals", "cells", "dendrites", "spines"))
        yield unit.mean_sd(group["mean"], group["sd"])
    yield unit.mean(pair["difference"])
    if pair["p_value"] is None:
        return
    yield unit.between(*pair["difference_interval"])
    if measure["measure"].startswith(("density", "maturity")):
        yield f"× {INDEX.mean(pair['ratio'])} ({INDEX.between(*pair['ratio_interval'])})"
    yield INDEX.mean(pair["hedges_g"])
    yield INDEX.between(*pair["hedges_g_interval"])
    yield f"{p_value(pair['p_value'])} {p_value(pair['p_holm'])}"
    yield f"{p_value(pair['permutation_p'])} {p_value(pair['permutation_p_holm'])}"


def texts_of(html: str) -> list[str]:
    """Every paragraph, point, fact, heading and cell of the report, titles and words of its pictures apart."""
    article = html.partition("<article")[2].partition("</article")[0].replace(".</strong>", "</figcaption><figcaption>")
    found = re.findall(r"<(p|li|dt|dd|th|td|caption|figcaption|h1|h2)\b[^>]*>(.*?)</\1>", article, re.DOTALL)
    return [said for _, text in found if (said := words(text))]


def check_report_and_pdf(html: str, pdf: str) -> None:
    """Whatever the report's page says the PDF says, cell by cell, but for the minute at which it was made."""
    texts = texts_of(html)
    assert len(texts) > 300
    missing = [text for text in texts if compact(text) not in pdf]
    assert not [text for text in missing if not re.match(r"20\d\d-\d\d-\d\d \d\d:\d\d", text)]


def check_figures(client: Client, study: Study, report: str, api: dict[str, Any]) -> None:
    """Densities, counts and animals: results page, report, API."""
    page = client.get(address(study)).content.decode()
    shown, reported = table_of(page, "Density by condition"), table_of(report, "Density by condition")
    for figures, row, told in zip(api["conditions"], shown, reported, strict=True):
        density = PER_UM.mean_sd(figures["mean_spines_per_um"], figures["sd_spines_per_um"])
        um = DENDRITE_UM.value(figures["dendrite_length_um"])
        assert row[0] == told[0] == figures["condition"]
        assert [row[1], row[6]] == [told[1], told[2]] == [count(figures["animals_with_density"]), density]
        assert row[2:5] == [count(figures["dendrites"]), um, count(figures["spines_on_dendrites"])]
        assert [row[7].partition(" ±")[0], row[8]] == [told[4], told[5]]
    counted, in_report = table_of(page, "Results by condition"), table_of(report, "What was counted, by condition")
    for figures, row, told in zip(api["conditions"], counted, in_report, strict=True):
        animals, images, spines = (count(figures[key]) for key in ("animals", "images", "spines"))
        assert row[:4] == [figures["condition"], animals, images, spines]
        cells, um = count(figures["cells"]), DENDRITE_UM.value(figures["dendrite_length_um"])
        assert told == [figures["condition"], animals, cells, images, count(figures["dendrites"]), um, spines]
    one_each, by_animal = table_of(page, "Results by animal"), table_of(report, "By animal")
    for figures, row, told in zip(api["animals"], one_each, by_animal, strict=True):
        density = PER_UM.value(figures["spines_per_um"])
        assert row[:5] == [*told[:2], told[7], told[3], told[6]]
        assert told[:2] == [figures["animal"], figures["condition"]]
        assert [told[6], told[7]] == [count(figures["spines"]), density]


def check_files(client: Client, study: Study) -> None:
    """Images and animals: results page and the files of the package."""
    page = client.get(address(study)).content.decode()
    answer = client.get(reverse("exports:package", args=[study.experiment.pk]))
    with ZipFile(BytesIO(b"".join(answer))) as package:
        files = {
            name: list(DictReader(StringIO(package.read(f"{name}.csv").decode("utf-8-sig"))))
            for name in ("images", "animals")
        }
    for row, filed in zip(table_of(page, "Results by image"), files["images"], strict=True):
        density = PER_UM.value(float(filed["spines_per_um"]))
        assert row[:5] == [filed["image"], filed["animal"], filed["condition"], density, filed["spines"]]
    by_animal = {(row[0], row[1]): row for row in table_of(page, "Results by animal")}
    assert len(by_animal) == len(files["animals"])
    for filed in files["animals"]:
        row = by_animal[filed["animal"], filed["condition"]]
        assert row[2:5] == [PER_UM.value(float(filed["spines_per_um"])), filed["images"], filed["spines"]]


def check_effects(effects: list[dict[str, Any]], page: str, report: str, in_csv: list[dict[str, str]]) -> None:
    """Effects of every measure on the page, those of the primary one in the report, all of them in API and CSV."""
    assert [(row["measure"], row["effect"]) for row in in_csv] == [(e["measure"], e["effect"]) for e in effects]
    if not effects:
        assert "Effects of the design" not in page + report
        return
    first = [effect for effect in effects if effect["measure"] == "density"]
    others = [effect for effect in effects if effect["measure"] != "density"]
    rows = table_of(page, "Effects on the primary measure")
    for effect, shown, told in zip(first, rows, table_of(report, "Effects of the design"), strict=True):
        for said in said_of(effect):
            assert said in " ".join(shown)
            assert said in " ".join(told)
    for effect, shown in zip(others, table_of(page, "Effects on the other measures"), strict=True):
        for said in said_of(effect):
            assert said in " ".join(shown)
    for filed, effect in zip(in_csv, effects, strict=True):
        for name in ("value", "error", "df", "ratio", "t", "p_value", "p_corrected", "permutation_p"):
            assert filed[name] == ("" if effect[name] is None else f"{effect[name]:.6g}"), name
        for name, key in (("value", "interval"), ("ratio", "ratio_interval")):
            ends = effect[key] or (None, None)
            in_file = [filed[f"{name}_{end}_95"] for end in ("low", "high")]
            assert in_file == ["" if end is None else f"{end:.6g}" for end in ends]


def said_of(effect: dict[str, Any]) -> Iterator[str]:
    """What of an effect must stand wherever it is shown, as printed."""
    unit = unit_of(effect["measure"])
    yield effect["effect"]
    if effect["p_value"] is None:
        yield effect["no_p_because"]
        return
    if effect["ratio"] is None:
        yield f"{unit.mean(effect['value'])}"
        yield unit.between(*effect["interval"])
    else:
        yield f"× {INDEX.mean(effect['ratio'])}"
        yield INDEX.between(*effect["ratio_interval"])
    yield f"{p_value(effect['p_value'])} {p_value(effect['p_corrected'])}"
    if effect["permutation_p"] is not None:
        yield p_value(effect["permutation_p"])


def check_what_else(found: dict[str, Any], page: str, report: str) -> None:
    """What else could make a difference, what single animals do, what the detector's errors could."""
    shown = table_of(page, "How conditions were taken, analysed and reviewed")
    assert [row[0] for row in shown] == [check["name"] for check in found["checks"]]
    for check, row in zip(found["checks"], shown, strict=True):
        assert row[1:] == [check["by_condition"][name] for name in found["conditions"]]
        assert words(check["sentence"]) in words(report)
    of_animals = page.partition("What single animals do")[2].partition("</ul>")[0]
    told = [words(text) for text in re.findall(r"<li>(.*?)</li>", of_animals, re.DOTALL)]
    assert told
    assert all(sentence in words(report) for sentence in told)


@pytest.mark.parametrize("made", [two_groups, paired, square])
def test_every_number_is_the_same_everywhere(client: Client, made: Callable[[], Study]) -> None:
    study = made()
    client.force_login(study.owner)
    of_experiment = [study.experiment.pk]
    page = client.get(address(study, "tests")).content.decode()
    report = client.get(reverse("report:experiment", args=of_experiment)).content.decode()
    pdf = re.sub(r"Experiment·Spinula,[\d-]{10}page\d+", "", compact(words_of(pdf_of(client, study))))
    api = Api(study.owner)
    found = api.get(f"/experiments/{study.experiment.pk}/comparison").json()

    check_report_and_pdf(report, pdf)
    check_figures(client, study, report, api.get(f"/experiments/{study.experiment.pk}/results").json())
    check_files(client, study)
    check_effects(found["effects"], page, report, csv_rows(client, address(study, "effects_csv")))
    check_what_else(found, page, report)
    pairs = [(measure, pair) for measure in found["measures"] for pair in measure["pairs"]]
    on_page, in_report = table_of(page, "Tests between conditions"), table_of(report, "Conditions compared")
    in_csv = csv_rows(client, address(study, "tests_csv"))
    assert len(pairs) == len(on_page) == len(in_report) == len(in_csv) > 5
    for (measure, pair), shown, reported, filed in zip(pairs, on_page, in_report, in_csv, strict=True):
        assert shown[0].lower().startswith(measure["measure"].split(",")[0].lower())
        for said in expected(measure, pair):
            assert said in " ".join(shown), (measure["measure"], said)
            assert said in " ".join(reported), (measure["measure"], said)
            assert compact(said.split(" (")[0]) in pdf, (measure["measure"], said)
        assert (filed["measure"], filed["first"], filed["second"]) == (
            measure["measure"],
            pair["first"],
            pair["second"],
        )
        for name in ("difference", "ratio", "hedges_g", "t", "df", "p_value", "p_holm", "permutation_p"):
            assert filed[name] == ("" if pair[name] is None else f"{pair[name]:.6g}"), name
        for name in ("difference", "ratio", "hedges_g"):
            ends = pair[f"{name}_interval"] or ("", "")
            assert [filed[f"{name}_{end}_95"] for end in ("low", "high")] == [
                f"{end:.6g}" if end != "" else "" for end in ends
            ]

    reading = words(page.partition("The result in words")[2].partition("tests-title")[0])
    in_words = [sentence for sentence in found["sentences"] if re.search(r"\bp [=<]", sentence)]
    assert in_words
    for sentence in found["sentences"]:
        assert words(sentence) in reading
        assert compact(sentence) in compact(words(report))
        assert compact(sentence) in pdf
    printed = {p_in_words(pair["p_holm"]) for _, pair in pairs} | {p_in_words(p["composition_p"]) for _, p in pairs}
    printed |= {p_in_words(effect["p_corrected"]) for effect in found["effects"]}
    for sentence in in_words:
        assert set(re.findall(r"p [=<] [\d.]+\d", sentence)) <= printed


@pytest.mark.parametrize("made", [two_groups, paired])
def test_the_values_that_can_be_taken_away_repeat_the_tests(client: Client, made: Callable[[], Study]) -> None:
    """What refit.R does in R."""
    study = made()
    client.force_login(study.owner)
    values: dict[tuple[str, str], dict[str, float]] = {}
    for row in csv_rows(client, address(study, "values_csv")):
        values.setdefault((row["measure"], row["condition"]), {})[row["animal"]] = float(row["value"])
    repeated = 0
    for test in csv_rows(client, address(study, "tests_csv")):
        if not test["p_value"] or "logarithm" in test["model"]:
            continue
        first, second = (values[test["measure"], test[side]] for side in ("first", "second"))
        if test["is_paired"] == "true":
            both = [name for name in first if name in second]
            first, second = ({name: of[name] for name in both} for of in (first, second))
        x, y = ([*of.values()] for of in (second, first))
        if "densit" in test["model"]:
            x, y = linearised(x), linearised(y)
        if test["is_paired"] == "true":
            p = ttest_1samp([a - b for a, b in zip(x, y, strict=True)], 0).pvalue
        else:
            p = ttest_ind(x, y, equal_var=False).pvalue
        assert float(test["p_value"]) == pytest.approx(p, rel=1e-3)
        repeated += 1
    assert repeated > 5


def test_why_there_is_no_p_value_is_said_once(client: Client) -> None:
    study = make_measured_study({"control": (0.9, 1.0, 1.1), "pilot": (1.2, 1.5), "treated": (1.2, 1.4, 1.6)})
    client.force_login(study.owner)
    page = words(client.get(address(study, "tests")).content.decode())
    report = words(client.get(reverse("report:experiment", args=[study.experiment.pk])).content.decode())
    few = "With fewer than 3 animals in a group, differences between animals cannot be told"
    assert page.count(few) == 2  # in words, and under the table
    assert page.count("there are 2 animals of pilot.") == 2
    assert report.count(few) == 2
    assert report.count("there are 2 animals of pilot.") == 2
