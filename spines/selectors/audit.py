"""The audit trail as people read it: whose it is to read, what it is narrowed to, what it says in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from spines.access import get_lab, rates_blind_in, require_admin, require_role
from spines.models import AuditEvent, Role, User

OF_PEOPLE = ("user", "membership", "lab", "invitation", "apitoken", "second_factor")
"""What somebody reads of the trail who rates blind in an experiment: nothing that names an image or a condition."""
HEADER = ("at", "who", "lab", "door", "address", "action", "subject", "subject_id", "before", "after", "details")
_CHUNK = 2000


@dataclass(frozen=True, kw_only=True)
class AuditFilters:
    """What the trail is narrowed to. Empty: all."""

    who: str = ""
    about: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None


def trail_for(user: User, lab_id: int | None) -> QuerySet[AuditEvent]:
    """A lab's trail, for its managers; without a lab everything, for administrators. Newest first.

    Who rates blind in one of its experiments reads of people alone: the rest names images and conditions.
    """
    if lab_id is None:
        require_admin(user)
        lab, events = None, AuditEvent.objects.order_by("-pk")
    else:
        lab = get_lab(user, lab_id)
        require_role(user, lab, Role.MANAGER)
        events = AuditEvent.objects.filter(lab_id=lab.pk).order_by("-pk")
    return events.filter(subject_type__in=OF_PEOPLE) if rates_blind_in(user, lab) else events


def narrowed(events: QuerySet[AuditEvent], filters: AuditFilters) -> QuerySet[AuditEvent]:
    """The events that pass. `text` is looked for in the kind of act and in what was and is."""
    if filters.who:
        events = events.filter(actor_name__icontains=filters.who)
    if filters.about:
        events = events.filter(Q(subject_type=filters.about) | Q(action__startswith=f"{filters.about}."))
    if filters.text:
        events = events.annotate(said=Cast("details", TextField())).filter(
            Q(said__icontains=filters.text) | Q(action__icontains=filters.text) | Q(address=filters.text)
        )
    if filters.since:
        events = events.filter(at__date__gte=filters.since)
    if filters.until:
        events = events.filter(at__date__lte=filters.until)
    return events


def kinds_of(events: QuerySet[AuditEvent]) -> list[str]:
    """What the trail tells of, for a choice."""
    return sorted(events.order_by().values_list("subject_type", flat=True).distinct())


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing of an event: a field, what it was and what it is; or, with `was` None, what was said."""

    name: str
    was: str | None
    now: str


def in_words(action: str) -> str:
    """The kind of an act.

    >>> in_words("lab.lets_train_set"), in_words("membership.row_changed")
    ('lab: lets train set', 'membership: row changed')
    """
    about, _, what = action.partition(".")
    return f"{about.replace('_', ' ')}: {what.replace('_', ' ')}"


def said_in(event: AuditEvent) -> list[Said]:
    """What was and what is, field by field, then what else was said."""
    details = dict(event.details)
    before, after = details.pop("before", None), details.pop("after", None)
    rows: list[Said] = []
    if isinstance(before, dict) or isinstance(after, dict):
        was, now = before or {}, after or {}
        names = [name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name)]
        rows = [Said(name=name, was=_text(was.get(name)), now=_text(now.get(name))) for name in names]
    elif before is not None or after is not None:
        rows = [Said(name="", was=_text(before), now=_text(after))]
    return rows + [Said(name=name, was=None, now=_text(value)) for name, value in details.items()]


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(each)}" for name, each in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def trail_rows(events: QuerySet[AuditEvent]) -> Iterator[Iterable[Any]]:
    """The trail as a table, oldest first, with its head."""
    yield HEADER
    for event in events.order_by("pk").iterator(chunk_size=_CHUNK):
        details = dict(event.details)
        before, after = _text(details.pop("before", None)), _text(details.pop("after", None))
        yield (
            *(event.at, event.actor_name, event.lab_name, event.door, event.address),
            *(event.action, event.subject_type, event.subject_id, before, after, _text(details)),
        )
