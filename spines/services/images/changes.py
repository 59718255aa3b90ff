"""Changing images that are there: calibration, removal."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from spines.access import get_experiment, require_role
from spines.errors import Conflict, InvalidInput
from spines.models import Experiment, Image, PixelSizeSource, Role, User
from spines.models.analyses import UNFINISHED, AnalysisImage
from spines.selectors.images.chosen import chosen_images
from spines.services import audit
from spines.storage.deleting import delete_unwanted

SMALLEST_PIXEL_UM, LARGEST_PIXEL_UM = 0.005, 10.0


def _chosen(user: User, experiment_id: int, image_ids: Iterable[int]) -> tuple[Experiment, list[Image]]:
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    return experiment, list(chosen_images(experiment, image_ids))


@transaction.atomic
def set_pixel_size(
    *,
    user: User,
    experiment_id: int,
    image_ids: Iterable[int],
    pixel_size_um: float | None,
    confirmed: bool = False,
) -> int:
    """Enter the pixel size (µm a pixel) of images, or take it away with None. Returns how many.

    With `confirmed` it answers the question which size is right, so that it is not asked again.
    """
    experiment, images = _chosen(user, experiment_id, image_ids)
    if pixel_size_um is not None and not SMALLEST_PIXEL_UM <= pixel_size_um <= LARGEST_PIXEL_UM:
        raise InvalidInput(
            f"{pixel_size_um:g} µm a pixel is outside {SMALLEST_PIXEL_UM:g}–{LARGEST_PIXEL_UM:g} µm. "
            "Give the width of one pixel in micrometres, for example 0.1."
        )
    for image in images:
        before = image.pixel_size_um
        image.pixel_size_um = pixel_size_um
        image.pixel_size_source = PixelSizeSource.USER if pixel_size_um else ""
        image.pixel_size_confirmed_um = pixel_size_um if confirmed else None
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="image.pixel_size_set",
            subject=image,
            before={"pixel_size_um": before},
            after={"pixel_size_um": pixel_size_um, "confirmed": confirmed},
        )
    return Image.objects.bulk_update(images, ["pixel_size_um", "pixel_size_source", "pixel_size_confirmed_um"])


@transaction.atomic
def confirm_pixel_size(*, user: User, experiment_id: int, image_ids: Iterable[int]) -> int:
    """Say that images' pixel sizes are right, whatever they look like. Returns how many.

    Analyses go by it from then on, without asking the picture.

    Raises
    ------
    InvalidInput
        One of them has no pixel size.
    """
    experiment, images = _chosen(user, experiment_id, image_ids)
    if any(image.pixel_size_um is None for image in images):
        raise InvalidInput("An image without a pixel size has none to keep. Enter one, or leave it out.")
    for image in images:
        before, image.pixel_size_confirmed_um = image.pixel_size_confirmed_um, image.pixel_size_um
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="image.pixel_size_confirmed",
            subject=image,
            before={"pixel_size_confirmed_um": before},
            after={"pixel_size_confirmed_um": image.pixel_size_um},
        )
    return Image.objects.bulk_update(images, ["pixel_size_confirmed_um"])


@transaction.atomic
def delete_images(*, user: User, experiment_id: int, image_ids: Iterable[int]) -> int:
    """Remove images with everything found in them. Not while an analysis works on one. Returns how many."""
    experiment, images = _chosen(user, experiment_id, image_ids)
    Experiment.objects.select_for_update().get(pk=experiment.pk)  # no analysis of them starts meanwhile
    busy = AnalysisImage.objects.filter(image__in=images, status__in=UNFINISHED).select_related("image").first()
    if busy:
        raise Conflict(
            f"{busy.image.original_name} is being analysed. Cancel the analysis or wait for it, then delete."
        )
    for image in images:
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="image.deleted",
            subject=image,
            name=image.original_name,
            sha256=image.sha256,
        )
    Image.objects.filter(pk__in=[i.pk for i in images]).delete()
    transaction.on_commit(delete_unwanted, robust=True)
    return len(images)
