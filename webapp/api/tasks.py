"""What waits for whom: images that somebody is to review by a day, and studies in which they rate."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from ninja import Router, Schema, Status
from pydantic import Field

from spines.access import get_experiment_to_rate, get_lab, labs_for, require_role
from spines.models import Membership, Role
from spines.selectors.images.tasks import WaitingImages, images_waiting_for, images_waiting_in
from spines.selectors.reader_studies.answers import RaterProgress, waiting_for, waiting_in
from spines.services.images.tasks import assign_images, finish_task, take_back_tasks
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.api.reader_studies import Person, raters_by_name
from webapp.api.standing import MOST_IMAGES
from webapp.requests import UserRequest

router = Router(tags=["Reader studies, tasks"])


class Waiting(Schema):
    """Images of an experiment, or a study, that wait for one person."""

    kind: Literal["images", "study"]
    id: int = Field(description="Of the experiment, or of the study.")
    name: str
    username: str
    waiting: int = Field(ge=0)
    done: int = Field(ge=0)
    due_on: date | None = Field(description="Of images the first day.")
    late: bool
    note: str


class Tasks(Schema):
    """What is due first stands first, images before studies."""

    rows: list[Waiting]


class NewTask(Sent):
    """Images for a person."""

    image_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_IMAGES)] = Field(
        description="Images of the experiment."
    )
    username: Person = Field(description="Of an annotator or a manager of the lab.")
    due_on: date | None = Field(None, strict=False)
    note: str = Field("", max_length=200, pattern=r"^[^\u0000-\u001f\u007f-\u009f]*$", description="What is asked.")


class Assigned(Schema):
    """How many images wait anew; what waited already has the new day and note."""

    images: int = Field(ge=0)


class Member(Schema):
    """Somebody in a lab."""

    username: str
    full_name: str
    role: Role


class Members(Schema):
    """By user name."""

    rows: list[Member]


def _of_images(row: WaitingImages) -> Waiting:
    return Waiting(
        kind="images",
        id=row.experiment.pk,
        name=row.experiment.name,
        username=row.person.get_username(),
        waiting=row.waiting,
        done=row.done,
        due_on=row.due_on,
        late=row.is_late,
        note=row.notes,
    )


def _of_study(row: RaterProgress) -> Waiting:
    study = row.rater.study
    return Waiting(
        kind="study",
        id=study.pk,
        name=study.name,
        username=row.rater.user.get_username(),
        waiting=row.left,
        done=row.answered,
        due_on=study.due_on,
        late=row.is_late,
        note="",
    )


@router.get("/tasks", response=answers(422, also={200: Tasks}), operation_id="list_own_tasks", summary="Your tasks")
def own_tasks(request: UserRequest) -> Tasks:
    """What Home shows: what waits for the token's user."""
    labs = labs_for(request.user)
    images = [_of_images(row) for row in images_waiting_for(request.user, labs)]
    return Tasks(rows=images + [_of_study(row) for row in waiting_for(request.user)])


@router.get(
    "/labs/{int:lab_id}/tasks",
    response=answers(403, 404, 422, also={200: Tasks}),
    operation_id="list_tasks",
    summary="A lab's tasks",
)
def lab_tasks(request: UserRequest, lab_id: PathId) -> Tasks:
    """What waits for whom, for managers."""
    lab = get_lab(request.user, lab_id)
    require_role(request.user, lab, Role.MANAGER)
    images = [_of_images(row) for row in images_waiting_in(lab)]
    return Tasks(rows=images + [_of_study(row) for row in waiting_in(lab)])


@router.get(
    "/labs/{int:lab_id}/members",
    response=answers(404, 422, also={200: Members}),
    operation_id="list_members",
    summary="Who is in a lab",
)
def list_members(request: UserRequest, lab_id: PathId) -> Members:
    """For its members."""
    rows = Membership.objects.filter(lab=get_lab(request.user, lab_id)).select_related("user")
    return Members(
        rows=[
            Member(username=row.user.get_username(), full_name=row.user.get_full_name(), role=Role(row.role))
            for row in rows.order_by("user__username")
        ]
    )


@router.post(
    "/experiments/{int:experiment_id}/tasks",
    response=answers(400, 403, 404, 422, also={200: Assigned}),
    operation_id="assign_images",
    summary="Give images to a person to review",
)
def assign(request: UserRequest, experiment_id: PathId, sent: NewTask) -> Assigned:
    """For managers. They stand on the person's home page."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    (person,) = raters_by_name(experiment.lab, [sent.username])
    n = assign_images(
        user=request.user,
        experiment_id=experiment_id,
        image_ids=sent.image_ids,
        person_id=person,
        due_on=sent.due_on,
        note=sent.note,
    )
    return Assigned(images=n)


@router.delete(
    "/experiments/{int:experiment_id}/tasks/{str:username}",
    response=answers(403, 404, 422, also={204: None}),
    operation_id="take_back_tasks",
    summary="Ask somebody no more",
)
def take_back(request: UserRequest, experiment_id: PathId, username: str) -> Status[None]:
    """For managers: what waits for them in the experiment waits no more."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    (person,) = raters_by_name(experiment.lab, [username])
    take_back_tasks(user=request.user, experiment_id=experiment_id, person_id=person)
    return Status(204, None)


@router.post(
    "/images/{int:image_id}/task/done",
    response=answers(403, 404, 422, also={204: None}),
    operation_id="finish_task",
    summary="Be through with an image that waits for you",
)
def done(request: UserRequest, image_id: PathId) -> Status[None]:
    """Marking it as reviewed does the same."""
    finish_task(user=request.user, image_id=image_id)
    return Status(204, None)
