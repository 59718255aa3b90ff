"""What a site admin says of an imported set later on, and taking it away."""

from __future__ import annotations

import json

from django.db import transaction

from spines.access import require_admin
from spines.errors import InvalidInput, NotFound
from spines.models import ImportedSet, UnwantedFile, User
from spines.services import audit
from spines.storage.deleting import delete_unwanted
from spines.storage.kept import PICTURES, kept
from spines.training_sets.types import PIXEL_SIZES_UM

LARGEST_SIDE_PX = 4096.0


def checked_scale(*, pixel_size_um: float | None, spine_side_px: float | None) -> None:
    """Refuse a scale that no picture of spines has, and two that may contradict. Raises InvalidInput."""
    low, high = PIXEL_SIZES_UM
    if pixel_size_um is not None and not low <= pixel_size_um <= high:
        raise InvalidInput(
            f"A pixel size of {pixel_size_um:g} µm cannot be: give {low:g} to {high:g}, such as 0.05, or none."
        )
    if spine_side_px is not None and not 1 <= spine_side_px <= LARGEST_SIDE_PX:
        raise InvalidInput(f"A spine of {spine_side_px:g} px cannot be. Give a side such as 40, or none.")
    if pixel_size_um is not None and spine_side_px is not None:
        raise InvalidInput("Give either the pixel size or how large a spine is: the pixel size where it is known.")


@transaction.atomic
def state_scale(*, user: User, set_id: int, pixel_size_um: float | None, spine_side_px: float | None) -> ImportedSet:
    """Say how large a pixel is in the pictures of a set that state none, or how large a spine is in them.

    Datasets that are frozen already keep what was said then. Raises NotAllowed, NotFound, InvalidInput.
    """
    require_admin(user)
    checked_scale(pixel_size_um=pixel_size_um, spine_side_px=spine_side_px)
    row = _locked(set_id)
    before = {"pixel_size_um": row.pixel_size_um, "spine_side_px": row.spine_side_px}
    row.pixel_size_um, row.spine_side_px = pixel_size_um, spine_side_px
    row.save(update_fields=["pixel_size_um", "spine_side_px"])
    audit.record(
        actor=user,
        lab=None,
        action="imported_set.scale_stated",
        subject=row,
        before=before,
        pixel_size_um=pixel_size_um,
        spine_side_px=spine_side_px,
    )
    return row


@transaction.atomic
def delete_set(*, user: User, set_id: int) -> str:
    """Take a set away with its files, but for pictures that a frozen dataset or another set holds; returns its name.

    What networks were trained on is kept so: their datasets are whole. Raises NotAllowed, NotFound.
    """
    require_admin(user)
    row = _locked(set_id)
    name, path = row.name, row.path
    pictures = {picture["file"] for picture in json.loads(kept(f"{path}/truth.json"))["pictures"]}
    audit.record(actor=user, lab=None, action="imported_set.deleted", subject=row, name=name, sha256=row.sha256)
    row.delete()
    files = [f"{path}/truth.json", f"{path}/fingerprints.npy", *(f"{PICTURES}/{file}" for file in sorted(pictures))]
    # Deletion looks again at what sets and datasets hold, so shared pictures stay.
    UnwantedFile.objects.bulk_create([UnwantedFile(name=file) for file in files], ignore_conflicts=True)
    transaction.on_commit(delete_unwanted)
    return name


def _locked(set_id: int) -> ImportedSet:
    row = ImportedSet.objects.select_for_update().filter(pk=set_id).first()
    if row is None:
        raise NotFound(f"There is no imported set {set_id}.")
    return row
