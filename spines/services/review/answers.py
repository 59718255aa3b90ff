"""What people say of a result: this class, no spine, all boxes right. Boxes are set in `spines.services.review.boxes`.

Only the current result of an image is reviewed (`spines.services.review.result`). Each change is an audit event that
keeps what was before and after, which is what `undo` goes by. Dendrites are set in `spines.services.review.dendrites`.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from spines.access import get_spine_to_rate
from spines.errors import Conflict, InvalidInput
from spines.models import AnalysisImage, Image, Spine, User
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.measuring import forget_measures
from spines.services.analyses.spine_states import (
    mark_of,
    state_of,
)
from spines.services.images.tasks import finish_task
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import locked_result, locked_spine, plane_of, seen_result, spine_in
from spines.services.review.stated import (
    NOTHING,
    Stated,
    done_before,
    refuse_stale_result,
    refuse_stale_spine,
)

NEIGHBOURS_WITHIN_SIDES = 4.0
"""Of a box's longer side. Further away no outline ends because of it."""


def known_class(spine_class: str, image: Image) -> str:
    """The class, or that it cannot be said, where the image's class set has it. Raises InvalidInput."""
    answers = image.experiment.classes.answers
    if spine_class not in answers:
        raise InvalidInput(f"There is no class “{spine_class}”. Choose one of {', '.join(answers)}.")
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
    record(user, spine, action, key=stated.key, before=before, after=state_of(spine))
    return spine


def save_said(spine: Spine) -> None:
    """Write what a person says of a spine."""
    spine.save(update_fields=["reviewed_class", "rejected", "reviewed_by", "reviewed_at"])
    spine.refresh_from_db(fields=["final_class"])


def record(user: User, spine: Spine, action: str, **details: Any) -> None:
    """Note what a person said of a spine."""
    lab = spine.analysis_image.image.lab
    audit.record(actor=user, lab=lab, action=action, subject=spine, number=spine.number, **details)


@transaction.atomic
def relabel(*, user: User, spine_id: int, spine_class: str, stated: Stated = NOTHING) -> Spine:
    """Say which class a spine has, whatever the network says. Raises Conflict, Stale, InvalidInput."""
    spine = locked_spine(user, spine_id)
    if done_before(user, stated, said.RELABELLED):
        return spine
    image = spine.analysis_image.image
    return _change(user, spine, said.RELABELLED, stated, reviewed_class=known_class(spine_class, image))


@transaction.atomic
def accept(*, user: User, spine_id: int, stated: Stated = NOTHING, saw_likeliest: bool = False) -> Spine:
    """Confirm the class that is shown, the network's or one from examples. What a person gave a class keeps it.

    `saw_likeliest`: the network's likeliest class was named, where it is unsure too, and is what is confirmed.

    Raises
    ------
    Conflict
        Also where the network is unsure: no class is shown that could be accepted.
    """
    spine = locked_spine(user, spine_id)
    if done_before(user, stated, said.ACCEPTED):
        return spine
    shown = (spine.reviewed_class or spine.spine_class) if saw_likeliest else spine.shown_class
    if not shown and not spine.rejected:
        raise Conflict(
            f"The network is unsure of spine {spine.number}, so there is no class to accept. Give it one, or say that "
            "it cannot be said."
        )
    refuse_stale_spine(spine, stated)  # the class that stands may be another than the one that was seen
    return _change(user, spine, said.ACCEPTED, stated, reviewed_class=shown or spine.spine_class)


def reject(*, user: User, spine_id: int, stated: Stated = NOTHING) -> Spine:
    """Say that this is no spine: it stays in the database and counts nowhere. Neighbours are measured anew."""
    return _turn(user, spine_id, said.REJECTED, stated, rejected=True)


def restore(*, user: User, spine_id: int, stated: Stated = NOTHING) -> Spine:
    """Take a rejection back. The spine is measured, neighbours anew."""
    return _turn(user, spine_id, said.RESTORED, stated, rejected=False)


def _turn(user: User, spine_id: int, action: str, stated: Stated, *, rejected: bool) -> Spine:
    spine = get_spine_to_rate(user, spine_id)
    result = seen_result(user, spine.analysis_image.image_id, spine.analysis_image_id)

    def turn(result: AnalysisImage) -> Spine:
        spine = spine_in(user, result, spine_id)
        return spine if done_before(user, stated, action) else _change(user, spine, action, stated, rejected=rejected)

    if rejected and not has_neighbours(spine):
        with transaction.atomic():
            spine = turn(locked_result(user, result.image_id, result.pk))
            if spine.rejected and not has_neighbours(spine):
                forget_measures(spine)
                return read_again(spine)
            transaction.set_rollback(True)
    return read_again(change_and_measure(user=user, seen=result, plane=plane_of(result), change=turn))


def read_again(spine: Spine) -> Spine:
    """A spine as it stands now, with the object of its result that knows what was measured."""
    result = spine.analysis_image
    spine.refresh_from_db()
    spine.analysis_image = result
    return spine


def has_neighbours(spine: Spine) -> bool:
    """Whether other spines are so near that measures of theirs may rest on this one."""
    reach = NEIGHBOURS_WITHIN_SIDES * max(spine.width_px, spine.height_px)
    x_px, y_px = spine.x_px + spine.width_px / 2, spine.y_px + spine.height_px / 2
    others = Spine.objects.filter(analysis_image=spine.analysis_image_id, rejected=False).exclude(pk=spine.pk)
    middles = others.annotate(x=F("x_px") + F("width_px") / 2, y=F("y_px") + F("height_px") / 2)
    return middles.filter(x__range=(x_px - reach, x_px + reach), y__range=(y_px - reach, y_px + reach)).exists()


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
    if reviewed:
        finish_task(user=user, image_id=image_id)
    return result


def _record_mark(user: User, result: AnalysisImage, action: str, **details: Any) -> None:
    audit.record(actor=user, lab=result.image.lab, action=action, subject=result, **details)
