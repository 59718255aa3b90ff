"""What the image page's script knows of an image, its spines and its review."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime

from spines.models import AnalysisImage, Image, Spine, User
from spines.selectors.review import Happening, review_progress, undoable_changes
from webapp.images.pictures import crop_side_px

SYSTEM = "Spinula"


def image_row(image: Image) -> dict[str, Any]:
    """Sizes; `pixel_size_um` is null where it is not known."""
    return {
        "id": image.pk,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "pixel_size_um": image.pixel_size_um,
    }


def spine_row(spine: Spine) -> dict[str, Any]:
    """A spine; score, `network_class` and probabilities are null where a person added it."""
    return {
        "id": spine.pk,
        "number": spine.number,
        "box_px": [spine.x_px, spine.y_px, spine.width_px, spine.height_px],
        "score": spine.score,
        "shown_class": spine.final_class,
        "network_class": spine.spine_class or None,
        "reviewed_class": spine.reviewed_class,
        "rejected": spine.rejected,
        "source": spine.source,
        "kept": spine.kept_from_id is not None,
        "class_probabilities": spine.class_probabilities,
        "crop": reverse("images:crop", args=[spine.pk]),
        "crop_side_px": crop_side_px(spine),
        "history": reverse("images:history_json", args=[spine.pk]),
    }


def review_row(user: User, result: AnalysisImage | None) -> dict[str, Any] | None:
    """How far a result is reviewed and what the user can undo; None where there is no result."""
    if result is None:
        return None
    progress = review_progress(result)
    return {
        "result": result.pk,
        "spines": progress.spines,
        "reviewed": progress.reviewed,
        "rejected": progress.rejected,
        "undoable": len(undoable_changes(user, result)),
        "marked": _marked(result),
    }


def _marked(result: AnalysisImage) -> str:
    if result.reviewed_at is None:
        return ""
    day = localtime(result.reviewed_at)
    return f"{name_of(result.reviewed_by)} marked this image as reviewed on {day:%-d %b %Y, %H:%M}."


def name_of(user: User | None) -> str:
    """How people read of a person."""
    return (user.get_full_name() or user.get_username()) if user else "Somebody whose account is gone"


def happening_row(happening: Happening) -> dict[str, Any]:
    """One line of a spine's history: when, who, and what in words."""
    automatic = happening.action in _AUTOMATIC
    return {
        "at": happening.at.isoformat(),
        "who": SYSTEM if automatic else name_of(happening.who),
        "what": _WORDS[happening.action].format(was=_said(happening.before), now=_said(happening.after)),
    }


_WORDS = {
    "spine.relabelled": "changed {was} to {now}",
    "spine.accepted": "accepted {now}",
    "spine.rejected": "rejected it as no spine",
    "spine.restored": "restored it",
    "spine.added": "added it as {now}",
    "review.undone": "took a change back: now {now}",
    "spine.carried_over": "carried {now} over to a new analysis",
    "spine.kept": "kept {now}, which a new analysis did not find",
}
_AUTOMATIC = {"spine.carried_over", "spine.kept"}


def _said(state: dict[str, Any] | None) -> str:
    if state is None:
        return "nothing"
    if state["rejected"]:
        return "rejected"
    return state["reviewed_class"] or "the network's class"
