"""Labs, their projects, and the experiments in those."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from spines import models
from spines.access import (
    experiments_for,
    experiments_to_rate,
    get_experiment_to_rate,
    get_lab,
    get_project,
    labs_for,
    projects_for,
)
from spines.models import Role
from spines.selectors.labs.experiments import with_experiment_count, with_figures, with_spines
from spines.selectors.results.made_by import made_by_all, mixed_versions
from spines.services.labs.studies import create_experiment, create_project
from spines.services.labs.trash import trash_experiment, trash_project
from webapp.api.failures import answers
from webapp.api.fields import Name, PathId, Sent, Text
from webapp.api.paging import Page, Paging, page_of
from webapp.api.trash import Trashed, shown_trashed
from webapp.requests import UserRequest

router = Router(tags=["Labs, projects, experiments"])


class Lab(Schema):
    """A lab that the token's user is a member of."""

    id: int
    name: str
    role: Role = Field(description="A viewer reads, an annotator works on images, a manager rules.")
    rule_preset: str = Field(description="The published rules whose class the pages show beside the network's.")


class Project(Schema):
    """Experiments that belong together."""

    id: int
    lab_id: int
    name: str
    description: str
    experiments: int = Field(ge=0)
    images: int = Field(ge=0, description="In all its experiments.")
    created_at: datetime


class ProjectWithVersions(Project):
    """A project, and whether its experiments can be compared."""

    mixed_versions: list[str] = Field(
        description="Which versions of networks, program, tracing or formulas the results of its experiments mix, a "
        "sentence each: a difference may be one of versions. Empty where all were made alike."
    )


class NewProject(Sent):
    """A new project."""

    name: Name = Field(description="Unique in its lab. No control characters, no space at either end.")
    description: Text = ""


class Experiment(Schema):
    """One comparison: its images, animals and conditions."""

    id: int
    lab_id: int
    project_id: int
    name: str
    hypothesis: str
    blinded: bool = Field(description="Scored without names, conditions and results.")
    sealed: bool = Field(
        description="Blinded, not unblinded, and you may rate in it: conditions, hypothesis and counts are hidden from "
        "you, images have no name, and what tells more is refused (403)."
    )
    unblinded_at: datetime | None = Field(description="When a manager ended the blinding, for good.")
    unblind_reason: str
    conditions: list[str] = Field(description="Their names, in the order of every table and chart.")
    images: int = Field(ge=0)
    analysed_images: int = Field(ge=0, description="Images with a finished result.")
    images_aside: int = Field(ge=0, description="Of these, those in no figure until a person admits them.")
    animals: int = Field(ge=0, description="Animals with an image.")
    spines: int = Field(ge=0, description="Spines of the images' latest results; the rejected left out.")
    reviewed_spines: int = Field(ge=0, description="Of these, those whose class a person named or accepted.")
    created_at: datetime


class NewExperiment(Sent):
    """A new experiment."""

    name: Name = Field(description="Unique in its project. No control characters, no space at either end.")
    hypothesis: Text = Field("", description="What you expect, written down before you look.")
    blinded: bool = Field(
        False, description="Hide names, conditions and results from those who rate. Managers make these."
    )


def _project(row: Any) -> Project:
    return Project(
        id=row.pk,
        lab_id=row.lab_id,
        name=row.name,
        description=row.description,
        experiments=row.n_experiments,
        images=row.n_images,
        created_at=row.created_at,
    )


def _experiment(row: Any) -> Experiment:
    sealed = row.sealed_now
    return Experiment(
        id=row.pk,
        lab_id=row.project.lab_id,
        project_id=row.project_id,
        name=row.name,
        hypothesis="" if sealed else row.hypothesis,
        blinded=row.blinded,
        sealed=sealed,
        unblinded_at=row.unblinded_at,
        unblind_reason=row.unblind_reason,
        conditions=[] if sealed else [condition.name for condition in row.conditions.all()],
        images=row.n_images,
        analysed_images=row.n_analysed,
        images_aside=0 if sealed else row.n_aside,
        animals=0 if sealed else row.n_animals,
        spines=0 if sealed else row.spines.counted,
        reviewed_spines=0 if sealed else row.spines.reviewed,
        created_at=row.created_at,
    )


def _counted_project(request: UserRequest, project: models.Project) -> Project:
    return _project(with_experiment_count(projects_for(request.user)).get(pk=project.pk))


def _counted_experiment(request: UserRequest, experiment: models.Experiment) -> Experiment:
    (row,) = with_spines(with_figures(experiments_to_rate(request.user)).filter(pk=experiment.pk))
    return _experiment(row)


@router.get("/labs", response=answers(422, also={200: Page[Lab]}), operation_id="list_labs", summary="List labs")
def list_labs(request: UserRequest, page: Query[Paging]) -> Page[Lab]:
    """The labs that the token's user is a member of, by name."""
    roles = dict(request.user.memberships.values_list("lab", "role"))

    def show(lab: models.Lab) -> Lab:
        return Lab(id=lab.pk, name=lab.name, role=Role(roles[lab.pk]), rule_preset=lab.rule_preset)

    return page_of(labs_for(request.user).order_by("name", "pk"), page, show)


@router.get(
    "/labs/{int:lab_id}/projects",
    response=answers(404, 422, also={200: Page[Project]}),
    operation_id="list_projects",
    summary="List a lab's projects",
)
def list_projects(request: UserRequest, lab_id: PathId, page: Query[Paging]) -> Page[Project]:
    """By name."""
    projects = projects_for(request.user).filter(lab=get_lab(request.user, lab_id))
    return page_of(with_experiment_count(projects).order_by("name", "pk"), page, _project)


@router.post(
    "/labs/{int:lab_id}/projects",
    response=answers(400, 403, 404, 409, 422, also={201: Project}),
    operation_id="create_project",
    summary="Make a project",
)
def make_project(request: UserRequest, lab_id: PathId, sent: NewProject) -> Status[Project]:
    """In a lab where you are at least an annotator."""
    made = create_project(user=request.user, lab_id=lab_id, name=sent.name, description=sent.description)
    return Status(201, _counted_project(request, made))


@router.get(
    "/projects/{int:project_id}",
    response=answers(404, 422, also={200: ProjectWithVersions}),
    operation_id="get_project",
    summary="Get a project",
)
def show_project(request: UserRequest, project_id: PathId) -> ProjectWithVersions:
    """With what the results of its experiments mix."""
    project = get_project(request.user, project_id)
    made = made_by_all(experiments_for(request.user).filter(project=project))
    return ProjectWithVersions(**_counted_project(request, project).dict(), mixed_versions=mixed_versions(made))


@router.get(
    "/projects/{int:project_id}/experiments",
    response=answers(404, 422, also={200: Page[Experiment]}),
    operation_id="list_experiments",
    summary="List a project's experiments",
)
def list_experiments(request: UserRequest, project_id: PathId, page: Query[Paging]) -> Page[Experiment]:
    """By name."""
    experiments = experiments_to_rate(request.user).filter(project=get_project(request.user, project_id))
    ordered = with_figures(experiments).prefetch_related("conditions").order_by("name", "pk")
    return page_of(ordered, page, _experiment, several=with_spines)


@router.post(
    "/projects/{int:project_id}/experiments",
    response=answers(400, 403, 404, 409, 422, also={201: Experiment}),
    operation_id="create_experiment",
    summary="Make an experiment",
)
def make_experiment(request: UserRequest, project_id: PathId, sent: NewExperiment) -> Status[Experiment]:
    """In a project of a lab where you are at least an annotator."""
    made = create_experiment(
        user=request.user,
        project_id=project_id,
        name=sent.name,
        hypothesis=sent.hypothesis,
        blinded=sent.blinded,
    )
    return Status(201, _counted_experiment(request, made))


@router.get(
    "/experiments/{int:experiment_id}",
    response=answers(404, 422, also={200: Experiment}),
    operation_id="get_experiment",
    summary="Get an experiment",
)
def show_experiment(request: UserRequest, experiment_id: PathId) -> Experiment:
    """With what it holds."""
    return _counted_experiment(request, get_experiment_to_rate(request.user, experiment_id))


@router.delete(
    "/experiments/{int:experiment_id}",
    response=answers(403, 404, 409, 422, also={200: Trashed}),
    operation_id="trash_experiment",
    summary="Put an experiment into the trash",
)
def drop_experiment(request: UserRequest, experiment_id: PathId) -> Status[Trashed]:
    """For managers of its lab; 409 while it is analysed. It is deleted after 30 days."""
    return Status(200, shown_trashed(trash_experiment(user=request.user, experiment_id=experiment_id)))


@router.delete(
    "/projects/{int:project_id}",
    response=answers(403, 404, 409, 422, also={200: Trashed}),
    operation_id="trash_project",
    summary="Put a project into the trash",
)
def drop_project(request: UserRequest, project_id: PathId) -> Status[Trashed]:
    """With its experiments, for managers of its lab; 409 while one is analysed. It is deleted after 30 days."""
    return Status(200, shown_trashed(trash_project(user=request.user, project_id=project_id)))
