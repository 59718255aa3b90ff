"""Which channel, projection and plane of images are looked at and analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from spines.access import get_experiment, require_role
from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict, SeveralFaults
from spines.imaging import Polarity, Projection, ToldPolarity, make_thumbnail
from spines.models import Experiment, Image, PolaritySource, Role, User
from spines.selectors.images.chosen import chosen_images
from spines.services import audit
from spines.services.images.polarity import POLARITY_FIELDS, take_told
from spines.storage.deleting import delete_unwanted
from spines.storage.files import discard
from spines.storage.pixels import stored_plane, told_plane

FIELDS = ("channel", "projection", "plane")
SECONDS_AN_IMAGE, SECONDS_A_PIXEL = 0.08, 2.5e-8


def set_views(
    *,
    user: User,
    experiment_id: int,
    image_ids: Iterable[int],
    channel: int | None = None,
    projection: Projection | None = None,
    plane: int | None = None,
    progress: Progress = UNWATCHED,
) -> int:
    """Choose channel, projection and plane of images, all of them or none; thumbnails and polarity follow.

    A polarity that a person chose stays.

    Parameters
    ----------
    channel, plane : int or None
        From 0; None keeps what each image has. `plane` is used where the projection is one plane.
    projection : Projection or None
        None keeps what each image has.

    Returns
    -------
    int
        How many images were chosen.

    Raises
    ------
    SeveralFaults
        With a sentence for each image that has no such channel or plane.
    UnreadableImage
        When an image cannot be read any more.
    Conflict
        When an image was deleted meanwhile.
    """
    experiment = get_experiment(user, experiment_id)
    wanted = wanted_views(
        user=user,
        experiment_id=experiment_id,
        image_ids=image_ids,
        channel=channel,
        projection=projection,
        plane=plane,
    )
    changing = {image: view for image, view in wanted.items() if view != _view(image, None, None, None)}
    reading = progress.counted(changing.items(), len(changing), "Reading images", every=1)
    seen = {image: _seen(image, view) for image, view in reading}
    _write(user, experiment, changing, seen, progress)
    return len(wanted)


def wanted_views(
    *,
    user: User,
    experiment_id: int,
    image_ids: Iterable[int],
    channel: int | None = None,
    projection: Projection | None = None,
    plane: int | None = None,
) -> dict[Image, dict[str, Any]]:
    """What `set_views` would make of each image. Raises as it does, before anything is read."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    images = chosen_images(experiment, image_ids)
    wanted = {image: _view(image, channel, projection, plane) for image in images}
    faults = [fault for image, view in wanted.items() for fault in _faults(image, view)]
    if faults:
        raise SeveralFaults(faults)
    return wanted


def seconds_to_read(images: Iterable[Image]) -> float:
    """About how long it takes to read all of these anew, by their pixels (docs/benchmarks.md)."""
    return sum(SECONDS_AN_IMAGE + SECONDS_A_PIXEL * each.width_px * each.height_px * each.planes for each in images)


def _view(image: Image, channel: int | None, projection: Projection | None, plane: int | None) -> dict[str, Any]:
    return {
        "channel": image.channel if channel is None else channel,
        "projection": image.projection if projection is None else projection.value,
        "plane": image.plane if plane is None else plane,
    }


def _faults(image: Image, view: dict[str, Any]) -> Iterable[str]:
    for what, number, there in (("channel", view["channel"], image.channels), ("plane", view["plane"], image.planes)):
        if not 0 <= number < there:
            choice = f"Choose one from 1 to {there}" if there > 1 else f"It has no {what} {number + 1}"
            yield f"{image.original_name} has {there} {what}{'s' * (there > 1)}. {choice}."


def _seen(image: Image, view: dict[str, Any]) -> tuple[bytes, ToldPolarity]:
    """The thumbnail of a view, and which polarity the picture tells in it."""
    projection, chosen = Projection(view["projection"]), Polarity(image.polarity)
    seen = told_plane(image, channel=view["channel"], projection=projection, plane=view["plane"])
    pixels = seen.pixels
    if image.polarity_source == PolaritySource.USER and chosen is not seen.polarity:
        pixels = stored_plane(
            image, channel=view["channel"], projection=projection, plane=view["plane"], polarity=chosen
        )
    return make_thumbnail(pixels), seen.told


def _write(
    user: User,
    experiment: Experiment,
    views: dict[Image, dict[str, Any]],
    seen: dict[Image, tuple[bytes, ToldPolarity]],
    progress: Progress,
) -> None:
    """In one transaction; the new thumbnails are taken back where it fails, the old ones once it has not."""
    made: list[Image] = []
    try:
        with transaction.atomic():
            rows = experiment.images.select_for_update(of=("self",)).in_bulk([image.pk for image in views])
            _refuse_deleted(list(views), rows)
            for image, view in views.items():
                row = rows[image.pk]
                before = _view(row, None, None, None)
                thumbnail, told = seen[image]
                take_told(row, told)
                row.channel, row.projection, row.plane = (view[name] for name in FIELDS)
                row.thumbnail.save(row.sha256, ContentFile(thumbnail), save=False)
                made.append(row)
                row.save(update_fields=[*FIELDS, "thumbnail", *POLARITY_FIELDS])
                changed = [name for name in FIELDS if before[name] != view[name]]
                audit.record(
                    actor=user,
                    lab=experiment.lab,
                    action="image.view_set",
                    subject=row,
                    before={name: before[name] for name in changed},
                    after={name: view[name] for name in changed},
                    polarity=row.polarity,
                )
            progress.settle(images=len(views))
            transaction.on_commit(delete_unwanted, robust=True)
    except BaseException:
        for row in made:
            discard(row.thumbnail)
        raise


def _refuse_deleted(images: Sequence[Image], rows: dict[int, Image]) -> None:
    gone = next((image for image in images if image.pk not in rows), None)
    if gone:
        raise Conflict(
            f"{gone.original_name} was deleted meanwhile. Nothing was changed. Reload the page and try again."
        )
