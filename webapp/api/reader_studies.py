"""Reader studies: made, followed, closed, and what came of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from spines.access import get_experiment_to_rate, get_reader_study, reader_studies_for
from spines.errors import Conflict, InvalidInput
from spines.models import Lab, Membership, ReaderStudy, StudyAnswer, Task
from spines.selectors.reader_studies.agreement import agreement_of, methods_words
from spines.selectors.reader_studies.answers import progress_of
from spines.selectors.reader_studies.marking import marks_agreement_of
from spines.services.reader_studies.drawing import MOST_ITEMS, SpinesFrom
from spines.services.reader_studies.making import close_reader_study, make_reader_study
from spines.statistics.agreement import Interval
from webapp.api.failures import answers
from webapp.api.fields import Name, PathId, Sent
from webapp.api.paging import Page, Paging, page_of
from webapp.requests import UserRequest

router = Router(tags=["Reader studies, tasks"])

TaskName = Literal["classify", "find", "correct", "outline"]
MOST_RATERS = 100
Person = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\u0000]*$")]
_BLIND = "Answers are open once the study is closed: until then each rater is blind to the others."


class Rater(Schema):
    """How far a rater is."""

    username: str
    answered: int = Field(ge=0)
    total: int = Field(ge=0)


class Study(Schema):
    """A sample of an experiment, and the people who judge it apart."""

    id: int
    experiment_id: int
    name: str
    task: TaskName
    sample: str = Field(description="What was drawn, in words.")
    raters: list[Rater]
    due_on: date | None
    created_at: datetime
    closed_at: datetime | None = Field(description="From then on nobody answers, and results are open.")


class NewStudy(Sent):
    """What is drawn, and who rates it."""

    name: Name = Field(description="Unique in its experiment.")
    task: TaskName = "classify"
    raters: Annotated[list[Person], Field(min_length=2, max_length=MOST_RATERS)] = Field(
        description="User names of annotators and managers of the lab; two or more."
    )
    spines_from: Literal["by_class", "unsure", "all"] = Field(
        "by_class", description="Where spines are judged one by one: some of each class, of the unsure, or all."
    )
    per_class: int = Field(25, ge=1, le=MOST_ITEMS, description="Spines of each class, where some of each are drawn.")
    per_animal: int = Field(2, ge=1, le=MOST_ITEMS, description="Pictures, where whole pictures are marked.")
    again_percent: int = Field(10, ge=0, le=50, description="Of them come a second time, turned and mirrored.")
    due_on: date | None = Field(None, strict=False)


class Answer(Schema):
    """What one rater said of one item."""

    item_id: int
    image_id: int
    found_in: int | None = Field(description="The item of the picture in which raters marked this spine.")
    again_of: int | None = Field(description="The item that this is again, turned or mirrored.")
    turn: int = Field(description="Quarter turns, and 4 more where it is mirrored.")
    box_px: tuple[float, float, float, float] = Field(description="Of the item: x, y, width, height in its image.")
    username: str
    answer: str = Field(description="A class, not_a_spine, cannot_say or spine; empty where the rater drew.")
    marks: list[dict[str, Any]] = Field(
        description="What they drew: `box_px` (x, y, width, height) and `class`, or `outline_px` (a list of x, y)."
    )
    is_done: bool
    note: str
    at: datetime


class Figure(Schema):
    """A figure with its 95 % interval, of a bootstrap over animals."""

    value: float | None = Field(description="Null where it cannot be told.")
    low_95: float | None
    high_95: float | None


class NamedFigure(Figure):
    """One of them."""

    of: list[str] = Field(description="The two raters, a rater and the network, or the class.")


class Drawn(Schema):
    """What raters drew, compared; numbers as the page prints them, with units in the heads."""

    heads: list[str]
    by_rater: dict[str, list[str]] = Field(description="Means by rater, in the order of the heads.")
    overlap: str = Field(description="Which figure tells how far two agree: F1 or the Dice coefficient.")
    pairs: list[dict[str, str | list[str]]] = Field(
        description="`of`, `overlap`, and `differences` by head: bias with interval, then limits of agreement."
    )


class Agreement(Schema):
    """How well the raters agreed; *cannot say* enters no figure."""

    krippendorff_alpha: Figure
    fleiss_kappa: Figure
    cohen_kappa: list[NamedFigure] = Field(description="Of each two raters.")
    with_network: list[NamedFigure]
    by_class: list[NamedFigure] = Field(description="Krippendorff's α of this class against all others.")
    with_themselves: dict[str, float | None] = Field(description="Cohen's κ of items that came twice, by rater.")
    cannot_say: dict[str, int]
    consensus: dict[str, str | None] = Field(description="By item: the decision, else the majority, else weighed.")
    drawn: Drawn | None = Field(description="Null where raters chose answers.")
    methods: str = Field(description="A paragraph for the paper.")


def raters_by_name(lab: Lab, names: list[str]) -> list[int]:
    """Ids of members. Raises `InvalidInput` with the names that nobody in the lab has."""
    known = dict(Membership.objects.filter(lab=lab, user__username__in=names).values_list("user__username", "user"))
    unknown = sorted(set(names) - known.keys())
    if unknown:
        raise InvalidInput(f"Nobody in {lab} is named {', '.join(unknown[:8])}. Take the names of its page of members.")
    return [known[name] for name in names]


def _shown(study: ReaderStudy) -> Study:
    return Study(
        id=study.pk,
        experiment_id=study.experiment_id,
        name=study.name,
        task=study.task,  # type: ignore[arg-type]  # a choice
        sample=study.sample,
        raters=[
            Rater(username=each.rater.user.get_username(), answered=each.answered, total=each.total)
            for each in progress_of(study)
        ],
        due_on=study.due_on,
        created_at=study.created_at,
        closed_at=study.closed_at,
    )


@router.get(
    "/experiments/{int:experiment_id}/reader-studies",
    response=answers(404, 422, also={200: Page[Study]}),
    operation_id="list_reader_studies",
    summary="List an experiment's reader studies",
)
def list_reader_studies(request: UserRequest, experiment_id: PathId, page: Query[Paging]) -> Page[Study]:
    """Those in which you rate, and for managers all; the latest first."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    return page_of(reader_studies_for(request.user).filter(experiment=experiment), page, _shown)


@router.post(
    "/experiments/{int:experiment_id}/reader-studies",
    response=answers(400, 403, 404, 409, 422, also={201: Study}),
    operation_id="make_reader_study",
    summary="Draw a sample and assign raters",
)
def make_study(request: UserRequest, experiment_id: PathId, sent: NewStudy) -> Status[Study]:
    """For managers. It waits for its raters on their home pages."""
    experiment = get_experiment_to_rate(request.user, experiment_id)
    given = sent.dict() | {"task": Task(sent.task), "spines_from": SpinesFrom(sent.spines_from)}
    raters = raters_by_name(experiment.lab, given.pop("raters"))
    return Status(
        201, _shown(make_reader_study(user=request.user, experiment_id=experiment_id, rater_ids=raters, **given))
    )


@router.get(
    "/reader-studies/{int:study_id}",
    response=answers(404, 422, also={200: Study}),
    operation_id="get_reader_study",
    summary="One reader study, and how far its raters are",
)
def read_study(request: UserRequest, study_id: PathId) -> Study:
    """For its raters and the lab's managers."""
    return _shown(get_reader_study(request.user, study_id))


@router.post(
    "/reader-studies/{int:study_id}/close",
    response=answers(403, 404, 422, also={200: Study}),
    operation_id="close_reader_study",
    summary="End the answering for good, and open the results",
)
def close(request: UserRequest, study_id: PathId) -> Study:
    """For managers."""
    return _shown(close_reader_study(user=request.user, study_id=study_id))


def _closed(request: UserRequest, study_id: int) -> ReaderStudy:
    study = get_reader_study(request.user, study_id)
    if study.closed_at is None:
        raise Conflict(_BLIND)
    return study


@router.get(
    "/reader-studies/{int:study_id}/answers",
    response=answers(404, 409, 422, also={200: Page[Answer]}),
    operation_id="list_reader_answers",
    summary="Every single answer of a closed study",
)
def list_answers(request: UserRequest, study_id: PathId, page: Query[Paging]) -> Page[Answer]:
    """409 while it is open: until then each rater is blind to the others."""
    study = _closed(request, study_id)
    rows = StudyAnswer.objects.filter(item__study=study).select_related("item", "rater__user").order_by("pk")
    return page_of(rows, page, _answer)


def _answer(row: StudyAnswer) -> Answer:
    item = row.item
    return Answer(
        item_id=item.pk,
        image_id=item.image_id,
        found_in=item.found_in_id,
        again_of=item.again_of_id,
        turn=item.turn,
        box_px=(item.x_px, item.y_px, item.width_px, item.height_px),
        username=row.rater.user.get_username(),
        answer=row.answer,
        marks=row.marks,
        is_done=row.is_done,
        note=row.note,
        at=row.at,
    )


@router.get(
    "/reader-studies/{int:study_id}/agreement",
    response=answers(404, 409, 422, also={200: Agreement}),
    operation_id="get_reader_agreement",
    summary="How well the raters of a closed study agreed",
)
def read_agreement(request: UserRequest, study_id: PathId) -> Agreement:
    """What the page of the study says. 409 while it is open."""
    study = _closed(request, study_id)
    found = agreement_of(study)
    drawn = marks_agreement_of(study) if Task(study.task).is_drawn else None
    return Agreement(
        krippendorff_alpha=_figure(found.alpha),
        fleiss_kappa=_figure(found.fleiss),
        cohen_kappa=[_named(value, one, two) for one, two, value in found.pairs],
        with_network=[_named(value, name) for name, value in found.with_network],
        by_class=[_named(value, name) for name, value in found.by_class],
        with_themselves={name: value for name, _, value in found.selves},
        cannot_say=found.cannot_say,
        consensus={str(each.item.pk): each.consensus for each in found.items},
        drawn=None
        if drawn is None
        else Drawn(
            heads=drawn.heads,
            by_rater={each.name: each.cells for each in drawn.raters},
            overlap=drawn.overlap,
            pairs=[
                {"of": each.names, "overlap": each.overlap, "differences": each.differences} for each in drawn.pairs
            ],
        ),
        methods=drawn.methods if drawn else methods_words(study, found),
    )


def _figure(interval: Interval) -> Figure:
    return Figure(value=interval.value, low_95=interval.low, high_95=interval.high)


def _named(interval: Interval, *of: str) -> NamedFigure:
    return NamedFigure(of=list(of), value=interval.value, low_95=interval.low, high_95=interval.high)
