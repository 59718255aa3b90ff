"""Saying whether neurons are lighter or darker than their ground."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Body, Router, Schema
from pydantic import Field

from spines.imaging import Polarity
from spines.services.images.polarity import set_polarity
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.requests import UserRequest

MOST_IMAGES = 10_000

router = Router(tags=["Images"])


class NewPolarity(Sent):
    """What is said of images."""

    image_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_IMAGES)] = Field(
        description="Images of the experiment."
    )
    polarity: Literal["light_on_dark", "dark_on_light"] | None = Field(
        description="Of their neurons; null: what each picture itself tells."
    )


class PolaritySet(Schema):
    """For how many images it is now another."""

    images: int = Field(ge=0)


@router.post(
    "/experiments/{int:experiment_id}/images/polarity",
    response=answers(400, 403, 404, 409, 422, also={200: PolaritySet}),
    operation_id="set_polarity",
    summary="Say whether neurons are light on dark or dark on light",
)
def polarity_of_images(request: UserRequest, experiment_id: PathId, sent: Body[NewPolarity]) -> PolaritySet:
    """For at least an annotator of the lab. Results stay as they are until the images are analysed again."""
    chosen = Polarity(sent.polarity) if sent.polarity else None
    n = set_polarity(user=request.user, experiment_id=experiment_id, image_ids=sent.image_ids, polarity=chosen)
    return PolaritySet(images=n)
