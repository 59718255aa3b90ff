"""Which channel, projection and plane of images are looked at and analysed."""

from __future__ import annotations

from typing import Annotated

from ninja import Body, Router, Schema, Status
from pydantic import Field

from spines.imaging import Projection
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.api.work import Work, shown
from webapp.requests import UserRequest
from webapp.work.images import set_or_ask

MOST_IMAGES = 10_000
GREATEST = 100_000

router = Router(tags=["Images"])


class NewView(Sent):
    """What is looked at; null or left out: as it is."""

    image_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_IMAGES)] = Field(
        description="Images of the experiment."
    )
    channel: Annotated[int, Field(ge=0, le=GREATEST)] | None = Field(None, description="From 0.")
    projection: Projection | None = Field(None, strict=False, description="How planes become one picture.")
    plane: Annotated[int, Field(ge=0, le=GREATEST)] | None = Field(
        None, description="From 0; used where the projection is one plane."
    )


class ViewsSet(Schema):
    """Of how many images it was set."""

    images: int = Field(ge=0)


@router.post(
    "/experiments/{int:experiment_id}/images/view",
    response=answers(400, 403, 404, 409, 422, also={200: ViewsSet, 202: Work}),
    operation_id="set_view",
    summary="Choose channel, projection and plane of images",
)
def set_view(request: UserRequest, experiment_id: PathId, sent: Body[NewView]) -> Status[ViewsSet] | Status[Work]:
    """Of all of them or of none, for at least an annotator of the lab. Results stay until images are analysed again.

    202 where so many pixels are read anew that it takes a while.
    """
    work = set_or_ask(
        request.user,
        experiment_id=experiment_id,
        image_ids=sent.image_ids,
        channel=sent.channel,
        projection=sent.projection,
        plane=sent.plane,
    )
    return Status(202, shown(request, work)) if work else Status(200, ViewsSet(images=len(set(sent.image_ids))))
