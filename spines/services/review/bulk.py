"""Saying the same of many spines at once, and taking it back.

Each spine keeps an event of its own, so that its history and the undo on the page of its image go on as ever; the
events of one act share the act's id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from spines.errors import InvalidInput
from spines.models import AnalysisImage, AuditEvent, Experiment, Image, Spine, User
from spines.models.reader_studies import NO_SPINE
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.spine_states import put_back, state_of
from spines.services.review.answers import known_class
from spines.services.review.measured_change import change_and_measure
from spines.services.review.queue import ACCEPT, reviewed_experiment
from spines.services.review.result import plane_of
from spines.services.review.stated import Stated, done_before

MOST_AT_ONCE = 10_000
KEPT_FOR = timedelta(days=2)
"""So long an act can be taken back as one."""
_SAID = ("reviewed_class", "rejected", "reviewed_by_id", "reviewed_at")


@dataclass(frozen=True, kw_only=True)
class SaidOfMany:
    """Spines that were changed; how many were left: changed by somebody since, rejected, of no class to accept."""

    changed: Sequence[int] = ()
    stale: int = 0
    rejected: int = 0
    unsure: int = 0


@dataclass(frozen=True, kw_only=True)
class _Act:
    user: User
    experiment: Experiment
    action: str
    bulk: UUID
    stated: Stated
    answer: str = ""

    def said_now(self, spine: Spine) -> dict[str, Any]:
        """What is to stand of a spine."""
        if self.answer == NO_SPINE:
            return {"rejected": True}
        return {"reviewed_class": spine.shown_class if self.answer == ACCEPT else self.answer}


def say_of_many(
    *, user: User, experiment_id: int, spine_ids: Sequence[int], answer: str, bulk: UUID, stated: Stated
) -> SaidOfMany:
    """Give spines of an experiment a class, accept what stands, or reject them.

    Parameters
    ----------
    answer
        A class, `queue.ACCEPT`, or `NO_SPINE`. Of what the network is unsure no class is shown, so none is accepted.
        What is rejected moves measures of its neighbours: that takes up to a second an image, all others together some
        milliseconds a spine.
    bulk
        The id of the act, by which it is taken back. Several calls may share it.
    stated
        The newest event that the user has seen: what somebody changed since is left as it is, and counted.
    """
    experiment = reviewed_experiment(user, experiment_id)
    ids = sorted(set(spine_ids))
    if not ids or len(ids) > MOST_AT_ONCE:
        raise InvalidInput(f"Choose 1 to {MOST_AT_ONCE:,} spines.")
    action = {ACCEPT: said.ACCEPTED, NO_SPINE: said.REJECTED}.get(answer, said.RELABELLED)
    if action == said.RELABELLED:
        known_class(answer, Image(experiment=experiment))
    if done_before(user, stated, action):
        return SaidOfMany()
    act = _Act(user=user, experiment=experiment, action=action, bulk=bulk, stated=stated, answer=answer)
    if answer != NO_SPINE:
        with transaction.atomic():
            _lock(ids)
            return _say(act, _spines(experiment, ids))
    done = SaidOfMany()
    for result in AnalysisImage.objects.filter(
        spines__in=ids, is_current=True, image__experiment=experiment
    ).distinct():
        one: SaidOfMany = change_and_measure(
            user=user, seen=result, plane=plane_of(result), change=_rejecting(act, ids)
        )
        done = SaidOfMany(changed=[*done.changed, *one.changed], stale=done.stale + one.stale)
        if one.changed:
            act = replace(act, stated=Stated(version=stated.version))  # the first event alone carries the key
    return done


def _rejecting(act: _Act, ids: list[int]) -> Any:
    return lambda result: _say(act, _spines(act.experiment, ids).filter(analysis_image=result))


def _lock(ids: Iterable[int]) -> None:
    images = Image.objects.filter(results__spines__in=ids).values("pk")
    list(Image.objects.select_for_update().filter(pk__in=images).order_by("pk").values_list("pk"))


def _spines(experiment: Experiment, ids: Iterable[int]) -> QuerySet[Spine]:
    current = {"analysis_image__is_current": True, "analysis_image__image__experiment": experiment}
    return Spine.objects.filter(pk__in=ids, **current).order_by("pk")


def _say(act: _Act, spines: QuerySet[Spine]) -> SaidOfMany:
    """Under the lock of their images."""
    rows = list(spines)
    since = AuditEvent.objects.filter(subject_type="spine", subject_id__in=[spine.pk for spine in rows])
    stale = set(since.filter(pk__gt=act.stated.version or 0).values_list("subject_id", flat=True))
    if act.stated.version is None:
        stale = set()
    rejected = {spine.pk for spine in rows if spine.rejected} - stale
    unsure = {spine.pk for spine in rows if act.answer == ACCEPT and not spine.shown_class}
    unsure -= stale | rejected
    changed, told, at = [], [], timezone.now()
    for spine in rows:
        now = act.said_now(spine)
        if spine.pk in stale | rejected | unsure or all(getattr(spine, k) == v for k, v in now.items()):
            continue
        before = state_of(spine)
        for name, value in now.items():
            setattr(spine, name, value)
        spine.reviewed_by, spine.reviewed_at = act.user, at
        changed.append(spine)
        told.append(
            (spine, {"number": spine.number, "before": before, "after": state_of(spine), "bulk": str(act.bulk)})
        )
    _write(act, changed, told)
    ids = [spine.pk for spine in changed]
    return SaidOfMany(changed=ids, stale=len(stale), rejected=len(rejected), unsure=len(unsure))


def _write(act: _Act, changed: list[Spine], told: list[tuple[Any, dict[str, Any]]]) -> None:
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for spine in changed:
        alike[tuple(getattr(spine, name) for name in _SAID)].append(spine.pk)
    for values, ids in alike.items():  # a few: of many spines the same is said
        Spine.objects.filter(pk__in=ids).update(**dict(zip(_SAID, values, strict=True)))
    key = act.stated.key
    audit.record_many(actor=act.user, lab=act.experiment.lab, action=act.action, told=told, key=key)


def take_back_many(*, user: User, experiment_id: int, bulk: UUID) -> SaidOfMany:
    """Take back what the user said at once, of each spine of which nothing was said since; the rest is counted."""
    experiment = reviewed_experiment(user, experiment_id)
    events = _standing(user, experiment, bulk)
    by_result: dict[int, list[AuditEvent]] = defaultdict(list)
    of_spine = {event.subject_id: event for event in events}
    for pk, result in _spines(experiment, [pk for pk in of_spine if pk]).values_list("pk", "analysis_image"):
        by_result[result].append(of_spine[pk])
    act = _Act(user=user, experiment=experiment, action=said.UNDONE, bulk=bulk, stated=Stated())
    if all(event.action not in said.MOVES_MEASURES for event in events):
        with transaction.atomic():
            _lock(pk for pk in of_spine if pk)
            changed = _put_back(act, events)
    else:
        changed = []
        for row in AnalysisImage.objects.filter(pk__in=by_result, is_current=True):
            back = _putting_back(act, by_result[row.pk])
            changed += change_and_measure(user=user, seen=row, plane=plane_of(row), change=back)
    return SaidOfMany(changed=changed, stale=len(events) - len(changed))


def _standing(user: User, experiment: Experiment, bulk: UUID) -> list[AuditEvent]:
    """The events of an act that were not undone."""
    lately = AuditEvent.objects.filter(actor=user, lab=experiment.lab, at__gte=timezone.now() - KEPT_FOR)
    events = list(
        lately.filter(subject_type="spine", details__bulk=str(bulk)).exclude(action=said.UNDONE).order_by("pk")
    )
    undone = lately.filter(action=said.UNDONE, subject_type="spine").annotate(undoes=KT("details__undoes"))
    gone = set(undone.values_list("undoes", flat=True)) if events else set()
    return [event for event in events if str(event.pk) not in gone]


def _putting_back(act: _Act, events: list[AuditEvent]) -> Any:
    return lambda _result: _put_back(act, events)


def _put_back(act: _Act, events: list[AuditEvent]) -> list[int]:
    spines = _spines(act.experiment, [event.subject_id for event in events if event.subject_id]).in_bulk()
    changed, told = [], []
    for event in events:
        spine = spines.get(event.subject_id)
        before, after = event.details["before"], event.details["after"]
        if spine is None or state_of(spine) != after:
            continue
        put_back(spine, before)
        changed.append(spine)
        named = {"undoes": event.pk, "undone_action": event.action, "bulk": str(act.bulk)}
        told.append((spine, {"number": spine.number, **named, "before": after, "after": before}))
    _write(act, changed, told)
    return [spine.pk for spine in changed]
