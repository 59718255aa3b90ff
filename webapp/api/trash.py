"""The trash of a lab and of the site: what is in it, and the way in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Router, Schema, Status
from pydantic import Field

from spines.access import get_lab, trashed_experiments_for, trashed_labs_for, trashed_projects_for
from spines.models import Experiment, Lab, Project
from spines.services.labs.trash import (
    KEPT_FOR,
    restore_experiment,
    restore_lab,
    restore_project,
    trash_lab,
)
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.requests import UserRequest

router = Router(tags=["Studies"])


class Trashed(Schema):
    """An experiment, a project or a lab that is out of sight."""

    kind: Literal["experiment", "project", "lab"]
    id: int
    name: str
    trashed_at: datetime
    deleted_at: datetime = Field(description="When it is deleted for good, unless somebody restores it.")


class Trash(Schema):
    """All that is in the trash, the latest first."""

    rows: list[Trashed]


KINDS: dict[type, Literal["experiment", "project", "lab"]] = {
    Experiment: "experiment",
    Project: "project",
    Lab: "lab",
}


def shown_trashed(row: Experiment | Project | Lab) -> Trashed:
    """As answers have it."""
    assert row.trashed_at is not None
    kind = KINDS[type(row)]
    return Trashed(kind=kind, id=row.pk, name=row.name, trashed_at=row.trashed_at, deleted_at=row.trashed_at + KEPT_FOR)


@router.get(
    "/labs/{int:lab_id}/trash",
    response=answers(404, 422, also={200: Trash}),
    operation_id="list_trash",
    summary="List a lab's trash",
)
def list_trash(request: UserRequest, lab_id: PathId) -> Trash:
    """Experiments of a trashed project come and go with it."""
    lab = get_lab(request.user, lab_id)
    rows: list[Experiment | Project] = [
        *trashed_experiments_for(request.user).filter(project__lab=lab),
        *trashed_projects_for(request.user).filter(lab=lab),
    ]
    return Trash(rows=sorted((shown_trashed(row) for row in rows), key=lambda shown: shown.trashed_at, reverse=True))


@router.post(
    "/labs/{int:lab_id}/trash/experiments/{int:experiment_id}/restore",
    response=answers(403, 404, 409, 422, also={204: None}),
    operation_id="restore_experiment",
    summary="Take an experiment out of the trash",
)
def take_experiment(request: UserRequest, lab_id: PathId, experiment_id: PathId) -> Status[None]:
    """For managers of the lab; 409 where another has its name by now."""
    restore_experiment(user=request.user, lab_id=lab_id, experiment_id=experiment_id)
    return Status(204, None)


@router.post(
    "/labs/{int:lab_id}/trash/projects/{int:project_id}/restore",
    response=answers(403, 404, 409, 422, also={204: None}),
    operation_id="restore_project",
    summary="Take a project out of the trash",
)
def take_project(request: UserRequest, lab_id: PathId, project_id: PathId) -> Status[None]:
    """With the experiments that were in it, for managers of the lab; 409 where another has its name by now."""
    restore_project(user=request.user, lab_id=lab_id, project_id=project_id)
    return Status(204, None)


@router.get(
    "/trash",
    response=answers(422, also={200: Trash}),
    operation_id="list_trashed_labs",
    summary="List the labs in the trash",
)
def list_trashed_labs(request: UserRequest) -> Trash:
    """For administrators; empty for everybody else."""
    return Trash(rows=[shown_trashed(lab) for lab in trashed_labs_for(request.user)])


@router.delete(
    "/labs/{int:lab_id}",
    response=answers(403, 404, 409, 422, also={200: Trashed}),
    operation_id="trash_lab",
    summary="Put a lab into the trash",
)
def drop_lab(request: UserRequest, lab_id: PathId) -> Status[Trashed]:
    """With all in it, for administrators; 409 while something of it is analysed. It is deleted after 30 days."""
    return Status(200, shown_trashed(trash_lab(user=request.user, lab_id=lab_id)))


@router.post(
    "/trash/labs/{int:lab_id}/restore",
    response=answers(403, 404, 422, also={204: None}),
    operation_id="restore_lab",
    summary="Take a lab out of the trash",
)
def take_lab(request: UserRequest, lab_id: PathId) -> Status[None]:
    """As it was, for administrators."""
    restore_lab(user=request.user, lab_id=lab_id)
    return Status(204, None)
