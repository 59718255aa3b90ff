"""Starting, watching, cancelling and retrying analyses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Body, Query, Router, Schema, Status
from pydantic import Field

from spines import models
from spines.access import analyses_for, get_analysis, get_experiment
from spines.models import AnalysisStatus
from spines.selectors.analyses.progress import progress_of, with_counts
from spines.services.analyses.starting import cancel_analysis, retry_analysis, start_analysis
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.api.networks import Network, network_shown
from webapp.api.paging import Page, Paging, page_of
from webapp.requests import UserRequest

MOST_IMAGES = 10_000
MOST_FAILURES = 100

router = Router(tags=["Analyses"])


class NewAnalysis(Sent):
    """What to analyse."""

    image_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_IMAGES)] | None = Field(
        None, description="Images of the experiment; null or left out: all."
    )


class ImageCounts(Schema):
    """Images of an analysis by where they stand."""

    queued: int = Field(ge=0, description="Waiting for a worker.")
    running: int = Field(ge=0)
    done: int = Field(ge=0)
    failed: int = Field(ge=0)
    cancelled: int = Field(ge=0)


class Analysis(Schema):
    """A run of the networks over images of an experiment."""

    id: int
    experiment_id: int
    state: Literal["queued", "running", "finished"] = Field(
        description="Queued: no image was taken up yet. Finished: nothing more happens, whether images failed or not."
    )
    images: ImageCounts
    detector: Network
    classifier: Network
    score_threshold: float | None = Field(
        description="Detection score from which on a box was a spine when it was started; null in earlier analyses. "
        "The results may follow another by now: ask for the experiment's threshold."
    )
    software_version: str = Field(description="Of Spinula, when it was started.")
    started_by: str | None = Field(description="User name; null where the account is gone.")
    created_at: datetime
    finished_at: datetime | None


class FailedImage(Schema):
    """An image that could not be analysed."""

    image_id: int
    message: str = Field(description="Why, for people.")


class AnalysisWithProgress(Analysis):
    """A run with its rate and what failed."""

    seconds_left: float | None = Field(
        description="At the rate of the last images; null while nothing has finished, and at the end."
    )
    waits_because: str = Field(description="What failed around it (a full disk, …), so that images wait; else empty.")
    failures: list[FailedImage] = Field(description=f"The first {MOST_FAILURES}.")


class Retried(Schema):
    """How many images wait again."""

    images: int = Field(ge=0)


class Cancelled(Schema):
    """How many images were stopped; what was done stays."""

    images: int = Field(ge=0)


def _said(analysis: models.Analysis, counts: ImageCounts) -> dict[str, Any]:
    untouched = not (counts.running or counts.done or counts.failed or counts.cancelled)
    unfinished = counts.queued + counts.running > 0
    return {
        "id": analysis.pk,
        "experiment_id": analysis.experiment_id,
        "state": ("queued" if untouched else "running") if unfinished else "finished",
        "images": counts,
        "detector": network_shown(analysis.detector),
        "classifier": network_shown(analysis.classifier),
        "score_threshold": analysis.parameters.get("score_threshold"),
        "software_version": analysis.software_version,
        "started_by": analysis.created_by.get_username() if analysis.created_by else None,
        "created_at": analysis.created_at,
        "finished_at": analysis.finished_at,
    }


def _listed(row: Any) -> Analysis:
    counts = ImageCounts(**{name: getattr(row, f"n_{name}") for name in AnalysisStatus.values})
    return Analysis(**_said(row, counts))


def _watched(analysis: models.Analysis) -> AnalysisWithProgress:
    progress = progress_of(analysis)
    counts = ImageCounts(**{name: getattr(progress, name) for name in AnalysisStatus.values})
    failed = analysis.images.filter(status=AnalysisStatus.FAILED).values_list("image", "message")[:MOST_FAILURES]
    return AnalysisWithProgress(
        **_said(analysis, counts),
        seconds_left=progress.seconds_left,
        waits_because=progress.waits_because,
        failures=[FailedImage(image_id=image, message=message) for image, message in failed],
    )


@router.get(
    "/experiments/{int:experiment_id}/analyses",
    response=answers(404, 422, also={200: Page[Analysis]}),
    operation_id="list_analyses",
    summary="List an experiment's analyses",
)
def list_analyses(request: UserRequest, experiment_id: PathId, page: Query[Paging]) -> Page[Analysis]:
    """Newest first."""
    analyses = analyses_for(request.user).filter(experiment=get_experiment(request.user, experiment_id))
    return page_of(analyses.order_by("-created_at", "-pk"), page, _listed, several=with_counts)


@router.post(
    "/experiments/{int:experiment_id}/analyses",
    response=answers(400, 403, 404, 409, 422, also={201: AnalysisWithProgress}),
    operation_id="start_analysis",
    summary="Start an analysis",
)
def start(
    request: UserRequest, experiment_id: PathId, sent: Annotated[NewAnalysis | None, Body()] = None
) -> Status[AnalysisWithProgress]:
    """With the networks in use for the experiment, where you are at least an annotator. Then ask for its status.

    409 while one of the images is in an unfinished analysis, and where no network is active.
    """
    image_ids = sent.image_ids if sent else None
    made = start_analysis(user=request.user, experiment_id=experiment_id, image_ids=image_ids)
    return Status(201, _watched(get_analysis(request.user, made.pk)))


@router.get(
    "/analyses/{int:analysis_id}",
    response=answers(404, 422, also={200: AnalysisWithProgress}),
    operation_id="get_analysis",
    summary="Get an analysis with its status",
)
def show_analysis(request: UserRequest, analysis_id: PathId) -> AnalysisWithProgress:
    """Ask every few seconds until the state is finished."""
    return _watched(get_analysis(request.user, analysis_id))


@router.post(
    "/analyses/{int:analysis_id}/cancel",
    response=answers(403, 404, 409, 422, also={200: Cancelled}),
    operation_id="cancel_analysis",
    summary="Cancel an analysis",
)
def cancel(request: UserRequest, analysis_id: PathId) -> Cancelled:
    """Stop what has not finished. 409 where everything has."""
    return Cancelled(images=cancel_analysis(user=request.user, analysis_id=analysis_id))


@router.post(
    "/analyses/{int:analysis_id}/retry",
    response=answers(403, 404, 409, 422, also={200: Retried}),
    operation_id="retry_analysis",
    summary="Retry what failed",
)
def retry(request: UserRequest, analysis_id: PathId) -> Retried:
    """Queue again what failed or was cancelled. 409 where nothing did, or where its images are in another analysis."""
    return Retried(images=retry_analysis(user=request.user, analysis_id=analysis_id))
