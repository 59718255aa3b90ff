"""What an edit states: the version of the result that its user saw, and a key that makes it one however often sent.

A version is `selectors.review.state.version_of`. An edit of a spine, of a dendrite or of the mark is refused when
somebody changed the same since; what others did elsewhere in the image does not stand in its way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from spines.errors import InvalidInput, Stale
from spines.models import AnalysisImage, AuditEvent, Spine, User
from spines.selectors.review import state as said
from spines.selectors.review.words import line_of

NOT_SAVED = "Your change was not saved: look at what stands there now, and do it again if it is still needed."


@dataclass(frozen=True, kw_only=True)
class Stated:
    """`version` None: whatever stands there is changed. `key` None: sent twice, it is done twice."""

    version: int | None = None
    key: UUID | None = None


NOTHING = Stated()


def done_before(user: User, stated: Stated, *actions: str) -> AuditEvent | None:
    """The event of an edit of this key, when it was sent before.

    Raises
    ------
    InvalidInput
        When the key stood for something else.
    """
    event = AuditEvent.objects.filter(actor=user, key=stated.key).first() if stated.key else None
    if event is not None and event.action not in actions:
        raise InvalidInput("The key of this request stood for another change before. Take a new key for each change.")
    return event


def refuse_stale_spine(spine: Spine, stated: Stated) -> None:
    """`Stale` when somebody said something of this spine since."""
    _refuse(
        spine.analysis_image,
        stated,
        lambda event: (
            (event.subject_type == "spine" and event.subject_id == spine.pk)
            or spine.pk in (event.details.get("spine_ids") or ())
        ),
        f"Spine {spine.number} was changed since you saw it",
    )


def refuse_stale_dendrite(result: AnalysisImage, number: int, stated: Stated) -> None:
    """`Stale` when somebody changed this dendrite since."""
    _refuse(
        result,
        stated,
        lambda event: event.subject_type != "spine" and number in event.details.get("numbers", ()),
        f"Dendrite {number} was changed since you saw it",
    )


def refuse_stale_result(result: AnalysisImage, stated: Stated) -> None:
    """`Stale` when anything happened to the result since: who calls all of it right has not seen that."""
    _refuse(result, stated, lambda _: True, "This image was changed since you saw it")


def _refuse(result: AnalysisImage, stated: Stated, concerns: Callable[[AuditEvent], bool], what_happened: str) -> None:
    if stated.version is None:
        return
    changed = [line_of(event) for event in said.events_since(result, stated.version) if concerns(event)]
    if changed:
        raise Stale(f"{what_happened}: {changed[-1]}. {NOT_SAVED}", changed)
