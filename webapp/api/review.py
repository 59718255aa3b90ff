"""Correcting the spines of a result, as the image page does. An edit states the version seen; sent twice, it is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from ninja import Body, Router
from pydantic import Field

from spines import models
from spines.access import get_image_to_rate
from spines.errors import Conflict
from spines.selectors.images.dendrites import dendrites_of_result
from spines.selectors.results.rows import current_result
from spines.selectors.review.state import version_of
from spines.services.review import answers as review
from spines.services.review import bases, boxes, outlines, parts, undoing
from spines.vocabulary.own_classes import KEY_PATTERN
from webapp.api.edits import (
    EDITED,
    DendriteLine,
    Edit,
    Edited,
    Pixels,
    ResultEdit,
    Review,
    edited,
    reviewed_spine,
)
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId
from webapp.images.rows import boxes_of, dendrite_rows
from webapp.requests import UserRequest

router = Router(tags=["Review"])

ClassKey = Annotated[str, Field(pattern=f"^{KEY_PATTERN.pattern}$", max_length=30)]


class NewClass(Edit):
    """A class that a spine is given."""

    spine_class: ClassKey = Field(description="Of the experiment's class set.")


class NewBox(ResultEdit):
    """Where a spine's box is to be."""

    box_px: tuple[Pixels, Pixels, Pixels, Pixels] = Field(
        strict=False, description="x and y of its corner, width and height, in pixels of the image and within it."
    )


class NewOutline(ResultEdit):
    """A spine's outline."""

    outline_px: list[Annotated[tuple[Pixels, Pixels], Field(strict=False)]] = Field(
        max_length=outlines.MOST_POINTS,
        description="A polygon of x and y in pixels of the image, without the first repeated; empty: found again.",
    )


class SplitLine(ResultEdit):
    """A line across a spine."""

    line_px: list[Annotated[tuple[Pixels, Pixels], Field(strict=False)]] = Field(
        min_length=2, max_length=outlines.MOST_POINTS, description="x and y in pixels of the image."
    )


class OtherSpine(ResultEdit):
    """The spine that another is joined to."""

    other_id: RowId


class NewBase(ResultEdit):
    """Where a spine meets its dendrite."""

    base_px: Annotated[tuple[Pixels, Pixels], Field(strict=False)] | None = Field(
        description="x and y in pixels of the image; null: found again."
    )


class NewSpine(NewBox):
    """A spine that the detector missed."""

    spine_class: ClassKey = Field(description="Of the experiment's class set.")


class NewMark(ResultEdit):
    """Whether all boxes are right."""

    reviewed: bool = Field(description="True: every spine has its box and every box is a spine.")


@router.get(
    "/images/{int:image_id}/review",
    response=answers(404, 409, 422, also={200: Review}),
    operation_id="get_review",
    summary="Get an image's spines and dendrites for review",
)
def show_review(request: UserRequest, image_id: PathId) -> Review:
    """Of its current result, with the version that edits state. 409 without a result."""
    result = current_result(get_image_to_rate(request.user, image_id))
    if result is None:
        raise Conflict(f"Image {image_id} has no finished analysis, so there is nothing to review. Analyse it first.")
    version = version_of(result)  # before the rest: what changes in between is refused, never overwritten
    return Review(
        result_id=result.pk,
        version=version,
        reviewed=result.reviewed_at is not None,
        spines=[reviewed_spine(spine) for spine in boxes_of(result).select_related("analysis_image", "shape")],
        dendrites=[DendriteLine(**row) for row in dendrite_rows(dendrites_of_result(result))],
    )


@router.post(
    "/spines/{int:spine_id}/class",
    response=EDITED,
    operation_id="set_spine_class",
    summary="Say which class a spine has",
)
def set_class(request: UserRequest, spine_id: PathId, sent: Body[NewClass]) -> Edited:
    """Whatever the network says. 409 with `changed` where somebody else spoke of the spine since."""
    spine = review.relabel(user=request.user, spine_id=spine_id, spine_class=sent.spine_class, stated=sent.stated())
    return edited(request, sent, spine.analysis_image, spine)


def _plain(path: str, act: Callable[..., models.Spine], operation_id: str, summary: str, about: str) -> None:
    """An edit of a spine that needs nothing but the version."""

    def edit(request: UserRequest, spine_id: PathId, sent: Body[Edit]) -> Edited:
        spine = act(user=request.user, spine_id=spine_id, stated=sent.stated())
        return edited(request, sent, spine.analysis_image, spine)

    edit.__doc__ = f"{about} 409 with `changed` where somebody else spoke of the spine since."
    router.post(f"/spines/{{int:spine_id}}/{path}", response=EDITED, operation_id=operation_id, summary=summary)(edit)


_plain(
    "accept",
    review.accept,
    "accept_spine",
    "Accept a spine's class",
    "The network's, or what a person said; refused where the network is unsure.",
)
_plain("reject", review.reject, "reject_spine", "Say that a box is no spine", "Its neighbours are measured anew.")
_plain("restore", review.restore, "restore_spine", "Take a rejection back", "It is measured, its neighbours anew.")


@router.post(
    "/images/{int:image_id}/spines",
    response=answers(400, 403, 404, 409, 422, also={200: Edited}),
    operation_id="add_spine",
    summary="Add a spine that the detector missed",
)
def add_spine(request: UserRequest, image_id: PathId, sent: Body[NewSpine]) -> Edited:
    """It and its neighbours are measured. 409 where somebody added one there since."""
    spine = boxes.add_spine(
        user=request.user,
        image_id=image_id,
        box_px=sent.box_px,
        spine_class=sent.spine_class,
        result_id=sent.result_id,
        stated=sent.stated(),
    )
    return edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/spines/{int:spine_id}/box",
    response=EDITED,
    operation_id="set_spine_box",
    summary="Move or size a spine's box",
)
def set_box(request: UserRequest, spine_id: PathId, sent: Body[NewBox]) -> Edited:
    """It and its neighbours are measured anew. 409 with `changed` where somebody else spoke of the spine since."""
    spine = boxes.set_box(
        user=request.user, spine_id=spine_id, box_px=sent.box_px, result_id=sent.result_id, stated=sent.stated()
    )
    return edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/spines/{int:spine_id}/outline",
    response=EDITED,
    operation_id="set_spine_outline",
    summary="Set a spine's outline by hand",
)
def set_outline(request: UserRequest, spine_id: PathId, sent: Body[NewOutline]) -> Edited:
    """It is measured on it as it is. 409 with `changed` where somebody else spoke of the spine since."""
    spine = outlines.set_outline(
        user=request.user,
        spine_id=spine_id,
        outline_px=sent.outline_px,
        result_id=sent.result_id,
        stated=sent.stated(),
    )
    return edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/spines/{int:spine_id}/split",
    response=EDITED,
    operation_id="split_spine",
    summary="Make two spines of one",
)
def split_spine(request: UserRequest, spine_id: PathId, sent: Body[SplitLine]) -> Edited:
    """Along a line right across it. Neither part has a class. 409 where somebody else spoke of the spine since."""
    spine = parts.split_spine(
        user=request.user, spine_id=spine_id, line_px=sent.line_px, result_id=sent.result_id, stated=sent.stated()
    )
    return edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/spines/{int:spine_id}/join",
    response=EDITED,
    operation_id="join_spines",
    summary="Make one spine of two",
)
def join_spines(request: UserRequest, spine_id: PathId, sent: Body[OtherSpine]) -> Edited:
    """The larger stays, without a class; the other is rejected. 409 where somebody else spoke of either since."""
    spine = parts.join_spines(
        user=request.user, spine_id=spine_id, other_id=sent.other_id, result_id=sent.result_id, stated=sent.stated()
    )
    return edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/spines/{int:spine_id}/base",
    response=EDITED,
    operation_id="set_spine_base",
    summary="Say where a spine meets its dendrite",
)
def set_base(request: UserRequest, spine_id: PathId, sent: Body[NewBase]) -> Edited:
    """It sits on the dendrite that is nearest there. 409 where somebody else spoke of the spine since."""
    spine = bases.set_base(
        user=request.user, spine_id=spine_id, base_px=sent.base_px, result_id=sent.result_id, stated=sent.stated()
    )
    return edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/images/{int:image_id}/undo",
    response=EDITED,
    operation_id="undo_edit",
    summary="Undo your last edit of an image",
)
def undo(request: UserRequest, image_id: PathId, sent: Body[ResultEdit]) -> Edited:
    """Again, and the one before is undone. 409 where nothing is left, or somebody else changed the same since."""
    undone = undoing.undo(user=request.user, image_id=image_id, result_id=sent.result_id, stated=sent.stated())
    return edited(request, sent, undone.result, undone.spine, removed_spine_id=undone.removed_id, undone=undone.action)


@router.post(
    "/images/{int:image_id}/redo",
    response=EDITED,
    operation_id="redo_edit",
    summary="Make the edit of an image again that you undid last",
)
def redo(request: UserRequest, image_id: PathId, sent: Body[ResultEdit]) -> Edited:
    """Again, and the one undone before it. 409 where you edited since or undid nothing, or somebody edited the same."""
    done = undoing.redo(user=request.user, image_id=image_id, result_id=sent.result_id, stated=sent.stated())
    return edited(request, sent, done.result, done.spine, removed_spine_id=done.removed_id, undone=done.action)


@router.post(
    "/images/{int:image_id}/reviewed",
    response=EDITED,
    operation_id="set_reviewed",
    summary="Say that all boxes of an image are right",
)
def set_reviewed(request: UserRequest, image_id: PathId, sent: Body[NewMark]) -> Edited:
    """Or take that back. 409 with `changed` where anything of the result was changed since."""
    result = review.mark_image_reviewed(
        user=request.user,
        image_id=image_id,
        reviewed=sent.reviewed,
        result_id=sent.result_id,
        stated=sent.stated(),
    )
    return edited(request, sent, result)
