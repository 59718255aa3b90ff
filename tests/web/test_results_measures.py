"""Densities, shapes, distributions and second opinions of the results page, on studies whose numbers are known."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Spine
from spines.vocabulary.measures import MEASURES
from tests.factories import Study, add_dendrite, add_spines, current_row, make_measured_study, make_study, placed_image
from tests.web.results_pages import address, csv_rows, figure_of, text_of, words
from webapp.results.charts import CHARTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(client: Client) -> Study:
    """Three control animals of 0.9, 1.0 and 1.1 spines a µm, three treated of 1.4, 1.5 and 1.6."""
    study = make_measured_study()
    client.force_login(study.viewer)
    return study


@pytest.fixture
def small(client: Client) -> Study:
    """One animal, one image: a dendrite of 50 µm with two mushrooms, a thin one and a filopodium; one spine on none."""
    study = make_study()
    result = current_row(study, placed_image(study, animal="A1", condition="control"))
    dendrite = add_dendrite(result, length_px=500)
    add_spines(result, ["mushroom", "mushroom", "thin", "filopodia"], dendrite=dendrite)
    add_spines(result, ["stubby"])
    client.force_login(study.viewer)
    return study


def test_an_animals_density_is_its_spines_on_dendrites_over_their_length(client: Client, small: Study) -> None:
    [row] = csv_rows(client, address(small, "figure_csv", "density"))
    assert (row["length_um"], row["spines"], row["spines_per_um"], row["spines_per_10_um"]) == (
        "50",
        "4",
        "0.08",
        "0.8",
    )
    Spine.objects.filter(dendrite=None).update(apart=True)
    text = text_of(client, small)
    assert "On 1 dendrite of 50.0 µm together sit 4 spines: 0.08 per µm" in text
    assert "control 1 1 50.0 4 1 0.080 0.80 0.060" in text  # …, on, apart, per µm, per 10 µm, without F
    assert "1 spine on no dendrite, listed apart: in no count, density, share or test" in text


def test_rejected_spines_leave_the_density(client: Client, small: Study) -> None:
    Spine.objects.filter(final_class="thin").update(rejected=True)
    [row] = csv_rows(client, address(small, "figure_csv", "density"))
    assert row["spines_per_um"] == "0.06"


def test_conditions_are_means_of_animals_with_their_interval(client: Client, measured: Study) -> None:
    assert "1.000 ± 0.100" in text_of(client, measured)
    drawn = figure_of(client, measured, "density")
    means = drawn["data"][-1]
    assert means["y"] == pytest.approx([1.0, 1.5])
    half = 0.2484  # t(2) · 0.1 / √3, on the scale of logarithms
    assert means["error_y"]["array"] == pytest.approx([m * (math.exp(half / m) - 1) for m in (1, 1.5)], abs=1e-3)
    assert means["error_y"]["arrayminus"] == pytest.approx([m * (1 - math.exp(-half / m)) for m in (1, 1.5)], abs=1e-3)
    animals = [trace["y"][0] for trace in drawn["data"] if trace.get("meta", {}).get("edge") == "ink"]
    assert animals == pytest.approx([0.9, 1.0, 1.1, 1.4, 1.5, 1.6])


def test_images_without_pixel_size_or_dendrite_are_told_and_left_out(client: Client, small: Study) -> None:
    bare = current_row(small, placed_image(small, animal="A2", condition="control", pixel_size_um=None))
    add_spines(bare, ["thin"] * 3, dendrite=add_dendrite(bare))
    current_row(small, placed_image(small, animal="A2", condition="control"))
    late = placed_image(small, animal="A2", condition="control", pixel_size_um=None)
    current_row(small, late)
    late.pixel_size_um, late.pixel_size_source = 0.1, "user"
    late.save()
    text = text_of(client, small)
    assert "1 of 4 images has no pixel size" in text
    assert "1 of 4 images got its pixel size after the analysis" in text
    assert "In 1 of 4 images no dendrite was traced" in text
    assert "together sit 4 spines: 0.08 per µm" in text
    link = reverse("experiments:images", args=[small.experiment.pk]) + "?show=no_pixel_size"
    assert f'href="{link}"' in client.get(address(small)).content.decode()


def test_without_any_pixel_size_charts_say_why_they_are_empty(client: Client) -> None:
    study = make_measured_study({"control": (1.0,)}, pixel_size_um=None)
    client.force_login(study.viewer)
    for chart in ("density", "superplot", "cumulative", "head-length", "spacing", "positions", "agreement"):
        drawn = figure_of(client, study, chart)
        assert drawn["data"] == []
        assert drawn["layout"]["meta"]["empty"]
        assert len(drawn["layout"]["meta"]["note"]) > 40
    assert "no pixel size" in words(client, address(study, "spines"))


def test_filters_choose_by_review_by_probability_and_by_network(client: Client, measured: Study) -> None:
    reviewed = list(Spine.objects.values_list("pk", flat=True)[:7])
    Spine.objects.filter(pk__in=reviewed).update(reviewed_class="thin", probabilities=[0.2, 0.1, 0.3, 0.4])
    assert "found 7 spines in 12 images" in text_of(client, measured, reviewed="yes")
    assert "found 593 spines" in text_of(client, measured, reviewed="no")
    assert "found 7 spines" in text_of(client, measured, probability=0.75)  # all others are 0.7 sure
    analysis = measured.experiment.analyses.get()
    networks = {"detector": analysis.detector_id, "classifier": analysis.classifier_id}
    assert "found 600 spines" in text_of(client, measured, **networks)


def test_the_address_keeps_filters_and_measure_for_every_chart(client: Client, measured: Study) -> None:
    page = client.get(
        address(measured), {"condition": "control", "reviewed": "no", "measure": "area_um2"}
    ).content.decode()
    assert page.count("?condition=control&amp;reviewed=no&amp;measure=area_um2") == 22
    assert '<option value="area_um2" selected>' in page


def test_a_superplot_draws_a_bounded_sample_and_means_of_all(client: Client) -> None:
    study = make_study()
    for animal, spines in (("A1", 1900), ("A2", 20)):
        result = current_row(study, placed_image(study, animal=animal, condition="control"))
        add_spines(result, ["thin"] * spines, dendrite=add_dendrite(result))
    client.force_login(study.viewer)
    drawn = figure_of(client, study, "superplot")
    points = {trace["name"]: len(trace["x"]) for trace in drawn["data"][:2]}
    assert points == {"A1": 1480, "A2": 20}
    assert "1,500 of 1,920 spines are drawn" in drawn["layout"]["meta"]["note"]
    assert figure_of(client, study, "superplot") == drawn
    rows = csv_rows(client, address(study, "figure_csv", "superplot"))
    assert [(r["animal"], r["spines"]) for r in rows if r["row_is"] == "animal mean"] == [("A1", "1900"), ("A2", "20")]


def test_a_measure_is_chosen_by_name_or_told(client: Client, measured: Study) -> None:
    page = client.get(address(measured)).content.decode()
    assert ">Head width, µm</option>" in page
    assert ">Area, µm²</option>" in page
    assert figure_of(client, measured, "superplot")["layout"]["yaxis"]["title"]["text"] == "head width, µm"
    neck = figure_of(client, measured, "superplot", measure="neck_width_um")
    assert "Necks narrower than the microscope resolves" in neck["layout"]["meta"]["note"]
    Spine.objects.update(neck_width_um=None)
    assert "None of these spines has a neck width" in str(
        figure_of(client, measured, "superplot", measure="neck_width_um")["layout"]["meta"]
    )
    assert client.get(address(measured, "figure", "superplot"), {"measure": "weight"}).status_code == 422


def test_cumulative_curves_rise_to_one_in_bounded_steps_animal_by_animal(client: Client, measured: Study) -> None:
    curves = figure_of(client, measured, "cumulative")["data"]
    assert len(curves) == 6 + 2
    for curve in curves:
        assert len(curve["x"]) <= 200
        assert all(a <= b for a, b in pairwise(curve["y"]))
        assert curve["y"][-1] == pytest.approx(1)
    means = [curve for curve in curves if curve["line"]["width"] == 3]
    assert [curve["name"] for curve in means] == ["control", "treated"]


def test_spacing_is_to_the_nearest_neighbour_on_the_same_dendrite(client: Client, small: Study) -> None:
    other = add_dendrite(current_row(small, placed_image(small, animal="A2", condition="control")), length_px=300)
    add_spines(other.analysis_image, ["thin"], dendrite=other)  # alone: no neighbour
    for spine, position_um in zip(Spine.objects.filter(dendrite__length_px=500)[:4], (5, 6, 10, 30), strict=True):
        Spine.objects.filter(pk=spine.pk).update(position_um=position_um)
    rows = csv_rows(client, address(small, "figure_csv", "spacing"))
    assert {(row["animal"], row["spines"]) for row in rows} == {("A1", "4")}
    assert {row["share_below"] for row in rows} == {"0.5", "0.75", "1"}  # 1, 1, 4 and 20 µm


def test_positions_are_paged_and_a_page_too_far_is_the_last(client: Client, small: Study) -> None:
    result = Spine.objects.first().analysis_image  # type: ignore[union-attr]
    for _ in range(64):
        add_dendrite(result, length_px=100)
    rows = csv_rows(client, address(small, "figure_csv", "positions"))
    assert len({row["dendrite"] for row in rows}) == 60
    assert [row["position_um"] for row in rows[:4]] == ["6.25", "18.75", "31.25", "43.75"]
    last = figure_of(client, small, "positions", dendrites=7)
    assert last["layout"]["meta"]["note"] == "Dendrites 61 to 65 of 65."
    assert "Page 1 of 2 Next dendrites" in text_of(client, small)
    assert "Previous dendrites Page 2 of 2" in text_of(client, small, dendrites=7)


def test_the_rules_class_is_a_second_opinion_with_kappa(client: Client, small: Study) -> None:
    Spine.objects.filter(dendrite=None).delete()
    counts = {
        (r["network_class"], r["rule_derived_class"]): int(r["spines"])
        for r in csv_rows(client, address(small, "figure_csv", "agreement"))
        if int(r["spines"])
    }
    assert counts == {("mushroom", "mushroom"): 2, ("thin", "mushroom"): 1, ("filopodia", "mushroom"): 1}
    small.lab.rule_preset = "golgi"  # of these spines it says the same as the network
    small.lab.save()
    note = figure_of(client, small, "agreement")["layout"]["meta"]["note"]
    assert "agree on 4 of 4 spines (100 %, κ 1.00)" in note
    assert "never ground truth" in note


def test_confidence_is_binned_by_the_database(client: Client, small: Study) -> None:
    rows = csv_rows(client, address(small, "figure_csv", "confidence"))
    assert {(r["confidence_of"], r["from"]) for r in rows} == {("score", "0.8"), ("probability", "0.7")}
    assert sum(int(r["spines"]) for r in rows if r["confidence_of"] == "score") == 5


def test_measures_stand_beside_classes_on_the_spines_page(client: Client, small: Study) -> None:
    Spine.objects.filter(final_class="thin").update(length_um=3.21)
    text = words(client, address(small, "spines"), sort="-length_um")
    assert text.index("3.21") < text.index("1.50")
    assert "on no dendrite" in text
    assert "never ground truth" in text
    for sort in ("dendrite", "-rule", "head_width_um", "-area_um2"):
        assert client.get(address(small, "spines"), {"sort": sort}).status_code == 200


def test_each_animals_measures_stand_in_a_table_and_what_has_none_is_counted(client: Client, small: Study) -> None:
    Spine.objects.filter(final_class="filopodia").update(quality="merged", **dict.fromkeys(MEASURES))
    text = words(client, address(small, "animal_shapes"))
    assert "A1 control 5 3 1.500 0.600 0.200 0.700 0.500 0.400" in text
    assert "runs together with a neighbour 1" in text
    assert "on no dendrite 1" in text


def test_analysed_images_without_a_spine_have_a_density_of_none(client: Client) -> None:
    study = make_study()
    add_dendrite(current_row(study, placed_image(study, animal="A1", condition="control")))
    client.force_login(study.viewer)
    [row] = csv_rows(client, address(study, "figure_csv", "density"))
    assert row["spines_per_um"] == "0"
    assert "found 0 spines in 1 image of 1 animal" in text_of(client, study)
    for chart in CHARTS:
        drawn = figure_of(client, study, chart)
        assert drawn["data"] or drawn["layout"]["meta"]["empty"]
