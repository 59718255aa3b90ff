"""Images that people are given to review, and two people at one image."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import AuditEvent, Image, ImagePresence, ImageTask, Spine, User
from spines.selectors.images.tasks import images_waiting_for, images_waiting_in, open_task
from spines.selectors.review.state import version_of
from spines.services.images.presence import GONE_AFTER, note_presence
from spines.services.images.tasks import assign_images, finish_task, take_back_tasks
from spines.services.review import answers
from spines.services.review.stated import Stated
from tests.factories import Study, finish, found, make_annotator, make_study, queue_analysis, upload

DUE = date(2030, 1, 2)
CLASSES = ("mushroom", "thin", "stubby", "filopodia")


@pytest.fixture
def images(study: Study, tmp_path: Path) -> list[Image]:
    made = [upload(study, tmp_path, name) for name in ("b.tif", "a.tif", "c.tif")]
    finish(queue_analysis(study, made), [[found()], [found()], []])
    return made


@pytest.mark.django_db
def test_images_wait_for_whom_they_are_given_to_until_they_are_reviewed(
    study: Study, images: list[Image], annotator: User
) -> None:
    given: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk, "person_id": annotator.pk}
    ids = [image.pk for image in images]
    assert assign_images(**given, image_ids=ids, due_on=DUE, note="  dendrites   too ") == 3
    assert assign_images(**given, image_ids=ids[:1], due_on=DUE + timedelta(days=3)) == 0, "given twice, it is one task"
    (waiting,) = images_waiting_for(annotator, [study.lab])
    assert (waiting.waiting, waiting.due_on, waiting.notes) == (3, DUE, "dendrites too")
    assert waiting.first == images[1].pk, "by name"
    assert images_waiting_for(study.owner, [study.lab]) == []
    answers.mark_image_reviewed(user=study.owner, image_id=ids[1], reviewed=True)
    assert images_waiting_for(annotator, [study.lab])[0].waiting == 3, "of somebody else's mark it still waits"
    answers.mark_image_reviewed(user=annotator, image_id=ids[0], reviewed=True)
    assert finish_task(user=annotator, image_id=ids[1]) == 1
    (waiting,) = images_waiting_for(annotator, [study.lab])
    assert (waiting.waiting, waiting.first) == (1, ids[2])
    (row,) = images_waiting_in(study.lab)
    assert (row.person, row.waiting, row.done, row.is_late) == (annotator, 1, 2, False)
    assert open_task(images[2], annotator) == ImageTask.objects.get(done_at=None)
    ImageTask.objects.update(due_on=date(2020, 1, 1))
    assert images_waiting_in(study.lab)[0].is_late
    assert take_back_tasks(user=study.owner, experiment_id=study.experiment.pk, person_id=annotator.pk) == 1
    assert images_waiting_for(annotator, [study.lab]) == []
    assert AuditEvent.objects.filter(action__startswith="image").filter(action__contains="task").count() == 2


@pytest.mark.django_db
def test_who_may_give_images_and_to_whom(study: Study, images: list[Image], annotator: User) -> None:
    given: dict[str, Any] = {"experiment_id": study.experiment.pk, "image_ids": [images[0].pk]}
    with pytest.raises(NotAllowed):
        assign_images(user=annotator, person_id=annotator.pk, **given)
    for person in (study.viewer, make_study().owner):
        with pytest.raises(InvalidInput, match="annotator or a manager"):
            assign_images(user=study.owner, person_id=person.pk, **given)
    with pytest.raises(NotFound):
        finish_task(user=make_study().owner, image_id=images[0].pk)
    assert not ImageTask.objects.exists()


@pytest.mark.django_db
def test_who_is_at_an_image_is_told_and_forgotten(study: Study, images: list[Image], annotator: User) -> None:
    assert note_presence(user=annotator, image_id=images[0].pk) == []
    assert note_presence(user=study.owner, image_id=images[0].pk) == [annotator]
    assert note_presence(user=study.owner, image_id=images[1].pk) == []
    ImagePresence.objects.filter(user=annotator).update(seen_at=timezone.now() - GONE_AFTER - timedelta(seconds=1))
    assert note_presence(user=study.owner, image_id=images[0].pk) == []
    with pytest.raises(NotFound):
        note_presence(user=make_study().owner, image_id=images[0].pk)


@pytest.mark.django_db(transaction=True)
def test_two_who_work_on_one_image_at_once_lose_nothing_and_are_told_of_every_conflict(
    study: Study, tmp_path: Path
) -> None:
    image = upload(study, tmp_path, side_px=256)
    boxes = [found("thin", box_px=(10 + 24 * (at % 10), 10 + 40 * (at // 10), 12, 14)) for at in range(30)]
    finish(queue_analysis(study, [image]), [boxes])
    people = [study.owner, make_annotator(study)]
    spines = list(Spine.objects.order_by("number").values_list("pk", flat=True))
    taken: dict[int, list[tuple[int, str]]] = {person.pk: [] for person in people}
    refused: dict[int, list[str]] = {person.pk: [] for person in people}
    failures: list[BaseException] = []

    def work(person: User, seed: int) -> None:
        chance = random.Random(seed)
        try:
            result = image.results.get(is_current=True)
            version = version_of(result)
            for turn in range(60):
                spine, name = chance.choice(spines), chance.choice(CLASSES)
                if turn % 4 == 0:
                    version = version_of(result)  # the page has fetched what stands there now
                try:
                    answers.relabel(user=person, spine_id=spine, spine_class=name, stated=Stated(version=version))
                    taken[person.pk].append((spine, name))
                except Conflict as error:
                    refused[person.pk].append(error.sentence)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(person, seed)) for seed, person in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    events = AuditEvent.objects.filter(action="spine.relabelled").order_by("pk")
    last: dict[int, str] = {}
    for event in events:
        assert event.subject_id is not None
        assert event.details["before"]["reviewed_class"] == last.get(event.subject_id, ""), "each saw what was there"
        last[event.subject_id] = event.details["after"]["reviewed_class"]
    assert {s.pk: s.reviewed_class for s in Spine.objects.exclude(reviewed_class="")} == last, "nothing is lost"
    for person in people:
        written = [(e.subject_id, e.details["after"]["reviewed_class"]) for e in events if e.actor_id == person.pk]
        assert set(written) <= set(taken[person.pk])
        assert all("was changed since you saw it" in sentence for sentence in refused[person.pk])
    assert all(refused.values()), "both met what the other had changed"
