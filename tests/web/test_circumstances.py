"""How conditions were taken, analysed and reviewed, beside what differs between them, on page, report and API."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, Spine
from tests.factories import Study, make_measured_study
from tests.web.api_client import Api
from tests.web.results_pages import address, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("undrawn")]


@pytest.fixture
def study() -> Study:
    return make_measured_study({"control": (0.9, 1.0, 1.1), "treated": (1.2, 1.5, 1.4)})


def of_condition(name: str) -> dict[str, str]:
    return {"analysis_image__image__cell__subject__condition__name": name}


def test_conditions_that_were_looked_at_alike_have_no_warning(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    page = words(client, address(study, "tests"))
    assert "Conditions were taken, analysed and reviewed alike" in page
    assert "Whose classes it rests on" not in page


def test_what_differs_is_said_beside_the_result_everywhere(client: Client, study: Study) -> None:
    Spine.objects.filter(**of_condition("treated")).update(reviewed_class="mushroom", final_class="mushroom")
    results = AnalysisImage.objects.filter(image__cell__subject__condition__name="treated")
    results.update(pixel_size_um=0.12, unlikeness=2.0, software_version="another", brightness=900, noise=0.06)
    AnalysisImage.objects.exclude(pk__in=results).update(unlikeness=1.0, brightness=500, noise=0.02)
    client.force_login(study.viewer)
    said = (
        "Share of spines whose class a person named differs: 100.0 % in treated and 0.0 % in control.",
        "Pixel size differs: 0.1200 µm in treated and 0.1000 µm in control.",
        "Distance from the training pictures differs: 2.000 in treated and 1.000 in control.",
        "Mean grey value differs: 900.0 in treated and 500.0 in control.",
        "Noise, of the contrast differs: 6.00 % in treated and 2.00 % in control.",
        "Version of Spinula differs: treated has another, control test.",
        "Share of uncertain spines differs",
    )
    page = words(client, address(study, "tests"))
    report = words(client, reverse("report:experiment", args=[study.experiment.pk]))
    checks = Api(study.viewer).get(f"/experiments/{study.experiment.pk}/comparison").json()["checks"]
    in_api = " ".join(check["sentence"] for check in checks)
    for sentence in said:
        assert sentence in page
        assert sentence in report
        assert sentence in in_api
    assert "Channel differs" not in page


def test_the_result_of_people_and_of_networks_stands_side_by_side(client: Client, study: Study) -> None:
    first = Spine.objects.filter(number__lte=6)
    first.update(reviewed_class="thin", final_class="thin")
    client.force_login(study.viewer)
    assert address(study, "opinions") in client.get(address(study, "tests")).content.decode()
    page = words(client, address(study, "opinions"))
    every, named = Spine.objects.count(), first.count()
    assert f"All spines ({every:,}) , as shown" in page
    assert f"Spines that people named ({named})" in page
    assert f"Spines by networks alone ({every - named:,})" in page
    asked = words(client, address(study, "opinions"), reviewed="yes")
    assert f"Spines that people named ({named}) , as shown" in asked
    first.update(reviewed_class="")
    assert "nothing to choose" in words(client, address(study, "opinions"))
    assert address(study, "opinions") not in client.get(address(study, "tests")).content.decode()
