"""Which images to review next."""

from __future__ import annotations

from ninja import Router, Schema
from pydantic import Field

from spines.access import get_experiment
from spines.selectors.review.proposals import proposals_of
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.requests import UserRequest

router = Router(tags=["Review"])


class ProposedImage(Schema):
    """An image whose review would teach the networks much, and why. Shares lie between 0 and 1."""

    image_id: int
    spines: int = Field(ge=0)
    boxes_near_threshold: float | None = Field(description="Share of its boxes, candidates among them.")
    unsure_of_classes: float | None = Field(description="0: the classifier is certain; 1: it has no idea.")
    unlikeness: float | None = Field(description="1 is what one training picture in a hundred passes.")
    of_its_animal_before: int = Field(ge=0, description="Images of its animal that are reviewed, or stand before it.")


class ProposedImages(Schema):
    """What to review next, the most helpful first."""

    images: list[ProposedImage]
    reviewed_images: int = Field(ge=0)
    reviewed_animals: int = Field(ge=0, description="An image without an animal is one of its own.")
    waiting_images: int = Field(ge=0, description="Analysed, counting and not reviewed.")


@router.get(
    "/experiments/{int:experiment_id}/review-next",
    response=answers(404, 422, also={200: ProposedImages}),
    operation_id="propose_reviews",
    summary="Get the images to review next",
)
def propose(request: UserRequest, experiment_id: PathId) -> ProposedImages:
    """Of the analysed images that count and are not reviewed: uncertain, unlike the training, of different animals."""
    found = proposals_of(get_experiment(request.user, experiment_id))
    return ProposedImages(
        images=[
            ProposedImage(
                image_id=each.image.pk,
                spines=each.spines,
                boxes_near_threshold=each.near,
                unsure_of_classes=each.unsure,
                unlikeness=each.unlikeness,
                of_its_animal_before=each.of_its_animal,
            )
            for each in found.images
        ],
        reviewed_images=found.reviewed,
        reviewed_animals=found.animals_reviewed,
        waiting_images=found.waiting,
    )
