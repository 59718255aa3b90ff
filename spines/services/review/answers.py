"""What people say of a result: this class, no spine, a spine here, all boxes right. And undoing it.

Only the current result of an image is reviewed (`spines.services.review.result`). Each change is an audit event that
keeps what was before and after, which is what `undo` goes by. Dendrites are set in `spines.services.review.dendrites`.
"""

from __future__ import annotations

import math
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from spines.access import get_spine_to_rate
from spines.errors import Conflict, InvalidInput, Stale
from spines.models import AnalysisImage, AuditEvent, Image, Spine, SpineSource, User
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.measuring import forget_measures
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import locked_result, locked_spine, plane_of, seen_result
from spines.services.review.state import (
    mark_of,
    state_of,
)
from spines.services.review.stated import (
    NOT_SAVED,
    NOTHING,
    Stated,
    done_before,
    refuse_stale_result,
    refuse_stale_spine,
)

SMALLEST_BOX_PX = 2.0
NEIGHBOURS_WITHIN_SIDES = 4.0
"""Of a box's longer side. Further away no outline ends because of it."""


def _known_class(spine_class: str, image: Image) -> str:
    keys = image.experiment.classes.keys
    if spine_class not in keys:
        raise InvalidInput(f"There is no class “{spine_class}”. Choose one of {', '.join(keys)}.")
    return spine_class


def _change(user: User, spine: Spine, action: str, stated: Stated, **said_now: Any) -> Spine:
    """Write what a person says of a spine; nothing where it stands so already."""
    if all(getattr(spine, name) == value for name, value in said_now.items()):
        return spine
    refuse_stale_spine(spine, stated)
    if spine.rejected and "rejected" not in said_now:
        raise Conflict(f"Spine {spine.number} was rejected as no spine. Restore it first, then give it a class.")
    before = state_of(spine)
    for name, value in said_now.items():
        setattr(spine, name, value)
    spine.reviewed_by, spine.reviewed_at = user, timezone.now()
    save_said(spine)
    _record(user, spine, action, key=stated.key, before=before, after=state_of(spine))
    return spine


def save_said(spine: Spine) -> None:
    """Write what a person says of a spine."""
    spine.save(update_fields=["reviewed_class", "rejected", "reviewed_by", "reviewed_at"])
    spine.refresh_from_db(fields=["final_class"])


def _record(user: User, spine: Spine, action: str, **details: Any) -> None:
    lab = spine.analysis_image.image.lab
    audit.record(actor=user, lab=lab, action=action, subject=spine, number=spine.number, **details)


@transaction.atomic
def relabel(*, user: User, spine_id: int, spine_class: str, stated: Stated = NOTHING) -> Spine:
    """Say which class a spine has, whatever the network says. Raises Conflict, Stale, InvalidInput."""
    spine = locked_spine(user, spine_id)
    if done_before(user, stated, said.RELABELLED):
        return spine
    image = spine.analysis_image.image
    return _change(user, spine, said.RELABELLED, stated, reviewed_class=_known_class(spine_class, image))


@transaction.atomic
def accept(*, user: User, spine_id: int, stated: Stated = NOTHING) -> Spine:
    """Confirm the network's likeliest class. A spine that a person gave a class keeps it. Raises Conflict, Stale."""
    spine = locked_spine(user, spine_id)
    if done_before(user, stated, said.ACCEPTED):
        return spine
    refuse_stale_spine(spine, stated)  # the class that stands may be another than the one that was seen
    return _change(user, spine, said.ACCEPTED, stated, reviewed_class=spine.reviewed_class or spine.spine_class)


def reject(*, user: User, spine_id: int, stated: Stated = NOTHING) -> Spine:
    """Say that this is no spine: it stays in the database and counts nowhere. Neighbours are measured anew."""
    return _turn(user, spine_id, said.REJECTED, stated, rejected=True)


def restore(*, user: User, spine_id: int, stated: Stated = NOTHING) -> Spine:
    """Take a rejection back. The spine is measured, neighbours anew."""
    return _turn(user, spine_id, said.RESTORED, stated, rejected=False)


def _turn(user: User, spine_id: int, action: str, stated: Stated, *, rejected: bool) -> Spine:
    spine = get_spine_to_rate(user, spine_id)
    result = seen_result(user, spine.analysis_image.image_id, spine.analysis_image_id)

    def turn(_: AnalysisImage) -> Spine:
        spine = locked_spine(user, spine_id)
        return spine if done_before(user, stated, action) else _change(user, spine, action, stated, rejected=rejected)

    if rejected and not has_neighbours(spine):
        with transaction.atomic():
            spine = turn(result)
            if spine.rejected and not has_neighbours(spine):
                forget_measures(spine)
                spine.refresh_from_db()
                return spine
            transaction.set_rollback(True)
    spine = change_and_measure(user=user, seen=result, plane=plane_of(result), change=turn)
    spine.refresh_from_db()
    return spine


def has_neighbours(spine: Spine) -> bool:
    """Whether other spines are so near that measures of theirs may rest on this one."""
    reach = NEIGHBOURS_WITHIN_SIDES * max(spine.width_px, spine.height_px)
    x_px, y_px = spine.x_px + spine.width_px / 2, spine.y_px + spine.height_px / 2
    others = Spine.objects.filter(analysis_image=spine.analysis_image_id, rejected=False).exclude(pk=spine.pk)
    middles = others.annotate(x=F("x_px") + F("width_px") / 2, y=F("y_px") + F("height_px") / 2)
    return middles.filter(x__range=(x_px - reach, x_px + reach), y__range=(y_px - reach, y_px + reach)).exists()


def add_spine(
    *,
    user: User,
    image_id: int,
    box_px: tuple[float, float, float, float],
    spine_class: str,
    result_id: int | None = None,
    stated: Stated = NOTHING,
) -> Spine:
    """Add a spine that the detector missed, and measure it and its neighbours.

    Parameters
    ----------
    box_px
        (x, y, width, height) in pixels of the original image, within it.
    result_id
        The result that the user looks at; `Stale` when another has become current meanwhile.

    Raises
    ------
    Stale
        Also when somebody else added a spine there since.
    """
    seen = seen_result(user, image_id, result_id)
    x_px, y_px, width_px, height_px = _box_within(box_px, seen.image)
    _known_class(spine_class, seen.image)

    def add(result: AnalysisImage) -> Spine:
        if event := done_before(user, stated, said.ADDED):
            return _added_by(event, result)
        _refuse_added_there(result, box_px, stated)
        last = result.spines.aggregate(last=Max("number"))["last"] or 0
        spine = Spine.objects.create(
            analysis_image=result,
            number=last + 1,
            x_px=x_px,
            y_px=y_px,
            width_px=width_px,
            height_px=height_px,
            reviewed_class=spine_class,
            reviewed_by=user,
            reviewed_at=timezone.now(),
            source=SpineSource.ADDED,
        )
        told = {"before": None, "after": state_of(spine), "box_px": [x_px, y_px, width_px, height_px]}
        _record(user, spine, said.ADDED, key=stated.key, **told)
        return spine

    spine = change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=add)
    spine.refresh_from_db()
    return spine


def _added_by(event: AuditEvent, result: AnalysisImage) -> Spine:
    """The spine that an addition made when it was sent before."""
    spine = result.spines.filter(pk=event.subject_id or 0).first()
    if spine is None:
        raise Conflict("This spine was added already, and taken back or replaced by a new analysis since. Add it anew.")
    return spine


def _refuse_added_there(result: AnalysisImage, box_px: tuple[float, float, float, float], stated: Stated) -> None:
    """`Stale` when a spine was added since whose middle lies in this box."""
    if stated.version is None:
        return
    x_px, y_px, width_px, height_px = box_px
    since = said.events_since(result, stated.version)
    added = {event.subject_id or 0 for event in since if event.action == said.ADDED}
    middles = result.spines.filter(pk__in=added, rejected=False)
    middles = middles.annotate(x=F("x_px") + F("width_px") / 2, y=F("y_px") + F("height_px") / 2)
    there = middles.filter(x__range=(x_px, x_px + width_px), y__range=(y_px, y_px + height_px)).first()
    if there is not None:
        raise Stale(f"Spine {there.number} was added here since you saw the image. {NOT_SAVED}")


def _box_within(box_px: tuple[float, float, float, float], image: Image) -> tuple[float, float, float, float]:
    x_px, y_px, width_px, height_px = box_px
    if not all(math.isfinite(side) for side in box_px) or min(width_px, height_px) < SMALLEST_BOX_PX:
        raise InvalidInput(f"This box is too small. Draw one of at least {SMALLEST_BOX_PX:g} × {SMALLEST_BOX_PX:g} px.")
    if min(x_px, y_px) < 0 or x_px + width_px > image.width_px or y_px + height_px > image.height_px:
        raise InvalidInput("This box reaches outside the picture. Draw it within.")
    return box_px


@transaction.atomic
def mark_image_reviewed(
    *, user: User, image_id: int, reviewed: bool, result_id: int | None = None, stated: Stated = NOTHING
) -> AnalysisImage:
    """Say that every spine of the image has its box and every box is a spine; or take that back.

    Later changes keep the mark: they are in the history, and only a person takes it away. Raises Conflict, Stale.
    """
    result = locked_result(user, image_id, result_id)
    if bool(result.reviewed_at) == reviewed:
        return result
    refuse_stale_result(result, stated)
    before = mark_of(result)
    result.reviewed_by, result.reviewed_at = (user, timezone.now()) if reviewed else (None, None)
    result.save(update_fields=["reviewed_by", "reviewed_at"])
    action = said.MARKED if reviewed else said.UNMARKED
    _record_mark(user, result, action, key=stated.key, before=before, after=mark_of(result))
    return result


def _record_mark(user: User, result: AnalysisImage, action: str, **details: Any) -> None:
    audit.record(actor=user, lab=result.image.lab, action=action, subject=result, **details)
