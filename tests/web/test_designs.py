"""The Design page and its API: who states, what is proposed, looked at, refused, and said on results and report."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import StatedDesign
from spines.selectors.designs.stated import current_design
from tests.factories import Study, current_row, make_annotator, make_measured_study, make_study, placed_image
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Three animals each of KO and WT, seen in this order."""
    study = make_study()
    for condition in ("KO", "WT"):
        for number in range(3):
            placed_image(study, animal=f"{condition}{number}", condition=condition)
    return study


def address(study: Study, name: str = "design") -> str:
    return reverse(f"designs:{name}", args=[study.experiment.pk])


def ids(study: Study) -> dict[str, int]:
    return dict(study.experiment.conditions.values_list("name", "pk"))


def form(study: Study, **changed: Any) -> dict[str, Any]:
    """What the proposed form sends for genotype KO, WT."""
    said: dict[str, Any] = {"seen": "", "factor-0-name": "genotype", "factor-0-control": "1", "state": "1"}
    for at, level in enumerate(("KO", "WT")):
        said |= {f"factor-0-level-{at}": level, f"factor-0-place-{at}": at + 1}
        said |= {f"condition-{ids(study)[level]}-0": at}
    return said | {"primary": "density", "direction": "is lower"} | changed


def names(study: Study) -> list[str]:
    return list(study.experiment.conditions.values_list("name", flat=True))


def test_members_see_it_annotators_state_it_and_strangers_find_nothing(client: Client, study: Study) -> None:
    people = (
        (study.viewer, 200, 403),
        (make_study("Another").owner, 404, 404),
        (make_annotator(study), 200, 302),
    )
    for user, sees, states in people:
        client.force_login(user)
        assert client.get(address(study)).status_code == sees
        assert client.post(address(study), form(study)).status_code == states
        rename = {"condition": ids(study)["KO"], "name": "KO"}
        assert client.post(address(study, "rename"), rename).status_code == states
    client.logout()
    assert client.get(address(study)).status_code == 302
    client.force_login(study.viewer)
    assert "State this design" not in client.get(address(study)).content.decode()


def test_a_design_is_proposed_looked_at_and_stated(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    page = client.get(address(study)).content.decode()
    assert "Nothing is stated yet" in page
    assert "Is WT the control of condition?" in page
    assert "WT and KO can be tested: 3 against 3 animals" in page
    looked = form(study)
    del looked["state"]
    page = client.post(address(study), looked | {"look": "1"}).content.decode()
    assert "WT and KO can be tested: 3 against 3 animals; a permutation cannot give less than p = 0.10" in page
    assert not StatedDesign.objects.exists()
    page = client.post(address(study), form(study), follow=True).content.decode()
    assert "genotype (WT, KO) between animals; control: WT" in page
    assert "Spine density is lower, named on" in page
    assert names(study) == ["WT", "KO"]


def test_what_is_wrong_is_said_on_the_page_and_the_form_keeps_what_was_written(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    for changed, sentence in (
        ({f"condition-{ids(study)['WT']}-0": "0"}, "both stand for KO"),
        ({"factor-0-level-1": "KO"}, "genotype has the level KO twice"),
        ({"factor-0-amount-0": "much"}, "which is no number"),
        ({"factor-0-amount-0": "1"}, "which is no number"),
        ({"primary": "beauty"}, "There is no measure beauty"),
        ({f"condition-{ids(study)['WT']}-0": ""}, "two conditions at least"),
    ):
        answer = client.post(address(study), form(study, **changed))
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert 'value="genotype"' in answer.content.decode()
    assert not StatedDesign.objects.exists()
    client.post(address(study), form(study))
    assert client.post(address(study), form(study, direction="differs")).status_code == 409


def test_factors_that_a_person_writes_are_laid_out_with_the_levels_that_the_names_tell(client: Client) -> None:
    study = make_study()
    for condition in ("WT_sal", "WT_drug", "KO_sal", "KO_drug", "other"):
        placed_image(study, animal=f"a{condition}", condition=condition)
    client.force_login(study.owner)
    page = client.get(address(study), {"factors": "genotype: WT, KO\ntreatment: sal, drug"})
    shown = {each.name: [at for _, at in each.levels] for each in page.context["shown_conditions"]}
    assert shown == {"WT_sal": [0, 0], "WT_drug": [0, 1], "KO_sal": [1, 0], "KO_drug": [1, 1], "other": [None, None]}
    assert "other (1 animal) stands in no cell of the design" in page.content.decode()
    refused = client.get(address(study), {"factors": "genotype WT KO"})
    assert refused.status_code == 422
    assert "names no factor" in refused.content.decode()


def test_an_experiment_without_two_conditions_says_what_to_do(client: Client) -> None:
    study = make_study()
    placed_image(study, animal="a", condition="only")
    client.force_login(study.owner)
    assert "A design needs two conditions" in client.get(address(study)).content.decode()


def test_conditions_are_renamed_and_merged_on_the_page(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    client.post(address(study), form(study))
    of = ids(study)
    page = client.post(address(study, "rename"), {"condition": of["KO"], "name": "knock-out"}, follow=True)
    assert "The condition is called knock-out now" in page.content.decode()
    assert client.post(address(study, "rename"), {"condition": of["KO"], "name": "WT"}).status_code == 409
    assert client.post(address(study, "merge"), {"into": of["KO"], "merged": ""}).status_code == 422
    page = client.post(address(study, "merge"), {"into": of["WT"], "merged": of["KO"]}, follow=True)
    assert "3 animals moved" in page.content.decode()
    assert "The design cannot stand with one condition less" in page.content.decode()
    assert names(study) == ["WT"]


def test_results_and_report_say_the_design_and_the_primary_measure_is_tested_by_itself(client: Client) -> None:
    study = make_measured_study({"KO": (0.30, 0.31, 0.29), "WT": (0.20, 0.22, 0.24)})
    client.force_login(study.owner)
    client.post(address(study), form(study))
    stated = current_design(study.experiment)
    assert stated
    assert stated.primary_after_results
    results = reverse("results:experiment", args=[study.experiment.pk])
    for page in (results, reverse("report:experiment", args=[study.experiment.pk])):
        text = client.get(page).content.decode()
        assert "genotype (WT, KO) between animals; control: WT" in text
        assert "Spine density is lower, named on" in text
        assert "after images were analysed" in text
    tests = client.get(reverse("results:tests", args=[study.experiment.pk])).content.decode()
    assert tests.index("WT<br>KO") > 0
    assert "primary measure" in tests


# ---- API


def body(**changed: Any) -> dict[str, Any]:
    return {
        "seen_design_id": None,
        "factors": [{"name": "genotype", "levels": ["KO", "WT"], "control": "WT"}],
        "cells": [{"condition": "WT", "levels": ["WT"]}, {"condition": "KO", "levels": ["KO"]}],
        "primary": {"measure": "density", "direction": "is lower"},
    } | changed


def test_a_program_reads_a_proposal_and_states_a_design(study: Study) -> None:
    api, path = Api(study.owner), f"/experiments/{study.experiment.pk}/design"
    said = api.get(path).json()
    assert said["stated"] is None
    assert said["proposed"]["questions"] == ["Is WT the control of condition?"]
    current_row(study, study.experiment.images.earliest("pk"))
    said = api.post(path, body()).json()
    assert [each["name"] for each in said["conditions"]] == ["WT", "KO"]
    assert said["stated"]["factors"][0]["levels"] == ["WT", "KO"]
    assert said["stated"]["primary"]["after_results"] is True
    assert said["proposed"] is None
    assert [(p["first"], p["second"], p["animals"], p["least_p"]) for p in said["pairs"]] == [("WT", "KO", [3, 3], 0.1)]
    assert api.get(path).json() == said


def test_the_api_refuses_with_sentences(study: Study) -> None:
    api, path = Api(study.owner), f"/experiments/{study.experiment.pk}"
    for said, sentence in (
        (body(cells=[{"condition": "X", "levels": ["WT"]}, {"condition": "KO", "levels": ["KO"]}]), "no condition X"),
        (body(cells=[{"condition": "KO", "levels": ["KO"]}] * 2), "stands in two cells"),
        (body(factors=[{"name": "genotype", "levels": ["KO", "KO"]}]), "twice"),
        (body(primary={"measure": "beauty"}), "no measure beauty"),
        (body(factors=[{"name": "genotype", "levels": ["KO", "WT"], "amounts": [1.0]}]), "one number a level"),
    ):
        answer = api.post(f"{path}/design", said)
        assert answer.status_code == 422
        assert sentence in answer.json()["error"]
    assert Api(study.viewer).post(f"{path}/design", body()).status_code == 403
    assert api.post(f"{path}/conditions/order", {"conditions": ["WT", "KO"]}).status_code == 200
    assert names(study) == ["WT", "KO"]
    assert api.post(f"{path}/design", body()).status_code == 200
    assert "meanwhile" in api.post(f"{path}/design", body(primary=None)).json()["error"]
    assert api.post(f"{path}/design", body(primary=None)).status_code == 409
    assert api.post(f"{path}/conditions/order", {"conditions": ["KO", "WT"]}).status_code == 409
    assert api.post(f"{path}/conditions/rename", {"condition": "KO", "name": "WT"}).status_code == 409
    assert api.post(f"{path}/conditions/rename", {"condition": "KO", "name": "null"}).status_code == 200
    assert names(study) == ["WT", "null"]
    assert api.post(f"{path}/conditions/merge", {"merged": "null", "into": "WT"}).json()["stated"] is None
    assert Api(make_study().owner).get(f"{path}/design").status_code == 404
