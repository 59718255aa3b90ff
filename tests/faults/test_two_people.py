"""Two people on one image for a whole minute, by script: nothing is lost, every conflict is said."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from spines.models import AuditEvent, Spine, User
from tests.factories import Study, finish, found, make_annotator, queue_analysis, upload
from tests.web.api_client import Api

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
MINUTE_S = 60.0
CLASSES = ["mushroom", "thin", "stubby", "filopodia", "cannot_say"]


class Person:
    """Works on an image, states what they saw, and looks again after every fourth act."""

    def __init__(self, user: User, image_id: int, seed: int) -> None:
        self.user, self.api, self.image_id, self.chance = user, Api(user), image_id, random.Random(seed)
        self.said: list[tuple[str, int, str]] = []
        self.refused: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.told_of_others = 0

    def work(self, until: float) -> None:
        turn = 0
        try:
            while time.monotonic() < until:
                if turn % 4 == 0:
                    seen = self.api.get(f"/images/{self.image_id}/review").json()
                    version, spines = seen["version"], seen["spines"]
                version = self.act(turn, self.chance.choice(spines), version)
                turn += 1
        except BaseException as error:  # noqa: BLE001 - told to the test
            self.faults.append(repr(error))
        finally:
            connection.close()

    def act(self, turn: int, spine: dict[str, Any], version: int) -> int:
        """Do one thing; the version to state next."""
        body: dict[str, Any] = {"version": version}
        if turn % 9 == 8:
            act = "undo"
            answer = self.api.post(f"/images/{self.image_id}/undo", body)
        elif turn % 13 == 12:
            act = "restore" if spine["rejected"] else "reject"
            answer = self.api.post(f"/spines/{spine['id']}/{act}", body)
        else:
            act, name = "class", self.chance.choice(CLASSES)
            body["spine_class"] = name
            answer = self.api.post(f"/spines/{spine['id']}/class", body)
        told = answer.json()
        if answer.status_code == 200:
            self.said.append((act, spine["id"], str(body.get("spine_class", ""))))
            self.told_of_others += bool(told["others"])
            return int(told["version"])
        if answer.status_code == 409:
            self.refused.append(told)
        else:
            self.faults.append(f"{act}: {answer.status_code} {told}")
        return version


def test_two_people_work_on_one_image_for_a_minute(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path, side_px=512)
    boxes = [found("thin", box_px=(10 + 48 * (at % 10), 10 + 80 * (at // 10), 12, 14)) for at in range(40)]
    finish(queue_analysis(study, [image]), [boxes])
    until = time.monotonic() + MINUTE_S
    people = [Person(user, image.pk, seed) for seed, user in enumerate((study.owner, make_annotator(study)))]
    threads = [Thread(target=person.work, args=(until,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [person.faults for person in people] == [[], []]

    stood: dict[int, dict[str, Any]] = {}
    acts: Counter[tuple[int, str]] = Counter()
    for event in AuditEvent.objects.filter(subject_type="spine", actor__in=[p.user for p in people]).order_by("pk"):
        before, after = event.details["before"], event.details["after"]
        assert event.subject_id is not None
        assert event.actor_id is not None
        if event.subject_id in stood:
            assert before == stood[event.subject_id], f"{event} saw something else than what stood there"
        stood[event.subject_id] = after
        acts[event.actor_id, event.action] += 1
    for pk, state in stood.items():
        spine = Spine.objects.get(pk=pk)
        held = (spine.reviewed_class, spine.rejected, spine.reviewed_by_id)
        assert held == (state["reviewed_class"], state["rejected"], state["reviewed_by"]), "nothing is lost"

    for person in people:
        undone = sum(act == "undo" for act, *_ in person.said)
        assert acts[person.user.pk, "review.undone"] == undone
        assert acts[person.user.pk, "spine.relabelled"] <= sum(act == "class" for act, *_ in person.said)
        assert len(person.said) > 20
        assert person.told_of_others, "what the other does elsewhere is told"
        stale = [told for told in person.refused if "changed since" in told["error"]]
        assert stale, "they met"
        assert all(told["changed"] for told in stale), "and each time were told what the other had done"
