"""Images in a bucket whose service dies, hangs or refuses: pages say so within seconds, and go on once it is back."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from spines.models import Image
from spines.storage import bucket
from tests.factories import Study, make_tiff, upload
from tests.s3_server import BUCKET, LocalS3
from tests.web.api_client import Api
from webapp.serve.embedded import free_port
from worker.waiting import not_working

pytestmark = pytest.mark.django_db(transaction=True)  # who probes the surroundings hangs up the database

AWAY = "The server's storage does not answer."


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalS3]:
    """The service, with all stored files in it."""
    monkeypatch.setattr(bucket, "ANSWER_S", 1)
    service = LocalS3(tmp_path / "s3", free_port())
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    place = {
        "BACKEND": "spines.storage.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": BUCKET,
            "location": "media",
            "endpoint_url": service.environment["AWS_S3_ENDPOINT_URL"],
            "file_overwrite": False,
        },
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": place}, MEDIA_ROOT=""):
        service.start()
        yield service
        if service.process is not None:
            service.process.send_signal(signal.SIGCONT)
        service.kill()


def test_a_service_that_dies_hangs_and_refuses(study: Study, tmp_path: Path, service: LocalS3) -> None:
    image = upload(study, tmp_path)
    client, api = Client(raise_request_exception=False), Api(study.owner)
    client.force_login(study.owner)
    picture = reverse("images:picture", args=[image.pk])
    first, second = make_tiff(tmp_path, "first.tif"), make_tiff(tmp_path, "second.tif")
    assert client.get(picture).status_code == 200
    assert api.upload(study.experiment, first).status_code == 201

    def is_away() -> None:
        began = time.monotonic()
        uploaded = api.upload(study.experiment, second)
        assert uploaded.status_code == 503, uploaded.content
        assert AWAY in uploaded.json()["error"]
        assert client.get(reverse("images:image", args=[image.pk])).status_code == 200, "the page needs no file"
        assert not_working() == AWAY
        assert time.monotonic() - began < 30

    service.kill()
    is_away()
    service.start()
    service.refuse(True)
    is_away()
    service.refuse(False)
    assert service.process is not None
    service.process.send_signal(signal.SIGSTOP)
    is_away()
    service.process.send_signal(signal.SIGCONT)
    assert not_working() is None
    assert api.upload(study.experiment, second).status_code == 201
    for each in Image.objects.all():
        assert default_storage.size(str(each.file.name)) > 0
    call_command("check_storage")
