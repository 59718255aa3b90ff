"""Where in its file an image lies: position, time point, and what the pages of a plain TIFF are."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from spines.access import get_experiment, get_image, require_role
from spines.errors import Conflict, InvalidInput, NotFound, SeveralFaults
from spines.imaging import ImageInfo, PageOrder, Place, Projection
from spines.imaging.apart import Look
from spines.imaging.naming import name_with
from spines.models import AnalysisImage, Image, PixelSizeSource, Role, User
from spines.models.images import LONGEST_NAME
from spines.selectors.images.chosen import chosen_images
from spines.services import audit
from spines.services.images.polarity import take_told
from spines.services.samples.facts import lock_samples
from spines.storage.deleting import delete_unwanted
from spines.storage.files import discard
from spines.storage.pixels import look_at, original_of
from spines.vocabulary.blind_codes import unordered_number

MOST_AT_ONCE = 100
_FROM_INFO = (
    "format",
    "width_px",
    "height_px",
    "planes",
    "channels",
    "bit_depth",
    "is_float",
    "times",
    "tells_pages",
    "takes_page_order",
)
_OF_PAGES = ("page_channels", "page_times")
READ_FIELDS = (*_FROM_INFO, *_OF_PAGES, "channel_names", "plane_spacing_um", "channel", "projection", "plane")
"""What of an image follows from how its file is read."""


def take_info(image: Image, info: ImageInfo, at: Place) -> None:
    """Write what a file says of a place into an unsaved image, whose view becomes the usual one."""
    for name in _FROM_INFO:
        setattr(image, name, getattr(info, name))
    image.position, image.positions = at.position, len(info.position_names)
    image.position_name = " ".join(info.position_names[at.position].split())[:200]
    image.time = at.time
    image.page_channels, image.page_times = (at.pages.channels, at.pages.times) if at.pages else (None, None)
    image.channel_names = list(info.channel_names)
    image.plane_spacing_um = info.plane_spacing_um
    image.channel, image.plane, image.projection = info.usual_channel, 0, Projection.MAX.value
    if image.pixel_size_source != PixelSizeSource.USER:
        image.pixel_size_um = info.pixel_size_um
        image.pixel_size_source = PixelSizeSource.METADATA if info.pixel_size_um else ""


def name_at(file_name: str, image: Image) -> str:
    """The name of an image of a file: with its position and time point before the ending, where it has several.

    Positions count from 1 and have the file's own name for them; a time point is named from the second on.
    """
    said = [image.position_name or f"position {image.position + 1}"] if image.positions > 1 else []
    said += [f"time {image.time + 1}"] if image.time else []
    return name_with(file_name, said, longest=LONGEST_NAME)


def _look(image: Image, at: Place) -> Look:
    with original_of(image) as path:
        return look_at(path, name=image.original_name, at=at)


def take_time(*, user: User, image_id: int, time: int) -> Image:
    """Make another time point of an image's file an image of its own, of the same animal and cell.

    Parameters
    ----------
    time : int
        From 0.

    Raises
    ------
    InvalidInput
        The file has no such time point.
    Conflict
        The experiment has it already, or the image was deleted meanwhile.
    """
    source = get_image(user, image_id)
    require_role(user, source.lab, Role.ANNOTATOR)
    if not 0 <= time < source.times:
        raise InvalidInput(f"{source.original_name} has {source.times:,} time points: choose one of them.")
    siblings = Image.objects.filter(experiment=source.experiment, sha256=source.sha256, position=source.position)
    if twin := siblings.filter(time=time).first():
        raise Conflict(f"This time point is in the experiment already, as {twin.original_name}.")
    at = Place(position=source.position, time=time, pages=source.place.pages)
    look = _look(source, at)
    first = siblings.order_by("time").first() or source
    made = Image(
        pk=unordered_number() if source.experiment.blinded else None,
        experiment=source.experiment,
        cell=source.cell,
        folder=source.folder,
        sha256=source.sha256,
        size_bytes=source.size_bytes,
        uploaded_by=user,
        pixel_size_um=source.pixel_size_um,
        pixel_size_source=source.pixel_size_source,
    )
    take_info(made, look.info, at)
    made.pixel_size_um, made.pixel_size_source = source.pixel_size_um, source.pixel_size_source
    made.original_name = _named_after(first, made)
    take_told(made, look.told)
    made.file.name = source.file.name
    made.thumbnail.save(made.sha256, ContentFile(look.thumbnail), save=False)
    try:
        with transaction.atomic():
            lock_samples(source.experiment)
            if not Image.objects.select_for_update().filter(pk=source.pk).exists():
                raise Conflict(f"{source.original_name} was deleted meanwhile.")
            made.save(force_insert=True)
            audit.record(
                actor=user, lab=source.lab, action="image.time_taken", subject=made, name=made.original_name, time=time
            )
    except BaseException as error:
        discard(made.thumbnail)
        if isinstance(error, IntegrityError):
            raise Conflict("This time point is in the experiment already.") from error
        raise
    return made


def _named_after(first: Image, made: Image) -> str:
    """The name of the file, without what tells the first image's place, with what tells the new one's."""
    mark = f" [{first.position_name or f'position {first.position + 1}'}".replace("/", "·")
    head, found, tail = first.original_name.partition(mark) if first.positions > 1 else (first.original_name, "", "")
    name = head + tail.partition("]")[2] if found else head
    return name_at(name, made)


def set_page_order(*, user: User, experiment_id: int, image_ids: Iterable[int], order: PageOrder | None) -> int:
    """Say what the pages of TIFF files are, or with None take what each file says. Returns how many images.

    Pages follow each other channels fastest, then planes, then time points. The images are read anew: channel,
    projection and plane become the usual ones, thumbnail and polarity follow.

    Raises
    ------
    InvalidInput
        More than MOST_AT_ONCE images are named.
    SeveralFaults
        With a sentence for each image that is of another kind of file, or has results, which are of the pages as they
        were taken.
    UnreadableImage
        The numbers do not divide the pages.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    images = list(chosen_images(experiment, image_ids).order_by("pk"))
    if len(images) > MOST_AT_ONCE:
        raise InvalidInput(f"Choose at most {MOST_AT_ONCE} images at once: each of them is read anew.")
    if faults := [fault for image in images if (fault := _why_not(image))]:
        raise SeveralFaults(faults)
    seen = {image.pk: _look(image, Place(pages=order)) for image in images}
    made: list[Image] = []
    try:
        with transaction.atomic():
            rows = experiment.images.select_for_update(of=("self",)).in_bulk([image.pk for image in images])
            for image in images:
                row = rows.get(image.pk)
                if row is None:
                    raise NotFound(f"{image.original_name} was deleted meanwhile. Nothing was changed.")
                if why := _why_not(row):
                    raise Conflict(why)
                before = {name: getattr(row, name) for name in ("channels", "planes", "times")}
                take_info(row, seen[row.pk].info, Place(pages=order))
                take_told(row, seen[row.pk].told)
                row.thumbnail.save(row.sha256, ContentFile(seen[row.pk].thumbnail), save=False)
                made.append(row)
                row.save()
                audit.record(
                    actor=user,
                    lab=experiment.lab,
                    action="image.pages_said",
                    subject=row,
                    before=before,
                    after={name: getattr(row, name) for name in before},
                )
            transaction.on_commit(delete_unwanted, robust=True)
    except BaseException:
        for row in made:
            discard(row.thumbnail)
        raise
    return len(images)


def _why_not(image: Image) -> str:
    """Why nobody can say what its pages are; empty where one can."""
    if not image.takes_page_order:
        return f"{image.original_name} is of a format that says itself what its pages are, or has one alone."
    of_file = Image.objects.filter(experiment_id=image.experiment_id, sha256=image.sha256)
    if len(of_file) > 1 or AnalysisImage.objects.filter(image=image).exists():
        return (
            f"{image.original_name} was analysed, or other time points of its file were taken, with its "
            "pages as they are taken now: delete the image and upload it again to take them otherwise."
        )
    return ""
