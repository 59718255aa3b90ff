"""A project and what can be made in it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from spines.access import experiments_for, experiments_sealed_for, get_lab, get_project, has_role, require_role
from spines.errors import Conflict
from spines.models import Role
from spines.selectors.results.across_experiments import animal_tallies, classes_of, experiment_figures
from spines.selectors.results.made_by import made_by_all, mixed_versions
from spines.services.labs.studies import create_experiment, create_project
from spines.vocabulary.measures import MEASURES
from webapp.projects.charts import CHARTS, asked_choice
from webapp.projects.forms import ExperimentForm, ProjectForm
from webapp.requests import UserRequest


def project(request: UserRequest, project_id: int) -> HttpResponse:
    """Its experiments side by side: a table, and charts that the page fetches."""
    project = get_project(request.user, project_id)
    experiments = list(experiments_for(request.user).filter(project=project).order_by("name", "pk"))
    rows = experiment_figures(experiments, animal_tallies(experiments))
    classes = classes_of(experiments)
    choice = asked_choice(request.GET, classes)
    context = {
        "lab": project.lab,
        "project": project,
        "rows": rows,
        "mixed_versions": mixed_versions(made_by_all(experiments)),
        "charts": CHARTS if any(row.spines for row in rows) else {},
        "choice": choice,
        "query": urlencode({"class": choice.spine_class, "measure": choice.measure}),
        "choices": {
            "class": ("Class", choice.spine_class, [(each.key, each.name) for each in classes.styles.values()]),
            "measure": ("Measure", choice.measure, [(key, name.label) for key, name in MEASURES.items()]),
        },
        "sealed": experiments_sealed_for(request.user).filter(project=project).order_by("name", "pk"),
        "may_add": has_role(request.user, project.lab, Role.ANNOTATOR),
    }
    return render(request, "projects/project.html", context)


def new_project(request: UserRequest, lab_id: int) -> HttpResponse:
    """The form, and making it."""
    lab = get_lab(request.user, lab_id)
    require_role(request.user, lab, Role.ANNOTATOR)
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        try:
            made = create_project(user=request.user, lab_id=lab.pk, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", error.sentence)
        else:
            return redirect("projects:project", made.pk)
    return _form(request, form, {"lab": lab, "heading": "New project", "button": "Make the project"})


def new_experiment(request: UserRequest, project_id: int) -> HttpResponse:
    """The form, and making it."""
    project = get_project(request.user, project_id)
    require_role(request.user, project.lab, Role.ANNOTATOR)
    form = ExperimentForm(request.POST or None)
    if form.is_valid():
        try:
            made = create_experiment(user=request.user, project_id=project.pk, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", error.sentence)
        else:
            return redirect("experiments:images", made.pk)
    context = {"lab": project.lab, "project": project}
    return _form(request, form, context | {"heading": "New experiment", "button": "Make the experiment"})


def _form(request: UserRequest, form: BaseForm, context: dict[str, object]) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "projects/form.html", context | {"form": form}, status=status)
