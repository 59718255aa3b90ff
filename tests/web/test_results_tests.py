"""The table of tests and the result in words."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Spine
from tests.factories import make_measured_study
from tests.web.results_pages import address, csv_rows, text_of, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("undrawn")]

DIFFERENT = {"control": (0.9, 1.0, 1.1, 1.0), "treated": (1.5, 1.6, 1.7, 1.6)}


def test_every_measure_is_tested_with_its_counts(client: Client) -> None:
    study = make_measured_study(DIFFERENT)
    client.force_login(study.viewer)
    rows = {row["measure"]: row for row in csv_rows(client, address(study, "tests_csv"))}
    density = rows["density"]
    assert (density["first"], density["second"]) == ("control", "treated")
    assert [density[f"first_{name}"] for name in ("animals", "cells", "dendrites", "spines")] == ["4", "8", "16", "320"]
    assert float(density["difference"]) == pytest.approx(0.6, abs=0.01)
    assert float(density["p_value"]) < 0.05
    assert float(rows["head width, µm"]["difference"]) == pytest.approx(0.3, abs=0.01)
    assert {"density without filopodia", "share of mushroom", "length, µm", "area, µm²"} <= set(rows)
    text = words(client, address(study, "tests"))
    assert "4 / 8 / 16 / 320" in text
    assert "corrected by Holm's method for the comparisons of its family" in text
    assert "no diagnosis" in text


def test_the_result_in_words_comes_with_the_table(client: Client) -> None:
    study = make_measured_study(DIFFERENT)
    client.force_login(study.viewer)
    fragment = client.get(address(study, "tests"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert fragment.index("Tests between conditions") < fragment.index('id="reading" hx-swap-oob="true"')
    assert "Spine density was higher in treated than in control" in fragment
    assert "hx-get" in client.get(address(study)).content.decode()


def test_under_three_animals_there_is_a_sentence_and_no_p(client: Client) -> None:
    study = make_measured_study({"control": (0.9, 1.0), "treated": (1.5, 1.6, 1.7)})
    client.force_login(study.viewer)
    assert "there are 2 animals of control" in words(client, address(study, "tests"))
    rows = csv_rows(client, address(study, "tests_csv"))
    assert {row["p_value"] for row in rows} == {""}
    assert all("fewer than 3 animals" in row["no_p_because"] for row in rows)


def test_one_condition_has_nothing_to_be_compared_with(client: Client) -> None:
    study = make_measured_study({"control": (0.9, 1.0)})
    client.force_login(study.viewer)
    assert "There is one condition, control, and nothing to compare it with" in words(client, address(study, "tests"))
    assert csv_rows(client, address(study, "tests_csv")) == []
    assert "1.00" in text_of(client, study)


def test_kept_tests_follow_corrections_and_filters(client: Client) -> None:
    study = make_measured_study(DIFFERENT)
    client.force_login(study.viewer)

    def head_width(**query: str) -> float:
        rows = csv_rows(client, address(study, "tests_csv"), **query)
        return next(float(row["difference"]) for row in rows if row["measure"] == "head width, µm")

    assert head_width() == pytest.approx(0.3, abs=0.01)
    assert head_width() == head_width()
    Spine.objects.filter(final_class="mushroom", head_width_um__gt=0.7).update(rejected=True)
    assert head_width() != pytest.approx(0.3, abs=1e-4)
    assert "share of thin" in {
        row["measure"] for row in csv_rows(client, address(study, "tests_csv"), **{"class": "thin"})
    }


def test_page_reading_and_report_print_the_same_numbers(client: Client) -> None:
    study = make_measured_study(DIFFERENT)
    client.force_login(study.viewer)
    tests = words(client, address(study, "tests"))
    report = words(client, reverse("report:experiment", args=[study.experiment.pk]))
    row = re.search(r"(1\.000 ± [\d.]+) (1\.600 ± [\d.]+) (0\.600) (0\.\d+ to 0\.\d+) (× 1\.60 \([^)]+\))", tests)
    assert row is not None, tests
    first, second, difference, interval, ratio = row.groups()
    assert f"{first} {second} {difference} ({interval}) {ratio}" in report
    said = "1.600 per µm in treated (mean of 4 animals), 1.000 per µm in control (mean of 4 animals) (ratio "
    said += ratio.removeprefix("× ").replace("(", ", 95 % interval ").replace(" ,", ",").rstrip(")")
    assert said in tests
    assert said in report
    share = re.search(r"Share of mushroom % .*?((?:[\d.]+ ± [\d.]+ ){2}−?[\d.]+)", tests)
    assert share is not None
    assert share[1] in report
