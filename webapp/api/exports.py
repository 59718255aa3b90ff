"""What a lab takes away: the tables, ROIs, COCO and report of the pages, by token. What takes long is work (202)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from spines.access import get_experiment, get_image_to_rate
from spines.models import WorkKind
from spines.selectors.results.filters import ResultFilters
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.api.narrowing import ResultQuery, SpineQuery, filters_of
from webapp.api.work import Work, shown
from webapp.exports.files import coco_file, experiment_rois_file, image_rois_file, spines_file, tables_file
from webapp.filters import query_of
from webapp.requests import UserRequest
from webapp.work.files import work_for_file, work_for_report

router = Router(tags=["Exports"])

ZIP, CSV, JSON, PDF = "application/zip", "text/csv", "application/json", "application/pdf"


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
    ("report.pdf", PDF, "download_report", "The reading, charts, counts, tests and methods, to print."),
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
    response=answers(404, 422, also={200: None, 202: Work}),
    operation_id="download_tables",
    url_name="download_tables",
    summary="Download the tables of an experiment",
    openapi_extra=_file(ZIP, **_BINARY),
)
def tables(
    request: UserRequest, experiment_id: PathId, narrowed: Query[ResultQuery]
) -> HttpResponseBase | Status[Work]:
    """A Frictionless data package: spines, dendrites, images, cells and animals as CSV, with what each column is.

    202 where there are so many spines that it takes a while: the file is that of the work then.
    """
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    if work := work_for_file(request.user, WorkKind.TABLES, experiment, filters):
        return Status(202, shown(request, work))
    return tables_file(experiment, filters)


@router.get(
    "/experiments/{int:experiment_id}/exports/rois.zip",
    response=answers(404, 422, also={200: None, 202: Work}),
    operation_id="download_rois",
    url_name="download_rois",
    summary="Download an experiment's spines and dendrites as ImageJ ROIs",
    openapi_extra=_file(ZIP, **_BINARY),
)
def rois(request: UserRequest, experiment_id: PathId, narrowed: Query[SpineQuery]) -> HttpResponseBase | Status[Work]:
    """The spines that pass, and the dendrites of their images: a folder an image. 202 as with the tables."""
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    if work := work_for_file(request.user, WorkKind.ROIS, experiment, filters):
        return Status(202, shown(request, work))
    return experiment_rois_file(experiment, filters)


@router.get(
    "/experiments/{int:experiment_id}/exports/report.pdf",
    response=answers(404, 422, also={202: Work}),
    operation_id="download_report",
    url_name="download_report",
    summary="Have the report of an experiment made as PDF",
)
def report(request: UserRequest, experiment_id: PathId, narrowed: Query[SpineQuery]) -> Status[Work]:
    """Takes seconds, so it is always work: the file is that of the work."""
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    page = request.build_absolute_uri(reverse("report:experiment", args=[experiment.pk]))
    address = f"{page}?{query_of(filters)}" if filters != ResultFilters() else page
    return Status(202, shown(request, work_for_report(request.user, experiment, filters, address=address)))


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
    return image_rois_file(get_image_to_rate(request.user, image_id))
