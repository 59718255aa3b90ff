"""Long work: asked for once, claimed once, cancelled before it is written and not after, forgotten after a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from spines.background.progress import Stopped
from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import AuditEvent, Project, User, Work, WorkKind
from spines.services import claims
from spines.services.work import asking, jobs, kinds
from spines.services.work.jobs import WorkJob
from spines.services.work.kinds import Outcome, Task
from tests.factories import Study, make_annotator, make_study, make_user
from tests.interleaving import Beside
from worker.work import carry_out, do

pytestmark = pytest.mark.django_db

Act = Callable[[Task], Outcome]


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], None]:
    """Let something else be done for the kind TABLES."""
    return lambda act: monkeypatch.setitem(kinds._acts, "tables", act)


def asked(study: Study, user: User | None = None, **arguments: Any) -> Work:
    return asking.ask(user=user or study.viewer, kind=WorkKind.TABLES, arguments=arguments, experiment=study.experiment)


def claimed(work: Work) -> WorkJob:
    job = jobs.claim(work.pk)
    assert job is not None
    return job


def write_words(task: Task) -> Outcome:
    path = task.folder / "words"
    path.write_text("some words")
    return Outcome(file=path, file_name="words.txt", result={"words": 2})


def test_the_rule_is_the_same_for_all() -> None:
    assert not asking.takes_long(0.5)
    assert asking.takes_long(0.51)


def test_the_same_asked_twice_by_one_is_one_and_by_two_is_two(study: Study) -> None:
    first = asked(study, n=1)
    assert asked(study, n=1) == first
    assert asked(study, n=2) != first
    assert asked(study, study.owner, n=1) != first
    assert AuditEvent.objects.filter(action="work.asked").count() == 3
    asking.cancel(user=study.viewer, work_id=first.pk)
    assert asked(study, n=1) != first


@pytest.mark.django_db(transaction=True)
def test_the_same_asked_for_at_once_is_one(study: Study) -> None:
    at_once = [Beside(lambda: asked(study, n=1)) for _ in range(4)]
    assert len({each.result().pk for each in at_once}) == 1
    assert Work.objects.count() == 1


def test_it_is_claimed_once_and_its_file_kept(study: Study, acts: Callable[[Act], None]) -> None:
    acts(write_words)
    work = asked(study)
    job = claimed(work)
    assert jobs.claim(work.pk) is None
    carry_out(job)
    work.refresh_from_db()
    assert (work.status, work.file_name, work.result) == ("done", "words.txt", {"words": 2})
    assert work.file.read() == b"some words"
    with pytest.raises(Conflict, match="ended already"):
        asking.cancel(user=study.viewer, work_id=work.pk)


def test_a_failure_says_its_sentence_and_an_unknown_one_a_reference(study: Study, acts: Callable[[Act], None]) -> None:
    def refuse(task: Task) -> Outcome:
        raise InvalidInput("There is nothing to write. Analyse an image first.")

    def break_down(task: Task) -> Outcome:
        raise ZeroDivisionError

    acts(refuse)
    work = asked(study)
    carry_out(claimed(work))
    work.refresh_from_db()
    assert (work.status, work.message) == ("failed", "There is nothing to write. Analyse an image first.")
    acts(break_down)
    work = asked(study)
    carry_out(claimed(work))
    work.refresh_from_db()
    assert work.status == "failed"
    assert "Something unexpected went wrong. Ask for it again" in work.message


def test_who_lost_the_role_meanwhile_gets_nothing(study: Study) -> None:
    work = asking.ask(
        user=study.viewer,
        kind=WorkKind.TABLES,
        arguments={"experiment": study.experiment.pk, "filters": {}},
        experiment=study.experiment,
    )
    study.lab.memberships.filter(user=study.viewer).delete()
    carry_out(claimed(work))
    work.refresh_from_db()
    assert (work.status, bool(work.file)) == ("failed", False)
    assert "There is no experiment" in work.message
    other = asked(study, study.owner)
    study.owner.is_active = False
    study.owner.save()
    carry_out(claimed(other))
    other.refresh_from_db()
    assert "account that asked for this is gone" in other.message


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_act_is_stopped_at_its_next_step_and_leaves_nothing(
    study: Study, acts: Callable[[Act], None]
) -> None:
    told: list[int] = []

    def count(task: Task) -> Outcome:
        for n in range(10_000):
            if n == 3:
                asking.cancel(user=study.viewer, work_id=work.pk)
                assert not jobs.beat(job)
            told.append(n)
            task.progress.tell(n, 10_000, "Counting")
        return write_words(task)

    acts(count)
    work = asked(study)
    job = claimed(work)
    do(job)
    work.refresh_from_db()
    assert told == [0, 1, 2, 3]
    assert (work.status, bool(work.file), work.message) == ("cancelled", False, "")
    assert AuditEvent.objects.filter(action="work.cancelled", actor=study.viewer).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_watched_act_shows_how_far_it_is(study: Study, acts: Callable[[Act], None]) -> None:
    def step(task: Task) -> Outcome:
        task.progress.tell(7, 9, "Writing spines.csv")
        assert jobs.beat(job)
        row = Work.objects.get(pk=work.pk)
        assert (row.status, row.done, row.total, row.stage) == ("running", 7, 9, "Writing spines.csv")
        return Outcome()

    acts(step)
    work = asked(study)
    job = claimed(work)
    do(job)
    work.refresh_from_db()
    assert work.status == "done", work.message


def test_what_an_act_writes_and_that_it_is_done_are_one(study: Study, acts: Callable[[Act], None]) -> None:
    """Cancelled before it writes, nothing is written; afterwards it is done whatever becomes of the worker."""
    from django.db import transaction

    def write(task: Task) -> Outcome:
        with transaction.atomic():
            project = Project.objects.create(lab=study.lab, name="Made")
            task.progress.settle(row=project.pk)
        return Outcome()

    acts(write)
    work = asked(study)
    job = claimed(work)
    asking.cancel(user=study.owner, work_id=work.pk)
    carry_out(job)
    work.refresh_from_db()
    assert (work.status, Project.objects.filter(name="Made").exists()) == ("cancelled", False)
    work = asked(study)
    carry_out(claimed(work))
    work.refresh_from_db()
    assert (work.status, work.result) == ("done", {"row": Project.objects.get(name="Made").pk})


def test_who_may_cancel(study: Study) -> None:
    work = asked(study, study.owner)
    with pytest.raises(NotAllowed):
        asking.cancel(user=study.viewer, work_id=work.pk)
    for user in (make_study().owner, make_user(staff=True)):
        with pytest.raises(NotFound):
            asking.cancel(user=user, work_id=work.pk)
    asking.cancel(user=make_annotator(study), work_id=work.pk)
    of_none = asking.ask(user=study.owner, kind=WorkKind.TABLES, arguments={})
    with pytest.raises(NotFound):
        asking.cancel(user=study.viewer, work_id=of_none.pk)
    asking.cancel(user=make_user(staff=True), work_id=of_none.pk)


def test_silent_workers_lose_it_and_after_three_it_fails(study: Study) -> None:
    work = asked(study)
    for attempt in (1, 2, 3):
        job = claimed(work)
        Work.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1))
        assert jobs.requeue_stalled(queue_is_empty=False) == (attempt < 3)
        assert not jobs.beat(job)
        with pytest.raises(Stopped):
            job.tell(1, 2)
    work.refresh_from_db()
    assert work.status == "failed"
    assert "The worker stopped 3 times" in work.message


def test_a_file_that_came_along_goes_when_it_ends(study: Study, acts: Callable[[Act], None], tmp_path: Path) -> None:
    def read(task: Task) -> Outcome:
        assert task.given is not None
        return Outcome(result={"read": task.given.read_text()})

    (tmp_path / "set.zip").write_text("a set")
    acts(read)
    work = asking.ask(user=study.owner, kind=WorkKind.TABLES, arguments={}, given=tmp_path / "set.zip")
    stored = str(work.given.name)
    assert default_storage.exists(stored)
    carry_out(claimed(work))
    work.refresh_from_db()
    assert work.result == {"read": "a set"}
    assert not default_storage.exists(stored)


@pytest.mark.django_db(transaction=True)
def test_it_is_forgotten_with_its_file_after_a_week(study: Study, acts: Callable[[Act], None]) -> None:
    acts(write_words)
    work, waiting = asked(study), asked(study, study.owner)
    carry_out(claimed(work))
    work.refresh_from_db()
    assert jobs.forget_old() == 0
    Work.objects.filter(pk=work.pk).update(finished_at=timezone.now() - timedelta(days=7, minutes=1))
    assert jobs.forget_old() == 1
    assert not default_storage.exists(str(work.file.name))
    assert list(Work.objects.all()) == [waiting]
