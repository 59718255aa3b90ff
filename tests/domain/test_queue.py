"""Sending work: a broker that does not answer is one wait for who asked, however many rows there are."""

from __future__ import annotations

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from spines.background.queue import TaskName, enqueue

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_broker_that_hangs_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def hang(_name: str, *, args: tuple[int, ...], **_options: object) -> None:
        asked.extend(args)
        raise OperationalError("Timeout reading from socket")

    monkeypatch.setattr(current_app, "send_task", hang)
    with transaction.atomic():
        for number in range(80):
            enqueue(TaskName.ANALYSE_IMAGE, number)
    assert asked == [0]
