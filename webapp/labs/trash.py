"""A lab's trash: what is in it, until when, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_lab, has_role, trashed_experiments_for, trashed_projects_for
from spines.models import Role
from spines.selectors.labs.experiments import with_figures
from spines.services.labs.trash import KEPT_FOR, restore_experiment, restore_project
from webapp.requests import UserRequest


@require_safe
def trash(request: UserRequest, lab_id: int) -> HttpResponse:
    """The page."""
    lab = get_lab(request.user, lab_id)
    experiments = trashed_experiments_for(request.user).filter(project__lab=lab).order_by("-trashed_at")
    projects = trashed_projects_for(request.user).filter(lab=lab).order_by("-trashed_at")
    rows = [
        {"row": row, "url": f"labs:restore_{row._meta.model_name}", "until": row.trashed_at + KEPT_FOR}
        for row in (*projects, *with_figures(experiments))
        if row.trashed_at
    ]
    may_rule = has_role(request.user, lab, Role.MANAGER)
    return render(request, "labs/trash.html", {"lab": lab, "rows": rows, "may_rule": may_rule, "days": KEPT_FOR.days})


@require_POST
def restore_one_experiment(request: UserRequest, lab_id: int, experiment_id: int) -> HttpResponse:
    """Take an experiment out of it."""
    experiment = restore_experiment(user=request.user, lab_id=lab_id, experiment_id=experiment_id)
    messages.success(request, f"{experiment.name} is restored, with all that was in it.")
    return redirect("experiments:images", experiment_id)


@require_POST
def restore_one_project(request: UserRequest, lab_id: int, project_id: int) -> HttpResponse:
    """Take a project out of it."""
    project = restore_project(user=request.user, lab_id=lab_id, project_id=project_id)
    messages.success(request, f"{project.name} is restored, with all that was in it.")
    return redirect("projects:project", project_id)
