"""One row of those that a user may reach, or `NotFound`; or `Sealed` where its experiment is."""

from __future__ import annotations

from django.db.models import QuerySet

from spines.access.rows import (
    Row,
    Visitor,
    analyses_to_rate,
    class_sets_for,
    dendrites_to_rate,
    experiments_to_rate,
    images_to_rate,
    labs_for,
    projects_for,
    reader_studies_for,
    seal,
    spines_to_rate,
    works_for,
)
from spines.errors import NotFound, Sealed
from spines.models import (
    Analysis,
    ClassSet,
    Dendrite,
    Experiment,
    Image,
    Lab,
    Project,
    ReaderStudy,
    Spine,
    Work,
)


def _get(rows: QuerySet[Row], pk: int, what: str) -> Row:
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no {what} {pk} in your labs. It may have been deleted.")
    return row


def _get_open(rows: QuerySet[Row], pk: int, what: str, user: Visitor, experiment: str) -> Row:
    """The row, or `NotFound`; `Sealed` where its experiment is sealed for the user."""
    row: Row = _get(rows.annotate(sealed_row=seal(user, experiment)), pk, what)  # type: ignore[assignment]
    if getattr(row, "sealed_row"):  # noqa: B009 - an annotation
        raise Sealed(
            "This experiment is blinded, and you may rate in it: names, conditions, results and settings are locked "
            "for you until a manager of the lab unblinds it."
        )
    return row


def get_lab(user: Visitor, pk: int) -> Lab:
    """The lab, or `NotFound`."""
    return _get(labs_for(user), pk, "lab")


def get_project(user: Visitor, pk: int) -> Project:
    """The project, or `NotFound`."""
    return _get(projects_for(user), pk, "project")


def get_experiment(user: Visitor, pk: int) -> Experiment:
    """The experiment, or `NotFound`, or `Sealed`."""
    return _get_open(experiments_to_rate(user), pk, "experiment", user, "pk")


def get_experiment_to_rate(user: Visitor, pk: int) -> Experiment:
    """The experiment, sealed or not (`sealed_now`), or `NotFound`."""
    return _get(experiments_to_rate(user), pk, "experiment")


def get_class_set(user: Visitor, pk: int) -> ClassSet:
    """The class set, or `NotFound`."""
    return _get(class_sets_for(user), pk, "class set")


def get_image(user: Visitor, pk: int) -> Image:
    """The image, or `NotFound`, or `Sealed`."""
    return _get_open(images_to_rate(user), pk, "image", user, "experiment")


def get_image_to_rate(user: Visitor, pk: int) -> Image:
    """The image, of a sealed experiment too (`sealed_now`), or `NotFound`."""
    return _get(images_to_rate(user).annotate(sealed_now=seal(user, "experiment")), pk, "image")


def get_analysis(user: Visitor, pk: int) -> Analysis:
    """The analysis, or `NotFound`, or `Sealed`."""
    return _get_open(analyses_to_rate(user), pk, "analysis", user, "experiment")


def get_spine_to_rate(user: Visitor, pk: int) -> Spine:
    """The spine with its image, of a sealed experiment too, or `NotFound`."""
    spines = spines_to_rate(user).select_related(
        "analysis_image__image__experiment__project", "analysis_image__image__experiment__class_set"
    )
    return _get(spines, pk, "spine")


def get_dendrite_to_rate(user: Visitor, pk: int) -> Dendrite:
    """The dendrite with its image, of a sealed experiment too, or `NotFound`."""
    dendrites = dendrites_to_rate(user).select_related("analysis_image__image__experiment__project__lab")
    return _get(dendrites, pk, "dendrite")


def get_work(user: Visitor, pk: int) -> Work:
    """The work with its experiment, or `NotFound`: it is deleted a week after its end."""
    return _get(works_for(user), pk, "work")


def get_reader_study(user: Visitor, pk: int) -> ReaderStudy:
    """The study, or `NotFound`."""
    return _get(reader_studies_for(user), pk, "study")
