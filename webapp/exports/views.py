"""Downloads of an experiment and of an image. Large files are made on disk or streamed, never in memory."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from spines.access import get_experiment, get_image_to_rate
from spines.models import WorkKind
from webapp.exports.files import coco_file, experiment_rois_file, image_rois_file, tables_file
from webapp.filters import asked_filters
from webapp.requests import UserRequest
from webapp.work.files import work_for_file


@require_safe
def package(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """Tidy tables with their dictionary, or the page of the work that makes them."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    if work := work_for_file(request.user, WorkKind.TABLES, experiment, filters):
        return redirect("work:work", work.pk)
    return tables_file(experiment, filters)


@require_safe
def experiment_rois(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """Spines and dendrites as ImageJ ROIs, a folder an image, or the page of the work that makes them."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    if work := work_for_file(request.user, WorkKind.ROIS, experiment, filters):
        return redirect("work:work", work.pk)
    return experiment_rois_file(experiment, filters)


@require_safe
def image_rois(request: UserRequest, image_id: int) -> HttpResponseBase:
    """An image's spines and dendrites as ImageJ ROIs."""
    return image_rois_file(get_image_to_rate(request.user, image_id))


@require_safe
def coco(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """Spines as COCO JSON."""
    experiment = get_experiment(request.user, experiment_id)
    return coco_file(experiment, asked_filters(request.GET, experiment).filters)
