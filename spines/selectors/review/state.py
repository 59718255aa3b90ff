"""How far an image is reviewed, what became of a spine, and which changes its user can undo.

The audit trail is the history: each event of review keeps what was before and after it. An undoing is an event of
its own that names the one it undid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.fields.json import KT, KeyTransform

from spines.models import AnalysisImage, AuditEvent, Spine, User
from spines.selectors.results.standing import spine_counts

RELABELLED, ACCEPTED, REJECTED = "spine.relabelled", "spine.accepted", "spine.rejected"
RESTORED, ADDED, BOX_SET = "spine.restored", "spine.added", "spine.box_set"
OUTLINE_SET, BASE_SET = "spine.outline_set", "spine.base_set"
SPLIT, JOINED = "spines.split", "spines.joined"
OF_PARTS = (SPLIT, JOINED)
MARKED, UNMARKED = "result.called_right", "result.called_right_no_more"
DENDRITE_ADDED, DENDRITE_CHANGED = "dendrite.added", "dendrite.changed"
DENDRITE_CUT, DENDRITE_JOINED, DENDRITE_REMOVED = "dendrite.cut", "dendrite.joined", "dendrite.removed"
UNDONE, REDONE = "review.undone", "review.redone"
CARRIED_OVER, KEPT, MARK_CARRIED_OVER = "spine.carried_over", "spine.kept", "result.mark_carried_over"
DENDRITES_CARRIED_OVER = "dendrites.carried_over"
DENDRITE_CHANGES = (DENDRITE_ADDED, DENDRITE_CHANGED, DENDRITE_CUT, DENDRITE_JOINED, DENDRITE_REMOVED)
CHANGES = (
    RELABELLED,
    ACCEPTED,
    REJECTED,
    RESTORED,
    ADDED,
    BOX_SET,
    OUTLINE_SET,
    BASE_SET,
    *OF_PARTS,
    MARKED,
    UNMARKED,
    *DENDRITE_CHANGES,
)
"""What a person does in review, and can undo."""
MOVES_MEASURES = (ADDED, BOX_SET, OUTLINE_SET, BASE_SET, *OF_PARTS, REJECTED, RESTORED, *DENDRITE_CHANGES)
"""After these, and after undoing them, spines are measured anew: one ends where another begins."""


def moves_measures(event: AuditEvent) -> bool:
    """Whether more may have changed with an event of `events_since` than what is said of its own spine or image."""
    action = event.details.get("undone_action") or event.action
    return action in MOVES_MEASURES or action not in (*CHANGES, CARRIED_OVER, KEPT, MARK_CARRIED_OVER)


@dataclass(frozen=True, kw_only=True)
class ReviewProgress:
    """Spines of a result that count, how many of them a person gave a class, and how many boxes are no spine.

    `apart` are on no dendrite and count nowhere.
    """

    spines: int
    reviewed: int
    rejected: int
    apart: int


def review_progress(result: AnalysisImage) -> ReviewProgress:
    """How far the result is reviewed."""
    counted = spine_counts()
    counts = result.spines.aggregate(
        n_spines=Count("pk", filter=counted),
        n_reviewed=Count("pk", filter=counted & ~Q(reviewed_class="")),
        n_rejected=Count("pk", filter=Q(rejected=True)),
        n_apart=Count("pk", filter=spine_counts(apart=True)),
    )
    return ReviewProgress(**{name.removeprefix("n_"): count for name, count in counts.items()})


def _events_of(result: AnalysisImage) -> QuerySet[AuditEvent]:
    of_spines = Q(subject_type="spine", subject_id__in=result.spines.values("pk"))
    return AuditEvent.objects.filter(of_spines | Q(subject_type="analysisimage", subject_id=result.pk))


def version_of(result: AnalysisImage) -> int:
    """The last thing that happened to a result, as a number that grows: what a page that shows it has seen."""
    last = [events.aggregate(last=Max("pk"))["last"] or 0 for events in _parts_of_events(result)]
    return max(last)


def events_since(result: AnalysisImage, version: int) -> list[AuditEvent]:
    """What happened to a result since this version, the first first. Of dendrites the long details are not read."""
    of_spines, of_result = (
        events.filter(pk__gt=version).select_related("actor") for events in _parts_of_events(result)
    )
    happened = list(of_spines)
    told: dict[str, Any] = {name: KeyTransform(name, "details") for name in ("numbers", "spine_ids", "spine_numbers")}
    told["undone_action"] = KT("details__undone_action")
    short: Any
    for short in of_result.defer("details").annotate(**told):
        short.details = {name: getattr(short, name) or [] for name in told} | {
            "undone_action": short.undone_action or ""
        }
        happened.append(short)
    return sorted(happened, key=lambda event: event.pk)


def _parts_of_events(result: AnalysisImage) -> tuple[QuerySet[AuditEvent], QuerySet[AuditEvent]]:
    """Of its spines, and of itself. Apart, each is found by its index."""
    of_spines = AuditEvent.objects.filter(subject_type="spine", subject_id__in=result.spines.values("pk"))
    return of_spines, AuditEvent.objects.filter(subject_type="analysisimage", subject_id=result.pk)


def undoable_changes(user: User, result: AnalysisImage) -> list[AuditEvent]:
    """The user's changes to this result that stand, the last one first; their long details are not read."""
    taken_back: set[int] = set()
    standing: list[AuditEvent] = []
    for event in _own_events(user, result):
        if event.action in (UNDONE, REDONE):
            if event.pk not in taken_back:
                taken_back.add(int(event.undoes))  # type: ignore[attr-defined]
        elif event.pk not in taken_back:
            standing.append(event)
    return standing


def redoable_undoings(user: User, result: AnalysisImage) -> list[AuditEvent]:
    """The user's undoings that can be made undone, the last one first: those after which they changed nothing else."""
    done_again: set[int] = set()
    found: list[AuditEvent] = []
    for event in _own_events(user, result):
        if event.action == REDONE:
            done_again.add(int(event.undoes))  # type: ignore[attr-defined]
        elif event.action != UNDONE:
            break
        elif event.pk not in done_again:
            found.append(event)
    return found


def _own_events(user: User, result: AnalysisImage) -> QuerySet[AuditEvent]:
    events = _events_of(result).filter(actor=user, action__in=(*CHANGES, UNDONE, REDONE)).order_by("-pk")
    return events.defer("details").annotate(undoes=KT("details__undoes"))


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line of a spine's history. `who` is None for what Spinula did by itself."""

    at: datetime
    who: User | None
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def history_of(spine: Spine) -> list[Happening]:
    """What people did to a spine, in the present result and in those it was carried over from; newest first."""
    happened: list[Happening] = []
    following: int | None = spine.pk
    while following is not None:
        of_itself = Q(subject_type="spine", subject_id=following)
        of_parts = Q(subject_type="analysisimage", details__spine_ids__contains=following)
        events = AuditEvent.objects.filter(of_itself | of_parts).select_related("actor")
        this, following = following, None
        for event in events.order_by("-pk"):
            details = event.details
            following = details.get("from_spine_id", following)
            happened.append(
                Happening(
                    at=event.at,
                    who=event.actor,
                    action=event.action,
                    before=_row_in(details.get("before"), this),
                    after=_row_in(details.get("after"), this),
                )
            )
    return happened


def _row_in(told: Any, spine_id: int) -> dict[str, Any] | None:
    """Of an event of several spines that of this one."""
    if isinstance(told, list):
        return next((row for row in told if row["id"] == spine_id), None)
    return dict(told) if told else None


@dataclass(frozen=True, kw_only=True)
class DendriteChange:
    """One line of the history of a result's dendrites. `who` is None for what Spinula did by itself."""

    at: datetime
    who: User | None
    action: str
    undone_action: str
    numbers: list[int]


def dendrite_history(result: AnalysisImage) -> list[DendriteChange]:
    """What people did to the dendrites, in the present result and in those that they were carried over from."""
    happened: list[DendriteChange] = []
    following: int | None = result.pk
    actions = Q(action__in=(*DENDRITE_CHANGES, DENDRITES_CARRIED_OVER))
    undone = Q(action__in=(UNDONE, REDONE), details__undone_action__in=DENDRITE_CHANGES)
    while following is not None:
        events = AuditEvent.objects.filter(actions | undone, subject_type="analysisimage", subject_id=following)
        following = None
        # The lines themselves, which the details hold too, are long: they are not read.
        rows = events.order_by("-pk").select_related("actor").defer("details")
        for event in rows.annotate(
            undone_action=KT("details__undone_action"),
            numbers=KeyTransform("numbers", "details"),
            from_result=KT("details__from_result_id"),
        ):
            following = int(event.from_result) if event.from_result else following
            happened.append(
                DendriteChange(
                    at=event.at,
                    who=event.actor,
                    action=event.undone_action if event.action == REDONE else event.action,
                    undone_action=event.undone_action or "" if event.action == UNDONE else "",
                    numbers=event.numbers or [],
                )
            )
    return happened
