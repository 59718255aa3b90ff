"""Home: running analyses, experiments touched last, failed images, projects; first time, the three steps."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from spines.access import analyses_for, experiments_to_rate, get_lab, has_role, labs_for, projects_for, results_for
from spines.models import Lab, Role, User
from spines.selectors.analyses.progress import unfinished_analyses
from spines.selectors.images.tasks import images_waiting_for
from spines.selectors.labs.experiments import with_experiment_count, with_figures, with_spines
from spines.selectors.operation.backups import backup_warning
from spines.selectors.operation.waiting import why_work_waits
from spines.selectors.reader_studies.answers import waiting_for
from spines.selectors.results.failures import failed_images
from webapp.analyses.progress import shown_progress
from webapp.requests import UserRequest

ROWS = 10


def home(request: UserRequest) -> HttpResponse:
    """All labs of the user; the one lab where there is one."""
    labs = list(labs_for(request.user))
    return render(request, "home/home.html", _what_goes_on(request.user, labs))


def lab(request: UserRequest, lab_id: int) -> HttpResponse:
    """One lab."""
    return render(request, "home/home.html", _what_goes_on(request.user, [get_lab(request.user, lab_id)]))


def _what_goes_on(user: User, labs: list[Lab]) -> dict[str, Any]:
    only = labs[0] if len(labs) == 1 else None
    experiments = with_figures(experiments_to_rate(user).filter(project__lab__in=labs))
    analyses = analyses_for(user).filter(experiment__project__lab__in=labs)
    failed = failed_images(results_for(user).filter(analysis__experiment__project__lab__in=labs))
    projects = projects_for(user).filter(lab__in=labs).order_by("lab__name", "name")
    return {
        "labs": labs,
        "why_waiting": why_work_waits(),
        "backup_warning": backup_warning() if user.is_staff else "",
        "lab": only,
        "may_add": bool(only and has_role(user, only, Role.ANNOTATOR)),
        "waiting": [each for each in waiting_for(user) if each.rater.study.lab in labs],
        "waiting_images": images_waiting_for(user, labs),
        "rules": bool(only and has_role(user, only, Role.MANAGER)),
        "running": [shown_progress(a, user=user) for a in unfinished_analyses(analyses)],
        "experiments": with_spines(experiments.order_by("-touched_at")[:ROWS]),
        "projects": with_experiment_count(projects),
        "failed": failed[:ROWS],
        "failed_count": failed.count(),
    }
