"""Training runs that tests begin with: a frozen dataset, and data laid out for the fake training."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings

from spines.models import DatasetVersion, ModelKind, TrainingRun, User
from spines.services.training import starting as training
from tests.factories import make_user
from tests.fake_training import BEHAVIOUR, Behaviour
from tests.training.made_sets import write_sets

BASE = "the folder of a base"
_numbers = count(1)


def make_dataset(kind: ModelKind = ModelKind.CLASSIFIER) -> DatasetVersion:
    """A row only: the data of a run is laid out by `lay_out`."""
    sha256 = hashlib.sha256(str(next(_numbers)).encode()).hexdigest()
    return DatasetVersion.objects.create(kind=kind, sha256=sha256, path=f"datasets/{sha256}.json")


def start(user: User | None = None, **options: Any) -> TrainingRun:
    """A run in line, by a site admin, for the classifier."""
    asked: dict[str, Any] = {"recipe": "default", "overrides": {"base": BASE}, "dataset_id": None} | options
    asked["dataset_id"] = asked["dataset_id"] or make_dataset().pk
    return training.start_run(user=user or make_user(staff=True), **asked)


def folder_of_run(run: TrainingRun) -> Path:
    """Where its files lie on this machine."""
    return Path(settings.STATE_DIR) / "training" / str(run.pk)


def lay_out(run: TrainingRun, **behaviour: Any) -> Path:
    """Write the data of a run as if an earlier attempt had done so, and how the fake training behaves."""
    data = folder_of_run(run) / "data"
    write_sets(data)
    (data / BEHAVIOUR).write_text(json.dumps(asdict(Behaviour(**behaviour))))
    return data
