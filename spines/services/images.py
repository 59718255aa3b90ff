"""Changing images that are there: calibration, channel, projection, removal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction

from spines.access import get_experiment, get_image, require_role
from spines.errors import Conflict, InvalidInput
from spines.files import discard
from spines.imaging import Polarity, Projection, make_thumbnail
from spines.models import Experiment, Image, PixelSizeSource, PolaritySource, Role, User
from spines.models.analyses import UNFINISHED, AnalysisImage
from spines.pixels import stored_plane, told_plane
from spines.services import audit
from spines.services.polarity import POLARITY_FIELDS, take_told

SMALLEST_PIXEL_UM, LARGEST_PIXEL_UM = 0.005, 10.0


def _chosen(user: User, experiment_id: int, image_ids: Iterable[int]) -> tuple[Experiment, list[Image]]:
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    images = list(experiment.images.filter(pk__in=list(image_ids)))
    if not images:
        raise InvalidInput("No image of this experiment is chosen. Tick at least one.")
    return experiment, images


@transaction.atomic
def set_pixel_size(*, user: User, experiment_id: int, image_ids: Iterable[int], pixel_size_um: float | None) -> int:
    """Enter the pixel size (µm a pixel) of images, or take it away with None. Returns how many."""
    experiment, images = _chosen(user, experiment_id, image_ids)
    if pixel_size_um is not None and not SMALLEST_PIXEL_UM <= pixel_size_um <= LARGEST_PIXEL_UM:
        raise InvalidInput(
            f"{pixel_size_um:g} µm a pixel is outside {SMALLEST_PIXEL_UM:g}–{LARGEST_PIXEL_UM:g} µm. "
            "Give the width of one pixel in micrometres, for example 0.1."
        )
    for image in images:
        image.pixel_size_um = pixel_size_um
        image.pixel_size_source = PixelSizeSource.USER if pixel_size_um else ""
        audit.record(
            actor=user,
            lab=experiment.lab,
            action="image.pixel_size_set",
            subject=image,
            pixel_size_um=pixel_size_um,
        )
    return Image.objects.bulk_update(images, ["pixel_size_um", "pixel_size_source"])


def set_view(*, user: User, image_id: int, channel: int, projection: Projection, plane: int = 0) -> Image:
    """Choose the channel and projection that are looked at and analysed; thumbnail and polarity follow.

    A polarity that a person chose stays.
    """
    image = get_image(user, image_id)
    require_role(user, image.lab, Role.ANNOTATOR)
    if not 0 <= channel < image.channels:
        raise InvalidInput(
            f"{image.original_name} has {image.channels} channels. Choose one from 1 to {image.channels}."
        )
    if not 0 <= plane < image.planes:
        raise InvalidInput(f"{image.original_name} has {image.planes} planes. Choose one from 1 to {image.planes}.")
    seen = told_plane(image, channel=channel, projection=projection, plane=plane)
    pixels, chosen = seen.pixels, Polarity(image.polarity)
    if image.polarity_source == PolaritySource.USER and chosen is not seen.polarity:
        pixels = stored_plane(image, channel=channel, projection=projection, plane=plane, polarity=chosen)
    with transaction.atomic():
        old = image.thumbnail.name
        image.channel, image.projection, image.plane = channel, projection.value, plane
        take_told(image, seen.told)
        image.thumbnail.save(image.sha256, ContentFile(make_thumbnail(pixels)), save=False)
        image.save(update_fields=["channel", "projection", "plane", "thumbnail", *POLARITY_FIELDS])
        audit.record(
            actor=user,
            lab=image.lab,
            action="image.view_set",
            subject=image,
            channel=channel,
            projection=projection.value,
            plane=plane,
            polarity=image.polarity,
        )
        transaction.on_commit(partial(discard, image.thumbnail, old))
    return image


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
        for stored in (image.file, image.thumbnail):
            transaction.on_commit(partial(discard, stored))
    Image.objects.filter(pk__in=[i.pk for i in images]).delete()
    return len(images)
