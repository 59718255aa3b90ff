"""What a project and an experiment are called, and the way into the trash."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from spines.access import get_experiment, get_project, has_role
from spines.errors import Conflict
from spines.models import Lab, Role
from spines.services.labs.studies import change_experiment, change_project
from spines.services.labs.trash import KEPT_FOR, trash_experiment, trash_project
from webapp.projects.forms import ChangedExperimentForm, ProjectForm
from webapp.requests import UserRequest

IN_THE_TRASH = "{name} is in the trash. It can be restored for {days} days."


def about_project(request: UserRequest, project_id: int) -> HttpResponse:
    """The form with its name, and changing it."""
    project = get_project(request.user, project_id)
    old = {"name": project.name, "description": project.description}
    form = ProjectForm(request.POST or None, initial=old)
    if form.is_valid():
        try:
            change_project(user=request.user, project_id=project.pk, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", error.sentence)
        else:
            return redirect("projects:project", project.pk)
    n_experiments = project.experiments.filter(trashed_at=None).count()
    return _page(request, form, project.lab, project=project, row=project, kind="project", n_experiments=n_experiments)


def about_experiment(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The form with its name, and changing it."""
    experiment = get_experiment(request.user, experiment_id)
    old = {"name": experiment.name, "hypothesis": experiment.hypothesis}
    form = ChangedExperimentForm(request.POST or None, initial=old)
    if form.is_valid():
        try:
            change_experiment(user=request.user, experiment_id=experiment.pk, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", error.sentence)
        else:
            return redirect("experiments:images", experiment.pk)
    here = {"project": experiment.project, "experiment": experiment, "row": experiment, "kind": "experiment"}
    return _page(request, form, experiment.lab, n_images=experiment.images.count(), **here)


def _page(request: UserRequest, form: BaseForm, lab: Lab, **context: Any) -> HttpResponse:
    may = {
        "may_change": has_role(request.user, lab, Role.ANNOTATOR),
        "may_trash": has_role(request.user, lab, Role.MANAGER),
    }
    shown = {"form": form, "lab": lab, "days": KEPT_FOR.days} | may | context
    return render(request, "projects/about.html", shown, status=422 if form.errors else 200)


@require_POST
def to_trash_project(request: UserRequest, project_id: int) -> HttpResponse:
    """Put it into the trash."""
    project = trash_project(user=request.user, project_id=project_id)
    messages.success(request, IN_THE_TRASH.format(name=project.name, days=KEPT_FOR.days))
    return redirect("labs:trash", project.lab_id)


@require_POST
def to_trash_experiment(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Put it into the trash."""
    experiment = trash_experiment(user=request.user, experiment_id=experiment_id)
    messages.success(request, IN_THE_TRASH.format(name=experiment.name, days=KEPT_FOR.days))
    return redirect("labs:trash", experiment.lab.pk)
