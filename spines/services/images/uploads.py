"""Taking in image files. Nothing uploaded is trusted: not its name, not its extension, not its header."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from django.utils import timezone

from spines.access import get_experiment, require_role
from spines.constraints import broken_constraint
from spines.errors import Conflict, InvalidInput, UnreadableImage
from spines.imaging import ImageInfo, Place
from spines.imaging.apart import Look
from spines.models import Experiment, Image, Role, User
from spines.models.images import LONGEST_NAME
from spines.samples import SampleFields
from spines.samples.fields import NOTHING
from spines.services import audit
from spines.services.images.places import name_at, take_info
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
    """Which of these files the experiment has whole: sha256 → image id. Asked before a browser uploads.

    A file of which a position was deleted, or whose original is lost, is not among them: uploaded again, it gets back
    what it lacks. A storage that is another machine is not asked file by file.
    """
    experiment = get_experiment(user, experiment_id)
    there: dict[str, list[Image]] = {}
    for image in experiment.images.filter(sha256__in=sha256s[:MOST_SHA256S_ASKED]):
        there.setdefault(image.sha256, []).append(image)
    return {
        sha256: images[0].pk
        for sha256, images in there.items()
        if len({image.position for image in images}) == images[0].positions and (not is_local() or is_there(images[0]))
    }


@dataclass(frozen=True, kw_only=True)
class Added:
    """What a file became: an image for each of its positions, and a sentence for each that could not be read."""

    images: tuple[Image, ...]
    left_out: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What there is to say of it beside that it is there; empty where it is one picture."""
        said = [f"{len(self.images)} images, one a position."] if len(self.images) > 1 else []
        return " ".join([*said, *self.left_out])


def add_image(*, user: User, experiment_id: int, path: Path, name: str, said: SampleFields = NOTHING) -> Image:
    """`add_file`, and the first of the images that it made."""
    return add_file(user=user, experiment_id=experiment_id, path=path, name=name, said=said).images[0]


def add_file(*, user: User, experiment_id: int, path: Path, name: str, said: SampleFields = NOTHING) -> Added:
    """Check a file, store it in the experiment, and make an image with its thumbnail of each of its positions.

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
        it back and is returned, with its results and corrections; where positions are missing, they are added.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    folder, base = clean_name(name)
    sha256 = sha256_of(path)
    twins = list(experiment.images.filter(sha256=sha256, time=0))
    if twins and len({twin.position for twin in twins}) == twins[0].positions:
        return Added(images=(_healed(twins[0], user, path, base),))
    looks, left_out = _looks(path, base, without={twin.position for twin in twins})
    images: list[Image] = []
    for place, look in looks:
        image = _unsaved(experiment, look.info, place, folder=folder, name=base, sha256=sha256)
        image.size_bytes, image.uploaded_by = path.stat().st_size, user
        take_told(image, look.told)
        images.append(image)
    thumbnails = [look.thumbnail for _, look in looks]
    _store(images, path=path, thumbnails=thumbnails, said=said, there=twins[0] if twins else None)
    return Added(images=tuple(images), left_out=tuple(left_out))


def _looks(path: Path, name: str, *, without: set[int]) -> tuple[list[tuple[Place, Look]], list[str]]:
    """All positions of a file that can be read, and the sentences of the others. Raises where none can be."""
    looks: list[tuple[Place, Look]] = []
    faults: list[UnreadableImage] = []
    positions, number = 1, 0
    while number < positions:
        try:
            look = look_at(path, name=name, at=Place(position=number))
        except UnreadableImage as error:
            if number == 0:
                raise
            faults.append(error)
        else:
            positions = len(look.info.position_names)
            if number not in without:
                looks.append((Place(position=number), look))
        number += 1
    if not looks:
        raise faults[0] if faults else Conflict(f"{name} is in this experiment already. It was skipped.")
    return looks, [error.sentence for error in faults]


def _healed(twin: Image, user: User, path: Path, name: str) -> Image:
    """The image whose original was lost or damaged, with the same file again. Raises Conflict where it is whole."""
    if is_whole(twin):
        raise Conflict(f"{name} is in this experiment already, as {twin.original_name}. It was skipped.")
    put_back(twin, path, actor=user, source="upload")
    return twin


def _unsaved(experiment: Experiment, info: ImageInfo, at: Place, *, folder: str, name: str, sha256: str) -> Image:
    image = Image(
        pk=unordered_number() if experiment.blinded else None,
        experiment=experiment,
        folder=folder,
        sha256=sha256,
    )
    take_info(image, info, at)
    image.original_name = name_at(name, image)
    return image


def _store(
    images: Sequence[Image], *, path: Path, thumbnails: Sequence[bytes], said: SampleFields, there: Image | None
) -> None:
    """Files first, then the rows; rows that cannot be kept take their files back. `there`: who has the file already."""
    first = images[0]
    try:
        if there is None:
            with path.open("rb") as stream:
                first.file.save(first.sha256, File(stream), save=False)
        for image, thumbnail in zip(images, thumbnails, strict=True):
            image.file.name = (there or first).file.name
            image.thumbnail.save(image.sha256, ContentFile(thumbnail), save=False)
        with transaction.atomic():
            lock_samples(first.experiment)
            if there is not None and not Image.objects.select_for_update().filter(pk=there.pk).exists():
                raise Conflict(f"{there.original_name} was deleted meanwhile. Upload the file again.")
            for image in images:
                image.save(force_insert=True)
                state_of_new_image(image, said)
                audit.record(
                    actor=image.uploaded_by,
                    lab=image.lab,
                    action="image.uploaded",
                    subject=image,
                    name=image.original_name,
                    sha256=image.sha256,
                )
            of_file = Image.objects.filter(experiment_id=first.experiment_id, sha256=first.sha256)
            of_file.update(positions=first.positions)
            Experiment.objects.filter(pk=first.experiment_id).update(touched_at=timezone.now())
    except BaseException as error:
        if there is None:
            discard(first.file)
        for image in images:
            discard(image.thumbnail)
        if isinstance(error, IntegrityError) and broken_constraint(error) == ONCE_PER_EXPERIMENT:
            raise Conflict(f"{first.original_name} is in this experiment already. It was skipped.") from error
        raise
    for image in images:
        image.refresh_from_db(fields=["cell", "session", "pixel_size_um", "pixel_size_source"])
