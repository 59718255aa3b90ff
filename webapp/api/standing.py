"""Letting images count that stand aside, setting images aside, taking either back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from ninja import Body, Router, Schema
from pydantic import Field

from spines.services.images.standing import admit, set_aside, take_back
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent, Text
from webapp.requests import UserRequest

MOST_IMAGES = 10_000

ACTS: dict[str, Callable[..., int]] = {"admit": admit, "set_aside": set_aside, "take_back": take_back}

router = Router(tags=["Images"])


class NewStanding(Sent):
    """What is said of images."""

    image_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_IMAGES)] = Field(
        description="Images of the experiment."
    )
    standing: Literal["admit", "set_aside", "take_back"] = Field(
        description="Let those count that stand aside; count them nowhere; or forget what people said, so that the "
        "grades decide."
    )
    reason: Text = Field("", description="Why they are set aside; needed there and not read elsewhere.")


class Said(Schema):
    """Of how many images something was said."""

    images: int = Field(ge=0)


@router.post(
    "/experiments/{int:experiment_id}/images/standing",
    response=answers(400, 403, 404, 422, also={200: Said}),
    operation_id="set_standing",
    summary="Admit images that stand aside, or set images aside",
)
def set_standing(request: UserRequest, experiment_id: PathId, sent: Body[NewStanding]) -> Said:
    """For at least an annotator of the lab. It is the image's, so a new analysis does not forget it."""
    act = ACTS[sent.standing]
    said: dict[str, Any] = {"reason": sent.reason} if act is set_aside else {}
    n = act(user=request.user, experiment_id=experiment_id, image_ids=sent.image_ids, **said)
    return Said(images=n)
