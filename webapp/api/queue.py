"""The review queue and the gallery: next steps, answers, orders by likeness, the same said of many spines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from ninja import Body, Query, Router, Schema
from pydantic import Field

from spines.access import get_experiment
from spines.models import ReviewOrder, Spine
from spines.models.reader_studies import NO_SPINE
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.gallery import version_now
from spines.selectors.results.likeness import ByLikeness, ordered
from spines.selectors.review.orders import MOST_AN_ANIMAL, SAMPLE_AN_ANIMAL, Asked
from spines.selectors.review.state import version_of
from spines.services.review import bulk, queue
from spines.services.review.stated import Stated
from webapp.api import fields
from webapp.api.edits import Edit
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent
from webapp.api.review import ClassKey
from webapp.requests import UserRequest

router = Router(tags=["Review"])

MOST_HELD = 120
Bulk = Annotated[UUID, Field(strict=False, description="A random id of the act, by which it is taken back.")]


class Wanted(Sent):
    """Which steps are wanted."""

    order: ReviewOrder = Field(strict=False, description="In which order one goes through the experiment.")
    an_animal: int = Field(SAMPLE_AN_ANIMAL, ge=1, le=MOST_AN_ANIMAL, description="Of a random sample.")
    held: list[RowId] = Field([], max_length=MOST_HELD, description="Spines that still wait for your answer.")
    most: int = Field(12, ge=1, le=queue.MOST_STEPS, description="At most so many new ones.")


class Step(Schema):
    """A spine to answer."""

    spine_id: int
    image_id: int
    version: int = Field(description="Of its image's result, which the answer states.")


class Steps(Schema):
    """The next spines in order; nobody else is given them for ten minutes."""

    steps: list[Step]


class NewAnswer(Edit):
    """What a spine is."""

    answer: ClassKey = Field(
        description="A class, `accept` for the network's, `not_a_spine`, or `cannot_say`, which passes it on."
    )
    order: ReviewOrder = Field(strict=False, description="In which order you came to it.")
    unseen: bool = Field(False, description="You did not see what the network says.")


class Answered(Schema):
    """What stands of the spine now."""

    spine_id: int
    said: str = Field(description="A class, `cannot_say`, `not_a_spine`, or empty.")
    version: int = Field(description="Of its image's result.")


class OfMany(Sent):
    """The same of many spines."""

    spine_ids: list[RowId] = Field(min_length=1, max_length=bulk.MOST_AT_ONCE)
    answer: ClassKey = Field(description="A class, `accept`, or `not_a_spine`, which takes up to a second an image.")
    bulk: Bulk
    version: int | None = Field(
        None, ge=0, le=fields.GREATEST_ID, description="Newest event that you have seen; what changed since is left."
    )


class Act(Sent):
    """An act to take back."""

    bulk: Bulk


class SaidOfMany(Schema):
    """What became of many spines."""

    changed: list[int]
    stale: int = Field(description="Left, as somebody changed them since.")
    rejected: int = Field(description="Left, as they are no spines.")
    unsure: int = Field(description="Left, as nobody names a class that could be accepted.")
    version: int = Field(description="The newest event of all.")


class LikenessQuery(fields.Asked):
    """An order by likeness."""

    by: ByLikeness = Field(
        description="`near` to `spine`, `strange` for their class, or `twins`: two boxes on one spine."
    )
    spine: RowId | None = Field(None, description="For `near`.")


class ByLikenessAnswer(Schema):
    """Ids of spines in an order by likeness; of `twins` two that belong together follow each other."""

    ids: list[int]
    missing: int = Field(ge=0, description="That cannot be compared yet.")


@router.post(
    "/experiments/{int:experiment_id}/queue",
    response=answers(400, 404, 409, 422, also={200: Steps}),
    operation_id="take_review_steps",
    summary="Take the next spines of the review queue",
)
def take_steps(request: UserRequest, experiment_id: PathId, sent: Body[Wanted]) -> Steps:
    """None where nothing waits. Those that you took before and do not hold any more are free for others."""
    asked = Asked(order=sent.order, an_animal=sent.an_animal)
    ids = queue.take_steps(user=request.user, experiment_id=experiment_id, asked=asked, held=sent.held, most=sent.most)
    spines = Spine.objects.select_related("analysis_image").in_bulk(ids)
    return Steps(
        steps=[
            Step(
                spine_id=pk,
                image_id=spines[pk].analysis_image.image_id,
                version=version_of(spines[pk].analysis_image),
            )
            for pk in ids
            if pk in spines
        ]
    )


@router.post(
    "/spines/{int:spine_id}/answer",
    response=answers(400, 404, 409, 422, also={200: Answered}),
    operation_id="answer_review_step",
    summary="Answer a step of the review queue",
)
def answer(request: UserRequest, spine_id: PathId, sent: Body[NewAnswer]) -> Answered:
    """A correction like any other. 409 with `changed` where somebody else spoke of the spine since."""
    given = queue.Given(answer=sent.answer, order=sent.order, unseen=sent.unseen)
    return _answered(queue.answer(user=request.user, spine_id=spine_id, given=given, stated=sent.stated()))


@router.post(
    "/spines/{int:spine_id}/answer/undo",
    response=answers(404, 409, 422, also={200: Answered}),
    operation_id="undo_review_answer",
    summary="Take your answer of a spine back",
)
def undo_answer(request: UserRequest, spine_id: PathId) -> Answered:
    """409 where you changed something else in its image since."""
    return _answered(queue.take_back(user=request.user, spine_id=spine_id))


def _answered(spine: Spine) -> Answered:
    said = NO_SPINE if spine.rejected else spine.reviewed_class
    return Answered(spine_id=spine.pk, said=said, version=version_of(spine.analysis_image))


@router.get(
    "/experiments/{int:experiment_id}/likeness",
    response=answers(404, 409, 422, also={200: ByLikenessAnswer}),
    operation_id="order_by_likeness",
    summary="Put an experiment's spines in an order by likeness",
)
def by_likeness(request: UserRequest, experiment_id: PathId, asked: Query[LikenessQuery]) -> ByLikenessAnswer:
    """As the gallery does. 409 where no spine, or not `spine`, can be compared yet."""
    experiment = get_experiment(request.user, experiment_id)
    found = ordered(experiment, ResultFilters(), asked.by, spine_id=asked.spine)
    return ByLikenessAnswer(ids=found.ids, missing=found.missing)


@router.post(
    "/experiments/{int:experiment_id}/say",
    response=answers(400, 404, 409, 422, also={200: SaidOfMany}),
    operation_id="say_of_many_spines",
    summary="Say the same of many spines",
)
def say(request: UserRequest, experiment_id: PathId, sent: Body[OfMany]) -> SaidOfMany:
    """All or none of a class or an acceptance; each spine keeps its own event."""
    done = bulk.say_of_many(
        user=request.user,
        experiment_id=experiment_id,
        spine_ids=sent.spine_ids,
        answer=sent.answer,
        bulk=sent.bulk,
        stated=Stated(version=sent.version),
    )
    return _of_many(done)


@router.post(
    "/experiments/{int:experiment_id}/say/undo",
    response=answers(400, 404, 409, 422, also={200: SaidOfMany}),
    operation_id="undo_of_many_spines",
    summary="Take back what was said of many spines",
)
def take_back(request: UserRequest, experiment_id: PathId, sent: Body[Act]) -> SaidOfMany:
    """Of each of which nothing was said since; the others are counted as `stale`."""
    return _of_many(bulk.take_back_many(user=request.user, experiment_id=experiment_id, bulk=sent.bulk))


def _of_many(done: bulk.SaidOfMany) -> SaidOfMany:
    return SaidOfMany(**asdict(done), version=version_now())
