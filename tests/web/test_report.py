"""The report of an experiment: page and PDF hold the same numbers, words and charts."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from spines.models import Experiment
from tests.factories import Study, add_dendrite, add_spines, current_row, make_measured_study, make_study, placed_image
from tests.work import done, file_of

pytestmark = pytest.mark.django_db


def page_of(client: Client, study: Study, query: str = "") -> str:
    """The page's words, one space between them, without pictures."""
    answer = client.get(reverse("report:experiment", args=[study.experiment.pk]) + query)
    assert answer.status_code == 200
    article = re.sub(r"<[^>]+>", " ", answer.content.decode().partition("<article")[2].partition("</article")[0])
    return re.sub(r"\s+", " ", unescape(article))


def pdf_of(client: Client, study: Study, query: str = "") -> PdfReader:
    asked = client.get(reverse("report:pdf", args=[study.experiment.pk]) + query)
    answer = client.get(file_of(done(asked.headers["Location"])))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    return PdfReader(io.BytesIO(b"".join(answer)))


def words_of(pdf: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pdf.pages))


def test_page_and_pdf_say_the_same(client: Client) -> None:
    study = make_measured_study()
    Experiment.objects.update(name="CA1 µ, α-actinin", hypothesis="More spines <when> treated & fed")
    client.force_login(study.owner)
    answer = client.get(reverse("report:experiment", args=[study.experiment.pk]))
    assert answer.content.count(b"data:image/svg+xml;base64,") == 6
    page, pdf = page_of(client, study), pdf_of(client, study)
    words = words_of(pdf)
    assert sum(len(sheet.images) for sheet in pdf.pages) == 6
    for heading in ("What was found", "Counts", "Charts", "Tests", "Methods", "Limits", "References", "Animals"):
        assert heading in page
        assert heading in words
    # 3 animals of 2 images of 2 dendrites of 20 µm; 18, 20 and 22 or 28, 30 and 32 spines on each dendrite.
    for said in (
        "More spines <when> treated & fed",
        "Spinula found 600 spines in 12 images of 6 animals, 600 of them on 480.0 µm of dendrite.",
        "1.000 ± 0.100",
        "1.500 ± 0.100",
        "0.1 µm, entered by hand for 12 images",
    ):
        assert said in page, said
        assert said in words, said
    for version in (study.experiment.analyses.get().detector, study.experiment.analyses.get().classifier):
        assert version.sha256 in page
        assert version.sha256 in words.replace(" ", "")
    assert pdf.metadata is not None
    assert pdf.metadata.title == "CA1 µ, α-actinin: report of dendritic spines"
    assert f"page {len(pdf.pages)}" in pdf.pages[-1].extract_text()


def test_the_table_of_tests_has_effects_and_n(client: Client) -> None:
    study = make_measured_study()
    client.force_login(study.viewer)
    page = page_of(client, study)
    row = re.search(
        r"Density, per µm control treated (3 / 6 / 12 / 240) (3 / 6 / 12 / 360) 1\.000 ± 0\.100 1\.500 ± 0\.100 "
        r"0\.500 \(0\.\d+ to 0\.\d+\) × ([\d.]+) \(([\d.]+) to ([\d.]+)\)",
        page,
    )
    assert row is not None, page
    ratio, low, high = map(float, row.groups()[2:])
    assert ratio == 1.5
    assert 1 < low < ratio < high
    assert "Holm 1979" in page


def test_two_animals_a_group_give_no_p_value_and_the_reason(client: Client) -> None:
    study = make_measured_study({"control": (0.9, 1.1), "treated": (1.5, 1.7)})
    client.force_login(study.viewer)
    page = page_of(client, study)
    assert "No p-value: there are 2 animals of control and 2 animals of treated." in page
    assert "p = " not in page


def test_without_a_pixel_size_nothing_is_in_um_and_the_report_says_so(client: Client) -> None:
    study = make_measured_study(pixel_size_um=None)
    client.force_login(study.viewer)
    page = page_of(client, study)
    assert "None of them had a pixel size, so nothing is given in µm." in page
    assert "There is no density to draw" in page
    assert "12 images had no pixel size" in page
    assert "Measures by condition" not in page
    assert "There is no density to draw" in words_of(pdf_of(client, study))


def test_filters_of_the_address_narrow_the_report_and_are_named(client: Client) -> None:
    study = make_measured_study()
    client.force_login(study.viewer)
    query = "?condition=treated&class=mushroom&score=0.5"
    words = words_of(pdf_of(client, study, query))
    assert "conditions treated; classes mushroom; detection score at least 0.5" in words
    assert "of 3 animals" in words
    assert "control-1" not in words
    assert client.get(reverse("report:pdf", args=[study.experiment.pk]) + "?condition=none").status_code == 422


def test_signs_that_the_font_lacks_are_said_to_be_missing_from_the_pdf_alone(client: Client) -> None:
    study = make_study()
    Experiment.objects.update(name="シナプス µ")
    client.force_login(study.viewer)
    assert "シナプス µ" in page_of(client, study)
    assert "4 signs are not in this document's font" in words_of(pdf_of(client, study))


def test_an_experiment_without_results_has_a_report_that_says_so(client: Client) -> None:
    study = make_study()
    client.force_login(study.viewer)
    for words in (page_of(client, study), words_of(pdf_of(client, study))):
        assert "Spinula found 0 spines in 0 images" in words
        assert "there is nothing to draw" in words


def test_says_what_people_corrected_and_drew(client: Client) -> None:
    study = make_study()
    result = current_row(study, placed_image(study, animal="A", condition="control"))
    dendrite = add_dendrite(result)
    result.dendrites.update(edited=True)
    add_spines(result, ["thin", "thin"], dendrite=dendrite)
    add_spines(result, ["stubby"], rejected=True)
    add_spines(result, ["mushroom"], apart=True)
    add_spines(result, ["mushroom"], dendrite=dendrite, reviewed_class="thin")
    client.force_login(study.viewer)
    page = page_of(client, study)
    assert "1 of 3 spines had their class confirmed or corrected by a person" in page
    assert "1 detection rejected" in page
    assert "1 traced, 1 of them changed by hand" in page
    assert "1 spine sat on no dendrite and entered no figure" in page


def test_owner_viewer_stranger_nobody(client: Client) -> None:
    study, stranger = make_study(), make_study().owner  # without images: only who may see it matters here
    for name in ("experiment", "pdf"):
        address = reverse(f"report:{name}", args=[study.experiment.pk])
        seen = 302 if name == "pdf" else 200
        for user, wanted in ((study.owner, seen), (study.viewer, seen), (stranger, 404), (None, 302)):
            client.logout()
            if user is not None:
                client.force_login(user)
            assert client.get(address).status_code == wanted, (name, user)
