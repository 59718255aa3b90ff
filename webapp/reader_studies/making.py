"""The studies of an experiment, and making one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from spines.access import get_experiment, has_role, require_role
from spines.errors import Conflict, InvalidInput
from spines.models import ReaderStudy, Role
from spines.services.reader_studies.making import close_reader_study, make_reader_study
from webapp.reader_studies.forms import ReaderStudyForm
from webapp.requests import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
def of_experiment(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The list, and for managers the form of another."""
    experiment = get_experiment(request.user, experiment_id)
    form = ReaderStudyForm(request.POST or None, experiment=experiment)
    if request.method == "POST":
        require_role(request.user, experiment.lab, Role.MANAGER)
    if form.is_valid():
        given = form.cleaned_data
        raters = given.pop("raters")
        try:
            made = make_reader_study(user=request.user, experiment_id=experiment_id, rater_ids=raters, **given)
        except (Conflict, InvalidInput) as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, f"{made.name} is made. It waits for its raters on their home pages.")
            return redirect("reader_studies:study", made.pk)
    context = {
        "lab": experiment.lab,
        "project": experiment.project,
        "experiment": experiment,
        "studies": ReaderStudy.objects.filter(experiment=experiment).prefetch_related("raters"),
        "form": form,
        "may_rule": has_role(request.user, experiment.lab, Role.MANAGER),
    }
    return render(request, "reader_studies/of_experiment.html", context, status=422 if form.errors else 200)


@require_POST
def close(request: UserRequest, study_id: int) -> HttpResponse:
    """End the answering and open the results."""
    study = close_reader_study(user=request.user, study_id=study_id)
    messages.success(request, f"{study.name} is closed. What came of it is open to the raters and managers.")
    return redirect("reader_studies:study", study_id)
