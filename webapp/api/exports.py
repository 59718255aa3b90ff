"""What a lab takes away: the tables, ROIs and COCO of the pages, by token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import Field

from spines.access import get_experiment, get_image
from spines.export.coco import coco_json
from spines.export.imagej_rois import write_rois
from spines.export.package import write_package
from spines.export.spine_table import spine_table_csv
from spines.models import Dendrite
from spines.selectors.results import current_result, dendrites_of, spines_of, standing_spines
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.api.narrowing import ResultQuery, SpineQuery, filters_of
from webapp.downloads import as_attachment, csv_response, safe_stem, zip_response
from webapp.images.pictures import shown_name
from webapp.requests import UserRequest

router = Router(tags=["Exports"])

ZIP, CSV, JSON = "application/zip", "text/csv", "application/json"


class Export(Schema):
    """A file that can be taken away."""

    name: str
    media_type: str
    address: str = Field(description="Ask it with the same token.")
    about: str


class Exports(Schema):
    """The files of an experiment."""

    exports: list[Export]


def _file(media_type: str, **schema: Any) -> dict[str, Any]:
    """The success of an operation that answers with a file."""
    return {"responses": {200: {"content": {media_type: {"schema": schema}}}}}


_BINARY = {"type": "string", "format": "binary"}
_FILES = (
    ("tables.zip", ZIP, "download_tables", "Spines, dendrites, images and animals as tidy CSV with a data dictionary."),
    ("rois.zip", ZIP, "download_rois", "Spines and dendrites as ImageJ ROIs, a folder an image."),
    ("coco.json", JSON, "download_coco", "Spines as COCO JSON."),
    ("spines.csv", CSV, "download_spines", "Spines as one CSV table."),
)


@router.get(
    "/experiments/{int:experiment_id}/exports",
    response=answers(404, 422, also={200: Exports}),
    operation_id="list_exports",
    summary="List the files that an experiment gives",
)
def list_exports(request: UserRequest, experiment_id: PathId) -> Exports:
    """Each has an address that makes it anew."""
    experiment = get_experiment(request.user, experiment_id)

    def address(operation: str) -> str:
        where = reverse(f"api:{operation}", kwargs={"experiment_id": experiment.pk})
        return request.build_absolute_uri(where)

    return Exports(
        exports=[
            Export(name=name, media_type=media_type, address=address(operation), about=about)
            for name, media_type, operation, about in _FILES
        ]
    )


@router.get(
    "/experiments/{int:experiment_id}/exports/tables.zip",
    response=answers(404, 422, also={200: None}),
    operation_id="download_tables",
    url_name="download_tables",
    summary="Download the tables of an experiment",
    openapi_extra=_file(ZIP, **_BINARY),
)
def tables(request: HttpRequest, experiment_id: PathId, narrowed: Query[ResultQuery]) -> HttpResponseBase:
    """A Frictionless data package: spines, dendrites, images and animals as CSV, with what each column is."""
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    return zip_response(
        lambda file: write_package(file, experiment=experiment, filters=filters),
        name=f"{safe_stem(experiment.name)}_tables.zip",
    )


@router.get(
    "/experiments/{int:experiment_id}/exports/rois.zip",
    response=answers(404, 422, also={200: None}),
    operation_id="download_rois",
    url_name="download_rois",
    summary="Download an experiment's spines and dendrites as ImageJ ROIs",
    openapi_extra=_file(ZIP, **_BINARY),
)
def rois(request: HttpRequest, experiment_id: PathId, narrowed: Query[SpineQuery]) -> HttpResponseBase:
    """The spines that pass, and the dendrites of their images: a folder an image."""
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    return zip_response(
        lambda file: write_rois(
            file,
            spines=spines_of(experiment, filters),
            dendrites=dendrites_of(experiment, filters),
            folder_of=lambda image_id, name: f"{image_id}_{safe_stem(name)}",
        ),
        name=f"{safe_stem(experiment.name)}_ROIs.zip",
    )


@router.get(
    "/experiments/{int:experiment_id}/exports/coco.json",
    response=answers(404, 422, also={200: None}),
    operation_id="download_coco",
    url_name="download_coco",
    summary="Download an experiment's spines as COCO JSON",
    openapi_extra=_file(JSON, type="object"),
)
def coco(request: HttpRequest, experiment_id: PathId, narrowed: Query[SpineQuery]) -> HttpResponseBase:
    """Images, spines that pass with box, outline and measures, and the classes as categories."""
    experiment = get_experiment(request.user, experiment_id)
    pieces = coco_json(experiment, filters_of(narrowed, experiment))
    response = StreamingHttpResponse(pieces, content_type=JSON)
    response["Cache-Control"] = "private, no-store"
    as_attachment(response, f"{safe_stem(experiment.name)}_coco.json")
    return response


@router.get(
    "/experiments/{int:experiment_id}/exports/spines.csv",
    response=answers(404, 422, also={200: None}),
    operation_id="download_spines",
    url_name="download_spines",
    summary="Download an experiment's spines as CSV",
    openapi_extra=_file(CSV, type="string"),
)
def spines(request: HttpRequest, experiment_id: PathId, narrowed: Query[SpineQuery]) -> HttpResponseBase:
    """The spines that pass, one row each."""
    experiment = get_experiment(request.user, experiment_id)
    lines = spine_table_csv(spines_of(experiment, filters_of(narrowed, experiment)))
    return csv_response(lines, name=f"{safe_stem(experiment.name)}_spines.csv")


@router.get(
    "/images/{int:image_id}/rois.zip",
    response=answers(404, 422, also={200: None}),
    operation_id="download_image_rois",
    summary="Download an image's spines and dendrites as ImageJ ROIs",
    openapi_extra=_file(ZIP, **_BINARY),
)
def image_rois(request: HttpRequest, image_id: PathId) -> HttpResponseBase:
    """Of its latest result; an empty zip without one. Opens on the original image in ImageJ and Fiji."""
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
