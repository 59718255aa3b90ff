"""Work that takes longer than a request may: how far it is, cancelling it, the file that came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import Field

from spines import models
from spines.access import get_work, works_for
from spines.models import AnalysisStatus, WorkKind
from spines.services.work import asking
from spines.services.work.jobs import KEPT_FOR
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.api.paging import Page, Paging, page_of
from webapp.requests import UserRequest
from webapp.work.views import file_of

router = Router(tags=["Work"])

BINARY = {"type": "string", "format": "binary"}


class Work(Schema):
    """Something that takes long, done by a worker."""

    id: int
    kind: WorkKind
    status: AnalysisStatus
    experiment_id: int | None
    done: int = Field(ge=0, description="Steps that are done, of its own kind.")
    total: int = Field(ge=0, description="Steps in all; 0: not known yet.")
    stage: str = Field(description="What is being done, for people.")
    message: str = Field(description="Why nothing came of it, for people; else empty.")
    result: dict[str, Any] = Field(description="What came of it beside the file, as its kind says.")
    address: str = Field(description="Ask it with the same token, every few seconds until the status is an end.")
    file: str | None = Field(description="Address of the file that came of it; null while there is none.")
    asked_by: str | None = Field(description="User name; null where the account is gone.")
    asked_at: datetime
    finished_at: datetime | None
    kept_until: datetime | None = Field(description="Then it is forgotten, with its file.")


def shown(request: UserRequest, work: models.Work) -> Work:
    """As an answer."""

    def address(operation: str) -> str:
        return request.build_absolute_uri(reverse(f"api:{operation}", kwargs={"work_id": work.pk}))

    has_file = work.status == AnalysisStatus.DONE and bool(work.file)
    return Work(
        id=work.pk,
        kind=WorkKind(work.kind),
        status=AnalysisStatus(work.status),
        experiment_id=work.experiment_id,
        done=work.done,
        total=work.total,
        stage=work.stage,
        message=work.message,
        result=work.result,
        address=address("get_work"),
        file=address("download_work") if has_file else None,
        asked_by=work.asked_by.get_username() if work.asked_by else None,
        asked_at=work.asked_at,
        finished_at=work.finished_at,
        kept_until=work.finished_at + KEPT_FOR if work.finished_at else None,
    )


@router.get(
    "/work",
    response=answers(422, also={200: Page[Work]}),
    operation_id="list_work",
    summary="List long work",
)
def list_work(request: UserRequest, page: Query[Paging]) -> Page[Work]:
    """Of your labs, and what you asked for yourself, the latest first."""
    return page_of(works_for(request.user), page, lambda work: shown(request, work))


@router.get(
    "/work/{int:work_id}",
    response=answers(404, 422, also={200: Work}),
    operation_id="get_work",
    url_name="get_work",
    summary="Get long work with its status",
)
def show_work(request: UserRequest, work_id: PathId) -> Work:
    """Until it is done, failed or cancelled, ask every few seconds."""
    return shown(request, get_work(request.user, work_id))


@router.post(
    "/work/{int:work_id}/cancel",
    response=answers(403, 404, 409, 422, also={200: Work}),
    operation_id="cancel_work",
    summary="Cancel long work",
)
def cancel(request: UserRequest, work_id: PathId) -> Work:
    """Nothing comes of it then. 409 where it has ended."""
    asking.cancel(user=request.user, work_id=work_id)
    return shown(request, get_work(request.user, work_id))


@router.get(
    "/work/{int:work_id}/file",
    response=answers(404, 409, 422, also={200: None}),
    operation_id="download_work",
    url_name="download_work",
    summary="Download the file of long work",
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": {"schema": BINARY}}}}},
)
def download(request: UserRequest, work_id: PathId) -> HttpResponseBase:
    """409 while there is none."""
    return file_of(get_work(request.user, work_id))
