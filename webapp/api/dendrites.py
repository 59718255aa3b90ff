"""Correcting the dendrites of a result."""

from __future__ import annotations

from typing import Annotated

from ninja import Body, Router
from pydantic import Field

from spines.services.review import dendrites
from webapp.api.edits import EDITED, Edit, Edited, Pixels, ResultEdit, edited
from webapp.api.fields import PathId
from webapp.requests import UserRequest

router = Router(tags=["Review"])

MOST_POINTS = 20_000
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


@router.post(
    "/images/{int:image_id}/dendrites",
    response=EDITED,
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
    return edited(request, sent, result)


@router.post(
    "/dendrites/{int:dendrite_id}/points",
    response=EDITED,
    operation_id="change_dendrite",
    summary="Let a dendrite run along other points",
)
def change_dendrite(request: UserRequest, dendrite_id: PathId, sent: Body[NewLine]) -> Edited:
    """409 with `changed` where somebody else changed the dendrite since; so with cutting and deleting it."""
    result = dendrites.change_dendrite(
        user=request.user, dendrite_id=dendrite_id, points_px=sent.points_px, stated=sent.stated()
    )
    return edited(request, sent, result)


@router.post(
    "/dendrites/{int:dendrite_id}/cut",
    response=EDITED,
    operation_id="cut_dendrite",
    summary="Cut a dendrite in two",
)
def cut_dendrite(request: UserRequest, dendrite_id: PathId, sent: Body[CutPlace]) -> Edited:
    """The longer part keeps the number."""
    result = dendrites.cut_dendrite(user=request.user, dendrite_id=dendrite_id, at_px=sent.at_px, stated=sent.stated())
    return edited(request, sent, result)


@router.post(
    "/dendrites/{int:dendrite_id}/remove",
    response=EDITED,
    operation_id="remove_dendrite",
    summary="Delete a dendrite",
)
def remove_dendrite(request: UserRequest, dendrite_id: PathId, sent: Body[Edit]) -> Edited:
    """Its spines sit on another that is near enough, or on none."""
    result = dendrites.remove_dendrite(user=request.user, dendrite_id=dendrite_id, stated=sent.stated())
    return edited(request, sent, result)
