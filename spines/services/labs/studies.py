"""Projects and experiments."""

from __future__ import annotations

from django.db import transaction

from spines.access import get_lab, get_project, require_role
from spines.errors import Conflict
from spines.models import Experiment, Project, Role, User
from spines.services import audit


@transaction.atomic
def create_project(*, user: User, lab_id: int, name: str, description: str = "") -> Project:
    """Make a project in a lab."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.ANNOTATOR)
    if lab.projects.filter(name=name).exists():
        raise Conflict(f"{lab} has a project named {name} already. Choose another name.")
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
    if project.experiments.filter(name=name).exists():
        raise Conflict(f"{project} has an experiment named {name} already. Choose another name.")
    experiment = Experiment.objects.create(
        project=project, name=name, hypothesis=hypothesis, blinded=blinded, created_by=user
    )
    audit.record(actor=user, lab=project.lab, action="experiment.created", subject=experiment)
    return experiment
