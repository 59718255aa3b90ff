"""Giving images to people on the pages: the toolbar, home, the image's page, the lab's list."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import ImageTask, User
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db


def test_images_are_given_on_the_page_and_wait_on_home(
    client: Client, study: Study, annotator: User, tmp_path: Path
) -> None:
    image = upload(study, tmp_path)
    finish(queue_analysis(study, [image]), [[found()]])
    client.force_login(study.owner)
    page = client.get(reverse("experiments:images", args=[study.experiment.pk])).content.decode()
    assert f'<option value="{annotator.pk}">{annotator.username}</option>' in page
    assert study.viewer.username not in page.partition('id="ticked-person"')[2].partition("</select>")[0]
    sent = {"image": image.pk, "person": annotator.pk, "due_on": "2020-01-02", "task_note": "Dendrites too"}
    client.post(reverse("experiments:assign", args=[study.experiment.pk]), sent)
    lab = client.get(reverse("experiments:tasks", args=[study.lab.pk])).content.decode()
    for words in (annotator.username, "2 Jan 2020", "late", "Take back"):
        assert words in lab

    client.force_login(annotator)
    home = client.get(reverse("home:home")).content.decode()
    address = reverse("images:image", args=[image.pk])
    assert f'<a href="{address}">{study.experiment.name}</a>: 1 image to review' in home
    assert "Dendrites too" in home
    assert client.get(reverse("experiments:tasks", args=[study.lab.pk])).status_code == 403
    assert "This image is yours to review" in client.get(address).content.decode()
    assert client.post(reverse("images:present", args=[image.pk])).json() == {"others": []}
    client.post(reverse("experiments:task_done", args=[image.pk]))
    assert "Waits for you" not in client.get(reverse("home:home")).content.decode()
    assert ImageTask.objects.get().done_at is not None
    client.force_login(study.owner)
    assert client.post(reverse("images:present", args=[image.pk])).json() == {"others": [annotator.username]}
    client.post(reverse("experiments:take_back_tasks", args=[study.experiment.pk, annotator.pk]))
    assert ImageTask.objects.count() == 1, "what is done stays"
