"""Class sets of a lab, and which of them an experiment uses."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router, Schema, Status
from pydantic import Field

from spines import models
from spines.access import class_sets_for, get_experiment, get_lab
from spines.services.labs.class_sets import LONGEST_NAME, choose_class_set, make_class_set
from spines.vocabulary.classes import LINES, NETWORK_CLASSES, NETWORK_KEYS
from spines.vocabulary.own_classes import KEY_PATTERN, MOST_CLASSES
from webapp.api.failures import answers
from webapp.api.fields import Name, PathId, RowId, Sent
from webapp.api.paging import Page, Paging, page_of
from webapp.requests import UserRequest

router = Router(tags=["Class sets"])

_ONTO = f"The network's class that it stands for in indices and training: {', '.join(NETWORK_KEYS)}; empty for none."


class SpineClass(Schema):
    """A class of spines."""

    key: str = Field(description="Its name in tables, files and answers.")
    name: str
    letter: str
    keyboard: str = Field(description="The key that gives it on the image page; empty for none.")
    colour: str = Field(description="#rrggbb")
    line: str = Field(description=f"How its boxes are drawn: {', '.join(LINES)}.")
    meaning: str
    onto: str = Field(description=_ONTO)
    is_of_network: bool


class NewClass(Sent):
    """A class of a lab's own."""

    key: Annotated[str, Field(pattern=f"^{KEY_PATTERN.pattern}$", max_length=30)]
    name: Annotated[str, Field(min_length=1, max_length=40)]
    letter: Annotated[str, Field(max_length=1)] = ""
    keyboard: Annotated[str, Field(max_length=1)] = ""
    colour: Annotated[str, Field(pattern="^(#[0-9a-fA-F]{6})?$")] = ""
    line: Annotated[str, Field(max_length=10)] = ""
    meaning: Annotated[str, Field(max_length=300)] = ""
    onto: Annotated[str, Field(max_length=10, description=_ONTO)] = ""


class ClassSet(Schema):
    """The classes of the networks, and a lab's own."""

    id: int
    lab_id: int
    name: str
    classes: list[SpineClass] = Field(description="In the order of every table and chart, the network's first.")


class NewClassSet(Sent):
    """A new set; the network's classes are in every one."""

    name: Name = Field(description=f"Unique in its lab, at most {LONGEST_NAME} letters.")
    own: Annotated[list[NewClass], Field(min_length=1, max_length=MOST_CLASSES - len(NETWORK_CLASSES))]


class ChosenClassSet(Sent):
    """Which set an experiment uses."""

    class_set_id: RowId | None = Field(description="Null: the classes of the networks alone.")


def _shown(row: models.ClassSet) -> ClassSet:
    classes = [
        SpineClass(
            **{name: getattr(each, name) for name in SpineClass.model_fields},
        )
        for each in row.classes().classes
    ]
    return ClassSet(id=row.pk, lab_id=row.lab_id, name=row.name, classes=classes)


@router.get(
    "/labs/{int:lab_id}/class-sets",
    response=answers(404, 422, also={200: Page[ClassSet]}),
    operation_id="list_class_sets",
    summary="List a lab's class sets",
)
def list_class_sets(request: UserRequest, lab_id: PathId, page: Query[Paging]) -> Page[ClassSet]:
    """By name."""
    sets = class_sets_for(request.user).filter(lab=get_lab(request.user, lab_id))
    return page_of(sets.order_by("name", "pk"), page, _shown)


@router.post(
    "/labs/{int:lab_id}/class-sets",
    response=answers(400, 403, 404, 409, 422, also={201: ClassSet}),
    operation_id="create_class_set",
    summary="Make a class set",
)
def make(request: UserRequest, lab_id: PathId, sent: NewClassSet) -> Status[ClassSet]:
    """In a lab that you manage. A set does not change afterwards: results are counted under its classes."""
    own = [{name: value for name, value in each.model_dump().items() if value} for each in sent.own]
    made = make_class_set(user=request.user, lab_id=lab_id, name=sent.name, own=own)
    return Status(201, _shown(made))


@router.put(
    "/experiments/{int:experiment_id}/class-set",
    response=answers(400, 403, 404, 409, 422, also={200: ChosenClassSet}),
    operation_id="choose_class_set",
    summary="Choose an experiment's class set",
)
def choose(request: UserRequest, experiment_id: PathId, sent: ChosenClassSet) -> ChosenClassSet:
    """In a lab that you manage. Refused while a spine has a class that the set lacks."""
    get_experiment(request.user, experiment_id)
    chosen = choose_class_set(user=request.user, experiment_id=experiment_id, class_set_id=sent.class_set_id)
    return ChosenClassSet(class_set_id=chosen.class_set_id)
