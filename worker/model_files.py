"""Where a network's files lie: shipped ones in the program, trained ones in storage and, once fetched, on this machine.

A fetched network is compared with the sha256 that its row states, file by file, before it gets the name under
which it is found. So a fetch that is interrupted leaves nothing that could be taken for a network.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from spines.errors import Conflict, NotFound
from spines.models import Experiment, ModelKind, ModelVersion
from spines.selectors.models.in_use import network_for
from spines.storage.files import told_if_gone
from worker.inference.card import CARD_FILE, MODEL_FILE, PRETRAINED_FOLDER
from worker.training.run.weights import WEIGHTS_FILE

log = structlog.get_logger(__name__)

NETWORK_FILES = (MODEL_FILE, CARD_FILE, "card.md", WEIGHTS_FILE)
GONE = "Promote another version on the Models page, or put the files back into the storage."


def hashes(folder: Path) -> dict[str, str]:
    """The sha256 of a network's files in a folder, by name."""
    return {name: _sha256(folder / name) for name in NETWORK_FILES if (folder / name).is_file()}


def store(kind: str, sha256: str, folder: Path) -> str:
    """Put a network's files into storage and return the path of their folder there."""
    place = f"models/{kind}/{sha256}"
    for name in hashes(folder):
        stored = f"{place}/{name}"
        default_storage.delete(stored)  # what a worker that died in the middle left; the storage never overwrites
        with (folder / name).open("rb") as file:
            default_storage.save(stored, File(file))
    return place


def discard(place: str) -> None:
    """Remove a network's files from storage, which no row names."""
    for name in NETWORK_FILES:
        default_storage.delete(f"{place}/{name}")


def folder_of(version: ModelVersion) -> Path:
    """The folder of a version's files on this machine, fetched from storage when they are not here yet.

    Raises
    ------
    Conflict
        The files are gone, or are not those that the version was registered with.
    """
    if not version.path:
        raise Conflict(f"{version} came with an earlier release, and this one no longer has its files.")
    if version.is_shipped:
        return PRETRAINED_FOLDER / version.path
    folder: Path = settings.STATE_DIR / "models" / _name_here(version)
    if not folder.is_dir():
        _fetch(version, folder)
    return folder


def networks_of_experiment(experiment_id: int) -> dict[str, Path]:
    """The folders of the detector and the classifier in use for an experiment, by kind. Raises NotFound, Conflict."""
    experiment = Experiment.objects.select_related("project__lab").filter(pk=experiment_id).first()
    if experiment is None:
        raise NotFound(f"There is no experiment {experiment_id} in this database.")
    return {kind.value: folder_of(network_for(experiment, kind).version) for kind in ModelKind}


def _name_here(version: ModelVersion) -> str:
    """By the content of all its files: the same ONNX file with another card is another network to serve."""
    return hashlib.sha256(json.dumps(version.files, sort_keys=True).encode()).hexdigest()


def _fetch(version: ModelVersion, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as temporary:
        draft = Path(temporary) / "network"
        draft.mkdir()
        for name, sha256 in version.files.items():
            _fetch_file(version, name, sha256, draft / name)
        if not (draft / MODEL_FILE).is_file():
            raise Conflict(f"{version} was registered without a network file. {GONE}")
        try:
            draft.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process of this machine was faster
                raise
    log.info("network_fetched", version=str(version), folder=str(folder))


def _fetch_file(version: ModelVersion, name: str, sha256: str, path: Path) -> None:
    with (
        told_if_gone(f"The file {name} of {version} is gone from the storage. {GONE}"),
        default_storage.open(f"{version.path}/{name}") as stored,
        path.open("wb") as file,
    ):
        shutil.copyfileobj(stored, file, 1 << 20)
    if _sha256(path) != sha256:
        raise Conflict(f"The file {name} of {version} in the storage is not the one it was registered with. {GONE}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
