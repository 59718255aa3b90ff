"""What people did in review, in words: for the history on the image page, and for who comes too late."""

from __future__ import annotations

from typing import Any

from spines.models import AuditEvent, User
from spines.selectors.review.state import DENDRITES_CARRIED_OVER, REDONE, UNDONE, DendriteChange, Happening

SYSTEM = "Spinula"


def name_of(user: User | None) -> str:
    """How people read of a person."""
    return (user.get_full_name() or user.get_username()) if user else "Somebody whose account is gone"


def line_of(event: AuditEvent) -> str:
    """Who did what, of an event of `selectors.review.state.events_since`: “Maria changed … to …”."""
    undone = event.details.get("undone_action", "")
    who = SYSTEM if event.actor_id is None and event.action in _AUTOMATIC else name_of(event.actor)
    if event.subject_type == "spine":
        was, now = _said(event.details.get("before")), _said(event.details.get("after"))
        return f"{who} {_WORDS[event.action].format(was=was, now=now)}"
    numbers = " and ".join(map(str, event.details.get("numbers") or event.details.get("spine_numbers") or ()))
    what = (_DENDRITE_WORDS | _RESULT_WORDS).get(undone or event.action, "changed the result")
    what = what.format(numbers=numbers)
    again = {UNDONE: " took back:", REDONE: " did again:"}.get(event.action, "")
    return f"{who}{again} {what}"


def happening_row(happening: Happening) -> dict[str, Any]:
    """One line of a spine's history: when, who, and what in words."""
    automatic = happening.action in _AUTOMATIC
    return {
        "at": happening.at.isoformat(),
        "who": SYSTEM if automatic else name_of(happening.who),
        "what": _WORDS[happening.action].format(was=_said(happening.before), now=_said(happening.after)),
    }


def dendrite_change_row(change: DendriteChange) -> dict[str, Any]:
    """One line of the history of an image's dendrites: when, who, and what in words."""
    what = _DENDRITE_WORDS[change.undone_action or change.action].format(numbers=" and ".join(map(str, change.numbers)))
    automatic = change.action == DENDRITES_CARRIED_OVER
    return {
        "at": change.at,
        "who": SYSTEM if automatic else name_of(change.who),
        "what": f"took back: {what}" if change.undone_action else what,
    }


_DENDRITE_WORDS = {
    "dendrite.added": "drew dendrite {numbers}",
    "dendrite.changed": "changed the line of dendrite {numbers}",
    "dendrite.cut": "cut a dendrite in two, now {numbers}",
    "dendrite.joined": "joined dendrites {numbers}",
    "dendrite.removed": "deleted dendrite {numbers}",
    "dendrites.carried_over": "kept the dendrites in a new analysis",
}

_RESULT_WORDS = {
    "result.called_right": "marked the image as reviewed",
    "result.called_right_no_more": "took the mark of the image back",
    "result.mark_carried_over": "kept the mark of the image in a new analysis",
    "spine.added": "added a spine",
    "spines.split": "split a spine in two, now {numbers}",
    "spines.joined": "joined spines {numbers}",
}

_WORDS = {
    "spine.relabelled": "changed {was} to {now}",
    "spine.accepted": "accepted {now}",
    "spine.rejected": "rejected it as no spine",
    "spine.restored": "restored it",
    "spine.added": "added it as {now}",
    "spine.box_set": "set its box",
    "spine.outline_set": "set its outline",
    "spine.base_set": "set where it meets its dendrite",
    "spines.split": "split a spine in two",
    "spines.joined": "joined two spines",
    "review.undone": "took a change back: now {now}",
    "review.redone": "made a change again: now {now}",
    "spine.carried_over": "carried {now} over to a new analysis",
    "spine.kept": "kept {now}, which a new analysis did not find",
}
_AUTOMATIC = {"spine.carried_over", "spine.kept", "result.mark_carried_over", "dendrites.carried_over"}


def _said(state: dict[str, Any] | None) -> str:
    if state is None:
        return "nothing"
    if state["rejected"]:
        return "rejected"
    return state["reviewed_class"] or "the network's class"
