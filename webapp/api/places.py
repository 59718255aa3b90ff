"""Time points of a file as images, and what the pages of a plain TIFF are."""

from __future__ import annotations

from typing import Annotated

from ninja import Body, Router, Schema, Status
from pydantic import Field

from spines.imaging import PageOrder
from spines.services.images.places import MOST_AT_ONCE, set_page_order, take_time
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.api.images import Image, shown_image
from webapp.requests import UserRequest

GREATEST = 1_000_000

router = Router(tags=["Images"])


class WantedTime(Sent):
    """A time point."""

    time: int = Field(ge=0, le=GREATEST, description="From 0.")


class NewPageOrder(Sent):
    """What the pages of TIFF files are: channels fastest, then planes, then time points."""

    image_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_AT_ONCE)] = Field(
        description="Images of the experiment that take it (`takes_page_order`) and were never analysed."
    )
    channels: Annotated[int, Field(ge=1, le=GREATEST)] | None = Field(
        description="How many there are; null, with null time points: what each file says."
    )
    times: Annotated[int, Field(ge=1, le=GREATEST)] | None = Field(None, description="How many there are; null: 1.")


class PagesSaid(Schema):
    """Of how many images it was said."""

    images: int = Field(ge=0)


@router.post(
    "/images/{int:image_id}/times",
    response=answers(400, 403, 404, 409, 422, also={201: Image}),
    operation_id="take_time",
    summary="Make another time point of a file an image",
)
def take(request: UserRequest, image_id: PathId, sent: Body[WantedTime]) -> Status[Image]:
    """Of the same file, position, animal and cell, for at least an annotator of the lab."""
    return Status(201, shown_image(take_time(user=request.user, image_id=image_id, time=sent.time)))


@router.post(
    "/experiments/{int:experiment_id}/images/pages",
    response=answers(400, 403, 404, 409, 422, also={200: PagesSaid}),
    operation_id="set_page_order",
    summary="Say what the pages of TIFF files are",
)
def say_pages(request: UserRequest, experiment_id: PathId, sent: Body[NewPageOrder]) -> PagesSaid:
    """For files that do not say it, or say it wrongly, and at least an annotator of the lab. Planes are the rest.

    Channel, projection, plane and thumbnail become the usual ones of what is read then.
    """
    order = PageOrder(channels=sent.channels or 1, times=sent.times or 1) if sent.channels or sent.times else None
    n = set_page_order(user=request.user, experiment_id=experiment_id, image_ids=sent.image_ids, order=order)
    return PagesSaid(images=n)
