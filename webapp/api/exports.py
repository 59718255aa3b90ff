"""What a lab takes away: the tables, ROIs and COCO of the pages, by token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import Field

from spines.access import get_experiment, get_image
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.api.narrowing import ResultQuery, SpineQuery, filters_of
from webapp.exports.files import coco_file, experiment_rois_file, image_rois_file, spines_file, tables_file
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
    (
        "tables.zip",
        ZIP,
        "download_tables",
        "Spines, dendrites, images, cells and animals as tidy CSV with a data dictionary.",
    ),
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
    """A Frictionless data package: spines, dendrites, images, cells and animals as CSV, with what each column is."""
    experiment = get_experiment(request.user, experiment_id)
    return tables_file(experiment, filters_of(narrowed, experiment))


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
    return experiment_rois_file(experiment, filters_of(narrowed, experiment))


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
    return coco_file(experiment, filters_of(narrowed, experiment))


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
    return spines_file(experiment, filters_of(narrowed, experiment))


@router.get(
    "/images/{int:image_id}/rois.zip",
    response=answers(404, 422, also={200: None}),
    operation_id="download_image_rois",
    summary="Download an image's spines and dendrites as ImageJ ROIs",
    openapi_extra=_file(ZIP, **_BINARY),
)
def image_rois(request: HttpRequest, image_id: PathId) -> HttpResponseBase:
    """Of its latest result; an empty zip without one. Opens on the original image in ImageJ and Fiji."""
    return image_rois_file(get_image(request.user, image_id))
