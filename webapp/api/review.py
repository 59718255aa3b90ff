"""Correcting a result, as the image page does. An edit states the version that was seen; sent twice, it is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from ninja import Body, Router, Schema
from pydantic import Field

from spines import models
from spines.access import get_image
from spines.errors import Conflict
from spines.models import AnalysisImage
from spines.selectors.images.dendrites import dendrites_of_result
from spines.selectors.results.counts import current_result
from spines.selectors.review.state import events_since, version_of
from spines.selectors.review.words import line_of
from spines.services.review import answers as review
from spines.services.review import dendrites, undoing
from spines.services.review.stated import Stated
from spines.vocabulary.classes import KEY_PATTERN
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.api.spines import Spine, spine_fields
from webapp.images.rows import boxes_of, dendrite_rows
from webapp.requests import UserRequest

router = Router(tags=["Review"])

GREATEST_PX = 1_000_000
MOST_POINTS = 20_000
Pixels = Annotated[float, Field(ge=0, le=GREATEST_PX)]
ClassKey = Annotated[str, Field(pattern=f"^{KEY_PATTERN.pattern}$", max_length=30)]


class ReviewedSpine(Spine):
    """A spine as it is reviewed; the rejected are among them."""

    rejected: bool = Field(description="A person said that it is no spine: it counts nowhere.")


class DendriteLine(Schema):
    """A dendrite as it is reviewed."""

    id: int
    number: int
    points_px: list[tuple[float, float]] = Field(description="Its centreline: x and y in pixels of the image.")
    length_px: float = Field(description="Arc length of the centreline.")
    length_um: float | None = Field(description="The same; null without a pixel size.")
    spines: int = Field(description="On it, the rejected left out.")
    spines_per_um: float | None = Field(description="Those over the length; null without a pixel size.")


class Review(Schema):
    """What of an image's current result can be corrected."""

    result_id: int
    version: int = Field(description="State it with an edit: what others change afterwards is not overwritten.")
    reviewed: bool = Field(description="A person said that every spine has its box and every box is a spine.")
    spines: list[ReviewedSpine]
    dendrites: list[DendriteLine]


class Edited(Schema):
    """What an edit did."""

    result_id: int
    version: int = Field(description="To state with the next edit.")
    spine: ReviewedSpine | None = Field(description="As it is now, where the edit was of a spine that is there.")
    removed_spine_id: int | None = Field(description="Of a spine whose addition was undone.")
    undone: str | None = Field(description="Which change was undone.")
    others: list[str] = Field(description="What others did to the result since the stated version, a line each.")


class Edit(Sent):
    """What each edit states."""

    version: int = Field(ge=0, le=2**63 - 1, description="That was seen: of the review, or of the edit before.")
    key: UUID | None = Field(None, strict=False, description="Of this edit: sent again with it, it is done once.")

    def stated(self) -> Stated:
        """As the services take it."""
        return Stated(version=self.version, key=self.key)


class ResultEdit(Edit):
    """An edit of a result as a whole."""

    result_id: RowId | None = Field(None, description="That was seen; 409 when the image was analysed again since.")


class NewClass(Edit):
    """A class that a spine is given."""

    spine_class: ClassKey = Field(description="Of the experiment's class set.")


class NewSpine(ResultEdit):
    """A spine that the detector missed."""

    box_px: tuple[Pixels, Pixels, Pixels, Pixels] = Field(
        strict=False, description="x and y of its corner, width and height, in pixels of the image and within it."
    )
    spine_class: ClassKey = Field(description="Of the experiment's class set.")


class NewMark(ResultEdit):
    """Whether all boxes are right."""

    reviewed: bool = Field(description="True: every spine has its box and every box is a spine.")


Points = Annotated[
    list[Annotated[tuple[Pixels, Pixels], Field(strict=False)]], Field(min_length=2, max_length=MOST_POINTS)
]


class NewDendrite(ResultEdit):
    """A dendrite that is drawn."""

    points_px: Points = Field(description="x and y in pixels of the image.")


class NewLine(Edit):
    """Other points of a dendrite."""

    points_px: Points = Field(description="All of them, x and y in pixels of the image.")


class CutPlace(Edit):
    """Where a dendrite is cut."""

    at_px: tuple[Pixels, Pixels] = Field(strict=False, description="x and y; its nearest point is taken.")


def _spine(spine: models.Spine) -> ReviewedSpine:
    return ReviewedSpine(**spine_fields(spine), rejected=spine.rejected)


def _edited(
    request: UserRequest, sent: Edit, result: AnalysisImage, spine: models.Spine | None = None, **more: Any
) -> Edited:
    happened = [event for event in events_since(result, sent.version) if event.actor_id != request.user.pk]
    said = {"removed_spine_id": None, "undone": None} | more
    version = version_of(result)
    return Edited(
        result_id=result.pk,
        version=version,
        spine=_spine(spine) if spine else None,
        others=[line_of(event) for event in happened],
        **said,
    )


@router.get(
    "/images/{int:image_id}/review",
    response=answers(404, 409, 422, also={200: Review}),
    operation_id="get_review",
    summary="Get an image's spines and dendrites for review",
)
def show_review(request: UserRequest, image_id: PathId) -> Review:
    """Of its current result, with the version that edits state. 409 without a result."""
    result = current_result(get_image(request.user, image_id))
    if result is None:
        raise Conflict(f"Image {image_id} has no finished analysis, so there is nothing to review. Analyse it first.")
    version = version_of(result)  # before the rest: what changes in between is refused, never overwritten
    return Review(
        result_id=result.pk,
        version=version,
        reviewed=result.reviewed_at is not None,
        spines=[_spine(spine) for spine in boxes_of(result).select_related("analysis_image", "shape")],
        dendrites=[DendriteLine(**row) for row in dendrite_rows(dendrites_of_result(result))],
    )


_EDITED = answers(400, 403, 404, 409, 422, also={200: Edited})


@router.post(
    "/spines/{int:spine_id}/class",
    response=_EDITED,
    operation_id="set_spine_class",
    summary="Say which class a spine has",
)
def set_class(request: UserRequest, spine_id: PathId, sent: Body[NewClass]) -> Edited:
    """Whatever the network says. 409 with `changed` where somebody else spoke of the spine since."""
    spine = review.relabel(user=request.user, spine_id=spine_id, spine_class=sent.spine_class, stated=sent.stated())
    return _edited(request, sent, spine.analysis_image, spine)


def _plain(path: str, act: Callable[..., models.Spine], operation_id: str, summary: str, about: str) -> None:
    """An edit of a spine that needs nothing but the version."""

    def edit(request: UserRequest, spine_id: PathId, sent: Body[Edit]) -> Edited:
        spine = act(user=request.user, spine_id=spine_id, stated=sent.stated())
        return _edited(request, sent, spine.analysis_image, spine)

    edit.__doc__ = f"{about} 409 with `changed` where somebody else spoke of the spine since."
    router.post(f"/spines/{{int:spine_id}}/{path}", response=_EDITED, operation_id=operation_id, summary=summary)(edit)


_plain(
    "accept", review.accept, "accept_spine", "Accept a spine's class", "The network's likeliest, or what a person said."
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
    spine = review.add_spine(
        user=request.user,
        image_id=image_id,
        box_px=sent.box_px,
        spine_class=sent.spine_class,
        result_id=sent.result_id,
        stated=sent.stated(),
    )
    return _edited(request, sent, spine.analysis_image, spine)


@router.post(
    "/images/{int:image_id}/undo",
    response=_EDITED,
    operation_id="undo_edit",
    summary="Undo your last edit of an image",
)
def undo(request: UserRequest, image_id: PathId, sent: Body[ResultEdit]) -> Edited:
    """Again, and the one before is undone. 409 where nothing is left, or somebody else changed the same since."""
    undone = undoing.undo(user=request.user, image_id=image_id, result_id=sent.result_id, stated=sent.stated())
    return _edited(request, sent, undone.result, undone.spine, removed_spine_id=undone.removed_id, undone=undone.action)


@router.post(
    "/images/{int:image_id}/reviewed",
    response=_EDITED,
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
    return _edited(request, sent, result)


@router.post(
    "/images/{int:image_id}/dendrites",
    response=_EDITED,
    operation_id="add_dendrite",
    summary="Draw a dendrite",
)
def add_dendrite(request: UserRequest, image_id: PathId, sent: Body[NewDendrite]) -> Edited:
    """Its spines are seated and measured anew."""
    result = dendrites.add_dendrite(
        user=request.user,
        image_id=image_id,
        points_px=sent.points_px,
        result_id=sent.result_id,
        stated=sent.stated(),
    )
    return _edited(request, sent, result)


@router.post(
    "/dendrites/{int:dendrite_id}/points",
    response=_EDITED,
    operation_id="change_dendrite",
    summary="Let a dendrite run along other points",
)
def change_dendrite(request: UserRequest, dendrite_id: PathId, sent: Body[NewLine]) -> Edited:
    """409 with `changed` where somebody else changed the dendrite since; so with cutting and deleting it."""
    result = dendrites.change_dendrite(
        user=request.user, dendrite_id=dendrite_id, points_px=sent.points_px, stated=sent.stated()
    )
    return _edited(request, sent, result)


@router.post(
    "/dendrites/{int:dendrite_id}/cut",
    response=_EDITED,
    operation_id="cut_dendrite",
    summary="Cut a dendrite in two",
)
def cut_dendrite(request: UserRequest, dendrite_id: PathId, sent: Body[CutPlace]) -> Edited:
    """The longer part keeps the number."""
    result = dendrites.cut_dendrite(user=request.user, dendrite_id=dendrite_id, at_px=sent.at_px, stated=sent.stated())
    return _edited(request, sent, result)


@router.post(
    "/dendrites/{int:dendrite_id}/remove",
    response=_EDITED,
    operation_id="remove_dendrite",
    summary="Delete a dendrite",
)
def remove_dendrite(request: UserRequest, dendrite_id: PathId, sent: Body[Edit]) -> Edited:
    """Its spines sit on another that is near enough, or on none."""
    result = dendrites.remove_dendrite(user=request.user, dendrite_id=dendrite_id, stated=sent.stated())
    return _edited(request, sent, result)
