"""Sending work: a broker that does not answer is one wait for who asked, however many rows there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from spines.background.queue import TaskName, enqueue
from spines.services.analyses import jobs, starting
from spines.services.analyses.starting import start_analysis
from tests.factories import make_study, make_versions, upload
from tests.interleaving import Beside

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_broker_that_hangs_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def hang(_name: str, *, args: tuple[int, ...], **_options: object) -> None:
        asked.extend(args)
        raise OperationalError("Timeout reading from socket")

    def ask() -> None:
        with transaction.atomic():
            for number in range(80):
                enqueue(TaskName.ANALYSE_IMAGE, number)

    monkeypatch.setattr(current_app, "send_task", hang)
    Beside(ask).result()  # a thread of its own: it is that which leaves the broker alone for a while
    assert asked == [0]


def test_a_large_analysis_is_one_message_for_who_starts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study()
    make_versions()
    for _ in range(3):
        upload(study, tmp_path)
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, *, args, **_: sent.append((name, *args)))
    monkeypatch.setattr(starting, "MOST_SENT_AT_ONCE", 2)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    assert sent == [("spinula.send_images", analysis.pk)]
    assert jobs.send_queued(analysis.pk) == 3
    rows = analysis.images.order_by("pk").values_list("pk", flat=True)
    assert sent[1:] == [("spinula.analyse_image", pk) for pk in rows]
