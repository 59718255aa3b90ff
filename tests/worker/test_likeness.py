"""An analysis keeps the likeness of its spines; work finds that of spines that have none."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile
from django.test import Client
from django.urls import reverse

from spines.models import Likeness, Spine
from spines.services.analyses import jobs
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.services.models.versions import promote
from spines.services.review.boxes import add_spine
from spines.statistics.likeness import as_numbers
from tests.factories import make_study, make_user
from tests.work import done
from tests.worker import tiny_networks
from tests.worker.test_model_files import stored
from worker import analysis
from worker.inference.card import load_classifier_card, load_detector_card

pytestmark = pytest.mark.django_db


def test_spines_are_read_once_by_the_analysis_or_by_work(
    client: Client, detector_folder: Path, classifier_folder: Path, tmp_path: Path
) -> None:
    study, admin = make_study(), make_user(staff=True)
    for card in (load_detector_card(detector_folder), load_classifier_card(classifier_folder)):
        promote(user=admin, version_id=stored(card).pk)
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, tiny_networks.plane_with_spines(128, 128, [(3, 2), (9, 11)]))
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    (row,) = start_analysis(user=study.owner, experiment_id=study.experiment.pk).images.all()
    job = jobs.claim(row.pk)
    assert job is not None
    analysis.analyse(job)
    assert Likeness.objects.count() == Spine.objects.count() == 2
    by_analysis = as_numbers([bytes(each.numbers) for each in Likeness.objects.order_by("spine")])
    Likeness.objects.first().delete()  # type: ignore[union-attr]
    add_spine(user=study.owner, image_id=image.pk, box_px=(30, 90, 12, 12), spine_class="stubby")
    client.force_login(study.owner)
    gallery = reverse("results:spines", args=[study.experiment.pk]) + "?as=gallery"
    assert b"2 spines of this experiment" in client.get(gallery).content
    asked = client.post(reverse("gallery:find_likeness", args=[study.experiment.pk]))
    work = done(asked.headers["Location"])
    assert (work.status, work.result) == ("done", {"images": 1, "unread": 0})
    assert Likeness.objects.count() == 3
    by_work = as_numbers([bytes(each.numbers) for each in Likeness.objects.order_by("spine")])
    assert by_work[:2] == pytest.approx(by_analysis, rel=0.01)
    assert client.get(asked.headers["Location"] + "progress/").headers["HX-Redirect"] == gallery
    assert b"cannot be put in order" not in client.get(gallery).content
