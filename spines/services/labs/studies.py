"""Projects and experiments."""

from __future__ import annotations

from django.db import transaction

from spines.access import get_experiment, get_lab, get_project, require_role
from spines.errors import Conflict
from spines.models import Experiment, Lab, Project, Role, User
from spines.services import audit


@transaction.atomic
def create_project(*, user: User, lab_id: int, name: str, description: str = "") -> Project:
    """Make a project in a lab."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.ANNOTATOR)
    _refuse_taken_project(lab, name)
    project = Project.objects.create(lab=lab, name=name, description=description)
    audit.record(actor=user, lab=lab, action="project.created", subject=project)
    return project


@transaction.atomic
def create_experiment(
    *, user: User, project_id: int, name: str, hypothesis: str = "", blinded: bool = False
) -> Experiment:
    """Make an experiment in a project. A blinded one is made by a manager, who brings images and conditions."""
    project = get_project(user, project_id)
    require_role(user, project.lab, Role.MANAGER if blinded else Role.ANNOTATOR)
    _refuse_taken_experiment(project, name)
    experiment = Experiment.objects.create(
        project=project, name=name, hypothesis=hypothesis, blinded=blinded, created_by=user
    )
    audit.record(actor=user, lab=project.lab, action="experiment.created", subject=experiment)
    return experiment


@transaction.atomic
def change_project(*, user: User, project_id: int, name: str, description: str) -> Project:
    """Give a project another name and description."""
    project = get_project(user, project_id)
    require_role(user, project.lab, Role.ANNOTATOR)
    _refuse_taken_project(project.lab, name, but=project.pk)
    before = {"name": project.name, "description": project.description}
    project.name, project.description = name, description
    project.save(update_fields=["name", "description"])
    after = {"name": name, "description": description}
    audit.record(actor=user, lab=project.lab, action="project.changed", subject=project, before=before, after=after)
    return project


@transaction.atomic
def change_experiment(*, user: User, experiment_id: int, name: str, hypothesis: str) -> Experiment:
    """Give an experiment another name and hypothesis."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    _refuse_taken_experiment(experiment.project, name, but=experiment.pk)
    before = {"name": experiment.name, "hypothesis": experiment.hypothesis}
    experiment.name, experiment.hypothesis = name, hypothesis
    experiment.save(update_fields=["name", "hypothesis", "touched_at"])
    audit.record(
        actor=user,
        lab=experiment.lab,
        action="experiment.changed",
        subject=experiment,
        before=before,
        after={"name": name, "hypothesis": hypothesis},
    )
    return experiment


def _refuse_taken_project(lab: Lab, name: str, but: int = 0) -> None:
    """With the lab's row locked, so that of two that come at once one is told."""
    Lab.objects.select_for_update(no_key=True).get(pk=lab.pk)
    if lab.projects.filter(name=name, trashed_at=None).exclude(pk=but).exists():
        raise Conflict(f"{lab} has a project named {name} already. Choose another name.")


def _refuse_taken_experiment(project: Project, name: str, but: int = 0) -> None:
    """With the project's row locked, so that of two that come at once one is told."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.experiments.filter(name=name, trashed_at=None).exclude(pk=but).exists():
        raise Conflict(f"{project} has an experiment named {name} already. Choose another name.")
