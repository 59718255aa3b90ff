"""The trash: experiments, projects and labs are out of sight for a month, then they are deleted for good."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from spines.access import (
    get_experiment,
    get_lab,
    get_project,
    require_role,
    trashed_experiments_for,
    trashed_labs_for,
    trashed_projects_for,
)
from spines.errors import Conflict, NotAllowed, NotFound
from spines.models import Analysis, Experiment, Lab, Project, Role, User
from spines.models.analyses import UNFINISHED
from spines.services import audit
from spines.storage.deleting import delete_unwanted

log = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=30)
GONE = "It is not in the trash any more: somebody restored it, or its month is over."


@transaction.atomic
def trash_experiment(*, user: User, experiment_id: int) -> Experiment:
    """Put an experiment into the trash. Managers only; not while it is analysed."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.MANAGER)
    Experiment.objects.select_for_update().get(pk=experiment.pk)  # no analysis starts meanwhile
    _refuse_at_work(Analysis.objects.filter(experiment=experiment))
    _trash(experiment, user, experiment.name)
    return experiment


@transaction.atomic
def trash_project(*, user: User, project_id: int) -> Project:
    """Put a project with all its experiments into the trash. Managers only; not while one is analysed."""
    project = get_project(user, project_id)
    require_role(user, project.lab, Role.MANAGER)
    list(Experiment.objects.select_for_update().filter(project=project).order_by("pk"))
    _refuse_at_work(Analysis.objects.filter(experiment__project=project))
    _trash(project, user, project.name)
    return project


@transaction.atomic
def trash_lab(*, user: User, lab_id: int) -> Lab:
    """Put a lab with all that is in it into the trash. Site admins only; not while something of it is analysed.

    It is archived with it, so nobody reaches it, and its name stays taken. What its members had put into the trash
    before lies there as before.
    """
    _require_site_admin(user)
    lab = Lab.objects.select_for_update().filter(pk=lab_id, trashed_at=None).first()
    if lab is None:
        raise NotFound("There is no such lab, or it is in the trash already.")
    list(Experiment.objects.select_for_update().filter(project__lab=lab).order_by("pk"))
    _refuse_at_work(Analysis.objects.filter(experiment__project__lab=lab))
    lab.trashed_at, lab.trashed_by = timezone.now(), user
    lab.archived_at = lab.archived_at or lab.trashed_at
    lab.save(update_fields=["trashed_at", "trashed_by", "archived_at"])
    audit.record(actor=user, lab=lab, action="lab.trashed", subject=lab, name=lab.name)
    return lab


@transaction.atomic
def restore_experiment(*, user: User, lab_id: int, experiment_id: int) -> Experiment:
    """Take an experiment out of the trash. Managers only; refused where another has its name by now."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    trashed = trashed_experiments_for(user).filter(project__lab=lab, pk=experiment_id)
    experiment = trashed.select_for_update(of=("self",)).first()
    if experiment is None:
        raise NotFound(GONE)
    Project.objects.select_for_update(no_key=True).get(pk=experiment.project_id)
    if experiment.project.experiments.filter(name=experiment.name, trashed_at=None).exists():
        raise Conflict(
            f"{experiment.project} has another experiment named {experiment.name} by now. Rename that one first."
        )
    _restore(experiment, user)
    return experiment


@transaction.atomic
def restore_project(*, user: User, lab_id: int, project_id: int) -> Project:
    """Take a project out of the trash, with the experiments that were in it. Managers only."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    project = trashed_projects_for(user).filter(lab=lab, pk=project_id).select_for_update(of=("self",)).first()
    if project is None:
        raise NotFound(GONE)
    if lab.projects.filter(name=project.name, trashed_at=None).exists():
        raise Conflict(f"{lab} has another project named {project.name} by now. Rename that one first.")
    _restore(project, user)
    return project


@transaction.atomic
def restore_lab(*, user: User, lab_id: int) -> Lab:
    """Take a lab out of the trash as it was, archived where it was archived before. Site admins only."""
    _require_site_admin(user)
    kept = trashed_labs_for(user).filter(pk=lab_id, trashed_at__gte=timezone.now() - KEPT_FOR)
    lab = kept.select_for_update(of=("self",)).first()
    if lab is None:
        raise NotFound(GONE)
    if lab.archived_at == lab.trashed_at:
        lab.archived_at = None
    lab.trashed_at, lab.trashed_by = None, None
    lab.save(update_fields=["trashed_at", "trashed_by", "archived_at"])
    audit.record(actor=user, lab=lab, action="lab.restored", subject=lab, name=lab.name)
    return lab


def empty_trash() -> int:
    """Delete for good what was in the trash for a month, one after the other. Returns how many went.

    A lab goes an experiment a transaction: all of it at once would be millions of rows.
    """
    before = timezone.now() - KEPT_FOR
    gone = 0
    for lab in Lab.objects.filter(trashed_at__lt=before).order_by("trashed_at"):
        for experiment in Experiment.objects.filter(project__lab=lab).order_by("pk"):
            experiment.delete()
        gone += _delete(Lab, lab.pk)
    for model in (Experiment, Project):
        for pk in model.objects.filter(trashed_at__lt=before).order_by("trashed_at").values_list("pk", flat=True):
            gone += _delete(model, pk)
    if gone:
        delete_unwanted()
    return gone


@transaction.atomic
def _delete(model: type[Experiment] | type[Project] | type[Lab], pk: int) -> int:
    row = model.objects.select_for_update().filter(pk=pk, trashed_at__lt=timezone.now() - KEPT_FOR).first()
    if row is None:
        return 0
    kind = row._meta.model_name
    lab = row if isinstance(row, Lab) else row.lab
    audit.record(actor=None, lab=lab, action=f"{kind}.deleted", subject=row, name=row.name)
    row.delete()
    log.info("trash_emptied", kind=kind, id=pk)
    return 1


def _require_site_admin(user: User) -> None:
    if not user.is_staff:
        raise NotAllowed("Only an administrator deletes and restores labs. Ask yours.")


def _refuse_at_work(analyses: QuerySet[Analysis]) -> None:
    busy = analyses.filter(images__status__in=UNFINISHED).select_related("experiment").first()
    if busy is not None:
        raise Conflict(f"{busy.experiment} is being analysed. Cancel the analysis or wait for it, then delete.")


def _trash(row: Experiment | Project, user: User, name: str) -> None:
    row.trashed_at, row.trashed_by = timezone.now(), user
    row.save(update_fields=["trashed_at", "trashed_by"])
    audit.record(actor=user, lab=row.lab, action=f"{row._meta.model_name}.trashed", subject=row, name=name)


def _restore(row: Experiment | Project, user: User) -> None:
    row.trashed_at, row.trashed_by = None, None
    row.save(update_fields=["trashed_at", "trashed_by"])
    audit.record(actor=user, lab=row.lab, action=f"{row._meta.model_name}.restored", subject=row, name=row.name)
