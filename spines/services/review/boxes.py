"""Where spines are: boxes that people add, move and size. Whatever rests on them is measured anew."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import F, Max
from django.utils import timezone

from spines.access import get_spine_to_rate
from spines.errors import Conflict, InvalidInput, Stale
from spines.models import AnalysisImage, AuditEvent, Image, Spine, SpineSource, User
from spines.selectors.analyses.thresholds import box_of
from spines.selectors.review import state as said
from spines.services.analyses.spine_states import BOX_FIELDS, put_box, state_of
from spines.services.review.answers import known_class, read_again, record
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import plane_of, seen_result, spine_in
from spines.services.review.stated import NOT_SAVED, NOTHING, Stated, done_before, refuse_stale_spine

SMALLEST_BOX_PX = 2.0


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
    box_px = _box_within(box_px, seen.image)
    known_class(spine_class, seen.image)

    def add(result: AnalysisImage) -> Spine:
        if event := done_before(user, stated, said.ADDED):
            return _added_by(event, result)
        _refuse_added_there(result, box_px, stated)
        return put_new(user, result, box_px, spine_class, key=stated.key)

    return read_again(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=add))


def put_new(
    user: User, result: AnalysisImage, box_px: tuple[float, float, float, float], spine_class: str, **told: Any
) -> Spine:
    """Write a spine that a person added to a locked result; nothing is measured."""
    x_px, y_px, width_px, height_px = box_px
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
    told |= {"before": None, "after": state_of(spine), "box_px": [x_px, y_px, width_px, height_px]}
    record(user, spine, said.ADDED, **told)
    return spine


def set_box(
    *,
    user: User,
    spine_id: int,
    box_px: tuple[float, float, float, float],
    result_id: int | None = None,
    stated: Stated = NOTHING,
) -> Spine:
    """Move or size a spine's box, and measure it and its neighbours. What the networks said of it stays.

    Parameters
    ----------
    box_px, result_id
        As of `add_spine`.

    Raises
    ------
    Conflict
        When the spine is rejected, or its result has been replaced.
    Stale
        When somebody else said something of the spine since.
    """
    spine = get_spine_to_rate(user, spine_id)
    seen = seen_result(user, spine.analysis_image.image_id, result_id or spine.analysis_image_id)
    box_px = _box_within(box_px, seen.image)

    def put(result: AnalysisImage) -> Spine:
        spine = spine_in(user, result, spine_id)
        if done_before(user, stated, said.BOX_SET) or box_of(spine) == box_px:
            return spine
        refuse_stale_spine(spine, stated)
        if spine.rejected:
            raise Conflict(f"Spine {spine.number} was rejected as no spine. Restore it first, then set its box.")
        before = state_of(spine) | {"box_px": list(box_of(spine)), "box_by_hand": spine.box_by_hand}
        put_box(spine, box_px, by_hand=True)
        spine.reviewed_by, spine.reviewed_at = user, timezone.now()
        spine.save(update_fields=[*BOX_FIELDS, "reviewed_by", "reviewed_at"])
        after = state_of(spine) | {"box_px": list(box_px), "box_by_hand": True}
        record(user, spine, said.BOX_SET, key=stated.key, before=before, after=after)
        return spine

    return read_again(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=put))


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
