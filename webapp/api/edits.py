"""What an edit of a result states, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from spines import models
from spines.models import AnalysisImage
from spines.selectors.review.state import events_since, version_of
from spines.selectors.review.words import line_of
from spines.services.review.stated import Stated
from webapp.api.failures import answers
from webapp.api.fields import RowId, Sent
from webapp.api.spines import Spine, spine_fields
from webapp.requests import UserRequest

GREATEST_PX = 1_000_000
Pixels = Annotated[float, Field(ge=0, le=GREATEST_PX)]


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


EDITED = answers(400, 403, 404, 409, 422, also={200: Edited})


def reviewed_spine(spine: models.Spine) -> ReviewedSpine:
    return ReviewedSpine(**spine_fields(spine), rejected=spine.rejected)


def edited(
    request: UserRequest, sent: Edit, result: AnalysisImage, spine: models.Spine | None = None, **more: Any
) -> Edited:
    happened = [event for event in events_since(result, sent.version) if event.actor_id != request.user.pk]
    said = {"removed_spine_id": None, "undone": None} | more
    version = version_of(result)
    return Edited(
        result_id=result.pk,
        version=version,
        spine=reviewed_spine(spine) if spine else None,
        others=[line_of(event) for event in happened],
        **said,
    )
