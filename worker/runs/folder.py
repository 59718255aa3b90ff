"""Where a run's files lie on the machine that trains it, and the lock that keeps trainings one at a time."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings

from spines.errors import Conflict
from spines.models import DatasetVersion
from spines.selectors.datasets.contents import withdrawn_labs
from spines.services.datasets import freezing
from spines.services.datasets.panel import write_panel

log = structlog.get_logger(__name__)


def training_folder() -> Path:
    """The folder of all runs of this machine."""
    folder: Path = settings.STATE_DIR / "training"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def only_training_here() -> Iterator[bool]:
    """Hold this machine's training lock for the block, or give False when another process trains."""
    with (training_folder() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class RunFolder:
    """The files of one run."""

    def __init__(self, run_id: int) -> None:
        self.path = training_folder() / str(run_id)
        self.path.mkdir(exist_ok=True)
        self.data = self.path / "data"
        self.run = self.path / "run"
        self.run.mkdir(exist_ok=True)
        self.progress = self.run / "progress.jsonl"
        self.model = self.run / "model"
        self.log = self.path / "log.txt"
        self.panel = self.path / "panel"
        self.evaluation = self.path / "evaluation.json"
        self.process_note = self.path / "process"

    def materialise(self, dataset: DatasetVersion) -> None:
        """Lay out the dataset's pictures and truth, unless an earlier attempt did it to the end.

        Raises Conflict when a lab took its consent back, meanwhile too, or a picture is gone.
        """
        if self.data.is_dir() and not withdrawn_labs(dataset):
            return
        draft = self.path / "data.unfinished"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        freezing.materialise(dataset, draft)
        draft.rename(self.data)

    def panels(self, dataset: DatasetVersion) -> list[Path]:
        """Lay out the site's old domains, and name the folders of all that there are.

        A picture that is gone from storage costs the site's own domains, not the training that is done.
        """
        shutil.rmtree(self.panel, ignore_errors=True)
        try:
            own = [self.panel] if write_panel(dataset, self.panel) else []
        except Conflict:
            log.exception("panel_not_laid_out", dataset=dataset.pk)
            own = []
        return [*settings.SPINULA_PANELS, *own]

    def drop_data(self) -> None:
        """Remove the pictures, which can be laid out again; checkpoint, log and network stay."""
        for folder in (self.data, self.path / "data.unfinished", self.panel):
            shutil.rmtree(folder, ignore_errors=True)
        log.info("training_data_removed", folder=str(self.data))

    def tidy(self) -> None:
        """After success: remove pictures and checkpoint; the network, its figures and the log stay."""
        self.drop_data()
        for path in self.run.glob("checkpoint.*"):
            path.unlink()
            log.info("training_checkpoint_removed", file=str(path))
