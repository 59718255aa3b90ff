"""What a promotion would change, tried on a sample of the images of those for whom it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import tifffile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from spines.errors import Conflict, NotAllowed, NotFound
from spines.models import AuditEvent, ModelVersion, Spine, Work
from spines.services.analyses import jobs
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.services.models.dry_run import Seen, ask_dry_run, spread, tally
from spines.services.models.versions import promote
from tests.factories import Study, make_annotator, make_study, make_user, make_versions
from tests.web.api_client import Api
from tests.web.results_pages import words
from tests.work import done
from tests.worker import tiny_networks
from tests.worker.test_model_files import stored
from worker import analysis
from worker.inference.card import load_classifier_card, load_detector_card


@pytest.fixture
def study() -> Study:
    return make_study()


def less_found(folder: Path) -> ModelVersion:
    """The tiny detector at a higher threshold, under another hash."""
    made = tiny_networks.write_detector(folder, name="strict", score_threshold=0.9)
    model = onnx.load(made / "model.onnx")
    model.doc_string = "another"
    content = model.SerializeToString()
    (made / "model.onnx").write_bytes(content)
    card = json.loads((made / "card.json").read_text()) | {"sha256": hashlib.sha256(content).hexdigest()}
    (made / "card.json").write_text(json.dumps(card))
    return stored(load_detector_card(made))


@pytest.fixture
def candidate(study: Study, detector_folder: Path, classifier_folder: Path, tmp_path: Path) -> ModelVersion:
    """Three images with two clear spines and two faint ones each are analysed; the candidate finds the clear ones."""
    admin = make_user(staff=True)
    for card in (load_detector_card(detector_folder), load_classifier_card(classifier_folder)):
        promote(user=admin, version_id=stored(card).pk)
    clear = tiny_networks.plane_with_spines(128, 128, [(3, 2), (9, 11)])
    faint = tiny_networks.plane_with_spines(128, 128, [(12, 3), (5, 8)], value=160)
    for n in range(3):
        path = tmp_path / f"{n}.tif"
        pixels = np.maximum(clear, faint)
        pixels[0, n] += 1  # the same content twice would be refused
        tifffile.imwrite(path, pixels)
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    for row in start_analysis(user=study.owner, experiment_id=study.experiment.pk).images.all():
        job = jobs.claim(row.pk)
        assert job is not None
        analysis.analyse(job)
    return less_found(tmp_path / "strict")


@pytest.mark.django_db(transaction=True)
def test_a_manager_sees_what_it_would_change_for_the_lab_and_then_promotes(
    client: Client, study: Study, candidate: ModelVersion
) -> None:
    before = Spine.objects.count()
    assert before == 12
    page, said = reverse("model_versions:promote", args=[candidate.pk]), f"lab-{study.lab.pk}"
    client.force_login(study.owner)
    assert "Not tried yet." in words(client, page, **{"for": said})
    asked = client.post(reverse("model_versions:dry_run", args=[candidate.pk]), {"for": said})
    assert asked.headers["Location"] == f"{page}?for={said}"
    work = Work.objects.get(kind="dry_run")
    assert "Waiting" in words(client, page, **{"for": said})
    work = done(reverse("work:work", args=[work.pk]))
    assert work.message == ""
    found = work.result
    assert (found["images"], found["of"], found["spines_before"], found["spines_after"]) == (3, 3, 12, 6)
    assert (found["kept"], found["reclassed"], found["unread"], found["labs"]) == (6, 0, 0, 1)
    assert sum(found["by_class_after"].values()) == 6
    assert Spine.objects.count() == before, "nothing is written"
    text = words(client, page, **{"for": said})
    assert "In 3 images, a sample of 3 analysed, tiny 1 finds 12 spines and strict 1 6" in text
    assert "6 are the same, 0 of them in another class; 6 are not found again and 0 are new" in text
    assert "No density can be told" in text
    assert client.get(reverse("work:progress", args=[work.pk])).headers["HX-Redirect"].endswith(f"{page}?for={said}")
    client.post(page, {"for": said, "reason": "fewer false ones", "dry_run": work.pk})
    assert AuditEvent.objects.get(action="model_version.chosen").details["dry_run"] == work.pk
    with pytest.raises(Conflict, match="nothing would change"):
        ask_dry_run(user=study.owner, version_id=candidate.pk, lab_id=study.lab.pk)


@pytest.mark.django_db(transaction=True)
def test_images_that_cannot_be_read_are_told_and_the_api_answers_the_same(
    study: Study, candidate: ModelVersion
) -> None:
    default_storage.delete(str(study.experiment.images.earliest("pk").file.name))
    asked = Api(study.owner).post(f"/experiments/{study.experiment.pk}/networks/dry-run", {"version_id": candidate.pk})
    assert asked.status_code == 202
    found = done(reverse("work:work", args=[asked.json()["id"]])).result
    assert (found["images"], found["looked_at"], found["unread"]) == (2, 3, 1)


@pytest.mark.django_db
def test_who_may_ask_for_it(study: Study) -> None:
    make_versions()
    other = ModelVersion.objects.create(kind="detector", name="o", version="1", sha256="c" * 64, path="x")
    with pytest.raises(Conflict, match=r"No image of .* was analysed yet"):
        ask_dry_run(user=study.owner, version_id=other.pk, lab_id=study.lab.pk)
    for user in (make_annotator(study), study.viewer):
        with pytest.raises(NotAllowed):
            ask_dry_run(user=user, version_id=other.pk, experiment_id=study.experiment.pk)
    with pytest.raises(NotFound):
        ask_dry_run(user=make_study().owner, version_id=other.pk, lab_id=study.lab.pk)
    with pytest.raises(NotAllowed):
        ask_dry_run(user=study.owner, version_id=other.pk)


def seen(*boxes: tuple[float, str], length_um: float | None = 10, aside: bool = False) -> Seen:
    """Boxes of 10 px at these places along x, with their classes."""
    return Seen(
        boxes_px=[(x, 0, 10, 10) for x, _ in boxes],
        classes=[each for _, each in boxes],
        length_um=length_um,
        aside=aside,
    )


def test_counts_densities_and_classes_before_and_after() -> None:
    found = tally(
        [
            (seen((0, "thin"), (50, "thin")), seen((1, "thin"), (52, "mushroom"), (90, "stubby"), length_um=20)),
            (seen((0, "thin"), length_um=None), seen((0, "thin"), length_um=None)),
            (seen((0, "thin")), seen(aside=True)),
        ]
    )
    assert (found["images"], found["aside_before"], found["aside_after"]) == (2, 0, 1)
    assert (found["spines_before"], found["spines_after"], found["kept"], found["reclassed"]) == (3, 4, 3, 1)
    assert (found["per_um_before"], found["per_um_after"]) == (0.2, 0.15)
    assert found["density_changes"] == [pytest.approx(-0.25)]
    assert found["by_class_after"] == {"thin": 2, "mushroom": 1, "stubby": 1}
    assert ["thin", "mushroom", 1] in found["transitions"]
    nothing = tally([(seen(), seen((0, "thin")))])
    assert (nothing["per_um_before"], nothing["density_changes"]) == (None, [])


def test_a_sample_is_spread_over_all() -> None:
    assert spread(list(range(100)), 4) == [12, 37, 62, 87]
    assert spread([5, 6], 4) == [5, 6]
    assert spread([], 4) == []
