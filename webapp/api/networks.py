"""Which networks are in use for a lab or an experiment, and choosing another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from spines.access import get_experiment, get_lab
from spines.errors import NotFound
from spines.models import Experiment, Lab, ModelKind, ModelState, ModelVersion, NetworkChoice, Reach
from spines.selectors.models.in_use import networks_in_use
from spines.selectors.models.versions import model_versions_for
from spines.services.models.choosing import choose_network, end_choice
from spines.services.models.dry_run import ask_dry_run
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent, Text
from webapp.api.paging import Page, Paging, page_of
from webapp.api.work import Work, shown
from webapp.requests import UserRequest

router = Router(tags=["Networks"])


class Network(Schema):
    """A version of a network."""

    id: int
    name: str
    version: str


class KnownNetwork(Network):
    """A version of a network, and whether everyone uses it."""

    kind: ModelKind
    state: ModelState = Field(description="Active: in use wherever no lab or experiment has chosen another.")
    verdict: str = Field(description="Beside the network that was active when it was made; empty where none was made.")
    created_at: datetime


class NetworkInUse(Schema):
    """What an analysis that starts now uses."""

    kind: ModelKind
    network: Network
    chosen_for: Reach = Field(description="An experiment's own choice comes before its lab's, that before everyone's.")
    since: datetime | None
    reason: str


class Tried(Sent):
    """Which version."""

    version_id: RowId = Field(description="Its kind says what it takes the place of.")


class NewChoice(Tried):
    """Which version, and why."""

    reason: Annotated[Text, Field(max_length=1000)] = Field(
        "", description="Needed unless it is better than what is in use there."
    )


def network_shown(version: ModelVersion) -> Network:
    """As an answer."""
    return Network(id=version.pk, name=version.name, version=version.version)


def _known(version: ModelVersion) -> KnownNetwork:
    return KnownNetwork(
        id=version.pk,
        name=version.name,
        version=version.version,
        kind=ModelKind(version.kind),
        state=ModelState(version.state),
        verdict=version.evaluation.get("verdict", ""),
        created_at=version.created_at,
    )


def _in_use(lab: Lab | None = None, experiment: Experiment | None = None) -> list[NetworkInUse]:
    found = networks_in_use(lab=lab, experiment=experiment)
    return [
        NetworkInUse(
            kind=kind,
            network=network_shown(found[kind].version),
            chosen_for=found[kind].reach,
            since=found[kind].since,
            reason=found[kind].reason,
        )
        for kind in ModelKind
        if kind in found
    ]


@router.get(
    "/model-versions",
    response=answers(422, also={200: Page[KnownNetwork]}),
    operation_id="list_model_versions",
    summary="List the networks",
)
def list_versions(request: UserRequest, page: Query[Paging]) -> Page[KnownNetwork]:
    """By kind, the newest first."""
    return page_of(model_versions_for(request.user).order_by("kind", "-created_at", "-pk"), page, _known)


@router.get(
    "/labs/{int:lab_id}/networks",
    response=answers(404, 422, also={200: list[NetworkInUse]}),
    operation_id="get_lab_networks",
    summary="Get the networks in use for a lab",
)
def of_lab(request: UserRequest, lab_id: PathId) -> list[NetworkInUse]:
    """For its experiments that have not chosen their own."""
    return _in_use(lab=get_lab(request.user, lab_id))


@router.put(
    "/labs/{int:lab_id}/networks",
    response=answers(400, 403, 404, 409, 422, also={200: list[NetworkInUse]}),
    operation_id="choose_lab_network",
    summary="Choose a network for a lab",
)
def choose_for_lab(request: UserRequest, lab_id: PathId, sent: NewChoice) -> list[NetworkInUse]:
    """In a lab that you manage; administrators in every lab. 409 where it needs a reason."""
    made = choose_network(user=request.user, lab_id=lab_id, **sent.model_dump())
    return _in_use(lab=made.lab)


@router.post(
    "/labs/{int:lab_id}/networks/dry-run",
    response=answers(400, 403, 404, 409, 422, also={202: Work}),
    operation_id="try_lab_network",
    summary="Try what another network would change for a lab",
)
def try_for_lab(request: UserRequest, lab_id: PathId, sent: Tried) -> Status[Work]:
    """Both networks on a sample of its analysed images; `result` has counts, densities and classes before and after."""
    return Status(202, shown(request, ask_dry_run(user=request.user, lab_id=lab_id, version_id=sent.version_id)))


@router.delete(
    "/labs/{int:lab_id}/networks/{kind}",
    response=answers(403, 404, 422, also={200: list[NetworkInUse]}),
    operation_id="end_lab_network",
    summary="End a lab's choice of a network",
)
def end_for_lab(request: UserRequest, lab_id: PathId, kind: ModelKind) -> list[NetworkInUse]:
    """Its experiments use everyone's again."""
    lab = get_lab(request.user, lab_id)
    _end(request, kind, lab=lab)
    return _in_use(lab=lab)


@router.get(
    "/experiments/{int:experiment_id}/networks",
    response=answers(404, 422, also={200: list[NetworkInUse]}),
    operation_id="get_experiment_networks",
    summary="Get the networks in use for an experiment",
)
def of_experiment(request: UserRequest, experiment_id: PathId) -> list[NetworkInUse]:
    """With which an analysis would run that is started now. Results keep the versions that made them."""
    return _in_use(experiment=get_experiment(request.user, experiment_id))


@router.put(
    "/experiments/{int:experiment_id}/networks",
    response=answers(400, 403, 404, 409, 422, also={200: list[NetworkInUse]}),
    operation_id="choose_experiment_network",
    summary="Choose a network for an experiment",
)
def choose_for_experiment(request: UserRequest, experiment_id: PathId, sent: NewChoice) -> list[NetworkInUse]:
    """In a lab that you manage. The version in use already stays in use here then, whatever the lab chooses."""
    made = choose_network(user=request.user, experiment_id=experiment_id, **sent.model_dump())
    return _in_use(experiment=made.experiment)


@router.post(
    "/experiments/{int:experiment_id}/networks/dry-run",
    response=answers(400, 403, 404, 409, 422, also={202: Work}),
    operation_id="try_experiment_network",
    summary="Try what another network would change for an experiment",
)
def try_for_experiment(request: UserRequest, experiment_id: PathId, sent: Tried) -> Status[Work]:
    """As for a lab, on the experiment's images."""
    work = ask_dry_run(user=request.user, experiment_id=experiment_id, version_id=sent.version_id)
    return Status(202, shown(request, work))


@router.delete(
    "/experiments/{int:experiment_id}/networks/{kind}",
    response=answers(403, 404, 422, also={200: list[NetworkInUse]}),
    operation_id="end_experiment_network",
    summary="End an experiment's choice of a network",
)
def end_for_experiment(request: UserRequest, experiment_id: PathId, kind: ModelKind) -> list[NetworkInUse]:
    """It uses its lab's again, or everyone's."""
    experiment = get_experiment(request.user, experiment_id)
    _end(request, kind, experiment=experiment)
    return _in_use(experiment=experiment)


def _end(request: UserRequest, kind: ModelKind, **of: Any) -> None:
    choice = NetworkChoice.objects.filter(**of, kind=kind).first()
    if choice is None:
        raise NotFound(f"No {kind.label.lower()} is chosen here, so there is nothing to end.")
    end_choice(user=request.user, choice_id=choice.pk)
