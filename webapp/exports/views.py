"""Downloads of an experiment and of an image. Large files are made on disk or streamed, never in memory."""

from __future__ import annotations

from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from spines.access import get_experiment, get_image
from spines.export.coco import coco_json
from spines.export.imagej_rois import write_rois
from spines.export.package import write_package
from spines.models import Dendrite
from spines.selectors.results import current_result, dendrites_of, spines_of, standing_spines
from webapp.downloads import as_attachment, safe_stem, zip_response
from webapp.images.pictures import shown_name
from webapp.requests import UserRequest
from webapp.results.forms import asked_filters


@require_safe
def package(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """Tidy tables with their dictionary. The address chooses images; of those all spines are in."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    return zip_response(
        lambda file: write_package(file, experiment=experiment, filters=filters),
        name=f"{safe_stem(experiment.name)}_tables.zip",
    )


@require_safe
def experiment_rois(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The spines that pass the filters as ImageJ ROIs, with the dendrites of their images; a folder an image."""
    experiment = get_experiment(request.user, experiment_id)
    filters = asked_filters(request.GET, experiment).filters
    return zip_response(
        lambda file: write_rois(
            file,
            spines=spines_of(experiment, filters),
            dendrites=dendrites_of(experiment, filters),
            folder_of=lambda image_id, name: f"{image_id}_{safe_stem(name)}",
        ),
        name=f"{safe_stem(experiment.name)}_ROIs.zip",
    )


@require_safe
def image_rois(request: UserRequest, image_id: int) -> HttpResponseBase:
    """An image's spines and dendrites as ImageJ ROIs."""
    image = get_image(request.user, image_id)
    result = current_result(image)
    return zip_response(
        lambda file: write_rois(
            file,
            spines=standing_spines(result),
            dendrites=result.dendrites.all() if result else Dendrite.objects.none(),
        ),
        name=f"{safe_stem(shown_name(image))}_ROIs.zip",
    )


@require_safe
def coco(request: UserRequest, experiment_id: int) -> HttpResponseBase:
    """The spines that pass the filters as COCO JSON."""
    experiment = get_experiment(request.user, experiment_id)
    pieces = coco_json(experiment, asked_filters(request.GET, experiment).filters)
    response = StreamingHttpResponse(pieces, content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    as_attachment(response, f"{safe_stem(experiment.name)}_coco.json")
    return response
