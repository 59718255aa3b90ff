"""Taking in image files. Nothing uploaded is trusted: not its name, not its extension, not its header."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path, PurePosixPath

from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from django.utils import timezone

from spines.access import get_experiment, require_role
from spines.constraints import broken_constraint
from spines.errors import Conflict, InvalidInput
from spines.imaging import ImageInfo, Projection
from spines.models import Experiment, Image, PixelSizeSource, Role, User
from spines.models.images import LONGEST_NAME
from spines.samples import SampleFields
from spines.samples.fields import NOTHING
from spines.services import audit
from spines.services.images.polarity import take_told
from spines.services.samples.facts import lock_samples
from spines.services.samples.sources import state_of_new_image
from spines.services.upkeep.originals import is_there, is_whole, put_back
from spines.storage.files import discard, is_local
from spines.storage.pixels import look_at
from spines.vocabulary.blind_codes import unordered_number

CHUNK_BYTES = 1 << 20
ONCE_PER_EXPERIMENT = "image_once_per_experiment"
MOST_SHA256S_ASKED = 5000


def clean_name(name: str) -> tuple[str, str]:
    """Split what a browser sent as a file's name into (folder, name), without anything that climbs or hides.

    Any script is kept (NFC); control characters, drive letters, `.` and `..` are dropped.

    >>> clean_name("../../etc/pass\\x00wd.tif")
    ('etc', 'passwd.tif')
    """
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    parts = [p for p in PurePosixPath(text).parts if p not in ("/", "//", ".", "..") and not p.endswith(":")]
    if not parts:
        raise InvalidInput("This file has no name. Name it and upload it again.")
    folder = "/".join(parts[:-1])
    if len(parts[-1]) > LONGEST_NAME or len(folder) > LONGEST_NAME:
        raise InvalidInput(f"This file's name is longer than {LONGEST_NAME} characters. Shorten it.")
    return folder, parts[-1]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex; one chunk in memory at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def already_there(*, user: User, experiment_id: int, sha256s: list[str]) -> dict[str, int]:
    """Which of these files the experiment has: sha256 → image id. Asked before a browser uploads.

    An image whose original is lost is not among them: uploaded again, it gets it back. A storage that is another
    machine is not asked file by file.
    """
    experiment = get_experiment(user, experiment_id)
    found = experiment.images.filter(sha256__in=sha256s[:MOST_SHA256S_ASKED])
    return {image.sha256: image.pk for image in found if not is_local() or is_there(image)}


def add_image(*, user: User, experiment_id: int, path: Path, name: str, said: SampleFields = NOTHING) -> Image:
    """Check a file, store it in the experiment and make its thumbnail.

    Parameters
    ----------
    path : Path
        The received file on this machine's disk. It is read, not kept.
    name : str
        What the user's machine calls it; may carry folders, which the file name pattern can use.
    said : SampleFields
        What is known of its sample. An animal goes before the one that the experiment's pattern reads from the name.

    Raises
    ------
    InvalidInput, UnreadableImage
        With the sentence for this file.
    SampleConflict
        When its animal would stand in two conditions; nothing is stored then.
    Conflict
        When the experiment has the same content already. Where that image's original is lost or damaged, the image gets
        it back and is returned, with its results and corrections.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    folder, base = clean_name(name)
    sha256 = sha256_of(path)
    if twin := experiment.images.filter(sha256=sha256).first():
        return _healed(twin, user, path, base)
    look = look_at(path, name=base)
    image = _unsaved(experiment, look.info, folder=folder, name=base, sha256=sha256, size=path.stat().st_size)
    image.uploaded_by = user
    take_told(image, look.told)
    return _store(image, path=path, thumbnail=look.thumbnail, said=said)


def _healed(twin: Image, user: User, path: Path, name: str) -> Image:
    """The image whose original was lost or damaged, with the same file again. Raises Conflict where it is whole."""
    if is_whole(twin):
        raise Conflict(f"{name} is in this experiment already, as {twin.original_name}. It was skipped.")
    put_back(twin, path, actor=user, source="upload")
    return twin


def _unsaved(experiment: Experiment, info: ImageInfo, *, folder: str, name: str, sha256: str, size: int) -> Image:
    return Image(
        pk=unordered_number() if experiment.blinded else None,
        experiment=experiment,
        original_name=name,
        folder=folder,
        sha256=sha256,
        size_bytes=size,
        format=info.format,
        width_px=info.width_px,
        height_px=info.height_px,
        planes=info.planes,
        channels=info.channels,
        channel_names=list(info.channel_names),
        bit_depth=info.bit_depth,
        is_float=info.is_float,
        pixel_size_um=info.pixel_size_um,
        pixel_size_source=PixelSizeSource.METADATA if info.pixel_size_um else "",
        projection=Projection.MAX.value,
        channel=info.usual_channel,
    )


def _store(image: Image, *, path: Path, thumbnail: bytes, said: SampleFields) -> Image:
    """Files first, then the row; a row that cannot be kept takes its files back."""
    try:
        with path.open("rb") as stream:
            image.file.save(image.sha256, File(stream), save=False)
        image.thumbnail.save(image.sha256, ContentFile(thumbnail), save=False)
        with transaction.atomic():
            lock_samples(image.experiment)
            image.save(force_insert=True)
            Experiment.objects.filter(pk=image.experiment_id).update(touched_at=timezone.now())
            state_of_new_image(image, said)
            audit.record(
                actor=image.uploaded_by,
                lab=image.lab,
                action="image.uploaded",
                subject=image,
                name=image.original_name,
                sha256=image.sha256,
            )
    except BaseException as error:
        discard(image.file)
        discard(image.thumbnail)
        if isinstance(error, IntegrityError) and broken_constraint(error) == ONCE_PER_EXPERIMENT:
            raise Conflict(f"{image.original_name} is in this experiment already. It was skipped.") from error
        raise
    image.refresh_from_db(fields=["cell", "session", "pixel_size_um", "pixel_size_source"])
    return image
