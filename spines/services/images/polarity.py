"""Whether the neuron of an image is lighter or darker than its ground: told by the picture, or chosen."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction

from spines.access import get_experiment, require_role
from spines.imaging import Polarity, Projection, ToldPolarity, make_thumbnail
from spines.models import Image, PolaritySource, Role, User
from spines.selectors.images.chosen import chosen_images
from spines.services import audit
from spines.storage.files import discard
from spines.storage.pixels import stored_plane, told_plane

POLARITY_FIELDS = ("polarity", "polarity_source", "told_polarity", "polarity_sureness")


def take_told(image: Image, told: ToldPolarity) -> None:
    """Write what the picture tells into an unsaved image; a polarity that a person chose stays in force."""
    image.told_polarity, image.polarity_sureness = told.polarity.value, told.sureness
    if image.polarity_source != PolaritySource.USER:
        image.polarity, image.polarity_source = told.polarity.value, PolaritySource.PICTURE


def set_polarity(*, user: User, experiment_id: int, image_ids: Iterable[int], polarity: Polarity | None) -> int:
    """Choose the polarity of images, or with None take what each picture tells. Returns how many changed.

    What was found stays as it was found until the images are analysed again.

    Raises
    ------
    InvalidInput
        When no image is named, or one that is not in the experiment.
    UnreadableImage, FileGone
        When a picture has to be read for this and cannot be; then nothing is changed.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    chosen = list(chosen_images(experiment, image_ids).order_by("pk"))
    told = {image.pk: _told(image) for image in chosen if polarity is None and not image.told_polarity}
    wanted = {image.pk: _wanted(image, polarity, told.get(image.pk)) for image in chosen}
    changed = [image for image in chosen if (image.polarity, image.polarity_source) != wanted[image.pk]]
    # Only what a stack's strongest signal is depends on the polarity: other thumbnails show the picture as it is.
    thumbnails = {
        image.pk: _thumbnail(image, Polarity(wanted[image.pk][0]))
        for image in changed
        if image.planes > 1 and image.projection == Projection.MAX and image.polarity != wanted[image.pk][0]
    }
    with transaction.atomic():
        for image in changed:
            was = image.polarity
            if image.pk in told:
                image.told_polarity, image.polarity_sureness = told[image.pk].polarity.value, told[image.pk].sureness
            image.polarity, image.polarity_source = wanted[image.pk]
            if image.pk in thumbnails:
                transaction.on_commit(partial(discard, image.thumbnail, image.thumbnail.name))
                image.thumbnail.save(image.sha256, ContentFile(thumbnails[image.pk]), save=False)
            audit.record(
                actor=user,
                lab=experiment.lab,
                action="image.polarity_set",
                subject=image,
                before=was,
                polarity=image.polarity,
                by=image.polarity_source,
            )
        Image.objects.bulk_update(changed, [*POLARITY_FIELDS, "thumbnail"])
    return len(changed)


def _wanted(image: Image, polarity: Polarity | None, told: ToldPolarity | None) -> tuple[str, str]:
    if polarity is not None:
        return polarity.value, PolaritySource.USER.value
    return (told.polarity.value if told else image.told_polarity), PolaritySource.PICTURE.value


def _told(image: Image) -> ToldPolarity:
    """For images from before pictures were asked."""
    return told_plane(image, channel=image.channel, projection=Projection(image.projection), plane=image.plane).told


def _thumbnail(image: Image, polarity: Polarity) -> bytes:
    return make_thumbnail(
        stored_plane(
            image,
            channel=image.channel,
            projection=Projection(image.projection),
            plane=image.plane,
            polarity=polarity,
        )
    )
