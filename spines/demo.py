"""The demonstration: a lab whose one experiment compares made images of two conditions.

Nothing in it is a measurement of an animal, and its names say so. The images (`spines.synthesis.study`) go through the
same service as a user's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.db import transaction

from spines.models import Analysis, AuditEvent, Experiment, Lab, Project, User
from spines.selectors.designs.facts import proposal_of
from spines.selectors.designs.stated import current_design
from spines.services import audit
from spines.services.analyses.starting import start_analysis
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design
from spines.services.images.uploads import add_image
from spines.services.labs.making import create_lab
from spines.services.labs.studies import create_experiment, create_project
from spines.services.samples.sources import apply_pattern
from spines.statistics.design import Direction
from spines.synthesis import write_tiff
from spines.synthesis.study import study_images
from spines.vocabulary.classes import DEFAULT, HEADED
from spines.vocabulary.compared import DENSITY

USER_NAME = "demo"
LAB_NAME = "Demo lab"
PROJECT_NAME = "Demonstration"
EXPERIMENT_NAME = "Dendritic spines, made images"
HYPOTHESIS = (
    f"Enriched housing raises spine density and the share of {DEFAULT.style(HEADED[0]).spines}. "
    "All images are made by the program; no animal was measured."
)
FACTOR_NAME = "housing"
FILENAME_PATTERN = "{condition}_{animal}_{cell}_{*}"
MADE = "demo.made"


def make_demo(*, password: str, report: Callable[[str], None] | None = None) -> Experiment | None:
    """Make the demonstration once; after that, do nothing, whatever became of it.

    A demonstration that was interrupted is completed. The user `demo` gets the password when made, and keeps their own
    later. `report` is called with the name of each image that is added.

    Returns
    -------
    Experiment or None
        The new experiment, or None where the demonstration was made before.

    Raises
    ------
    spines.errors.Conflict
        When another lab has the demonstration's name.
    """
    if AuditEvent.objects.filter(action=MADE).exists():
        return None
    user = _user(password)
    experiment = _experiment(user)
    there = set(experiment.images.values_list("original_name", flat=True))
    with tempfile.TemporaryDirectory(prefix="spinula-demo-") as folder:
        path = Path(folder) / "made.tif"
        for name, made in study_images():
            if name not in there:
                write_tiff(path, made)
                add_image(user=user, experiment_id=experiment.pk, path=path, name=name)
                if report is not None:
                    report(name)
    _state_design(user, experiment)
    audit.record(actor=user, lab=None, action=MADE, subject=experiment)
    return experiment


def analyse_demo() -> Analysis | None:
    """Start the first analysis of the demonstration; None where it had one, or where the demonstration is gone.

    Raises
    ------
    spines.errors.Conflict
        When no network is active.
    """
    marks = AuditEvent.objects.filter(action=MADE).values("subject_id")
    experiment = Experiment.objects.filter(pk__in=marks, analyses=None, images__isnull=False).first()
    user = User.objects.filter(username=USER_NAME).first()
    if experiment is None or user is None:
        return None
    return start_analysis(user=user, experiment_id=experiment.pk)


def _state_design(user: User, experiment: Experiment) -> None:
    """Housing compared between animals, density named as primary measure before anything is analysed."""
    proposal = proposal_of(experiment)
    if proposal is None or current_design(experiment):
        return
    ids = dict(experiment.conditions.values_list("name", "pk"))
    state_design(
        user=user,
        experiment_id=experiment.pk,
        statement=DesignStatement(
            factors=tuple(replace(factor, name=FACTOR_NAME) for factor in proposal.design.factors),
            cells={ids[name]: levels for name, levels in proposal.design.conditions.items()},
            primary=PrimaryStatement(measure=DENSITY, direction=Direction.HIGHER),
        ),
    )


def _user(password: str) -> User:
    found = User.objects.filter(username=USER_NAME).first()
    return found or User.objects.create_user(USER_NAME, password=password, is_staff=True)


@transaction.atomic
def _experiment(user: User) -> Experiment:
    lab = Lab.objects.filter(name=LAB_NAME, members=user).first() or create_lab(user=user, name=LAB_NAME)
    project = Project.objects.filter(lab=lab, name=PROJECT_NAME).first() or create_project(
        user=user, lab_id=lab.pk, name=PROJECT_NAME, description="Shows what Spinula does, on images it made itself."
    )
    found = project.experiments.filter(name=EXPERIMENT_NAME).first()
    if found:
        return found
    experiment = create_experiment(user=user, project_id=project.pk, name=EXPERIMENT_NAME, hypothesis=HYPOTHESIS)
    apply_pattern(user=user, experiment_id=experiment.pk, pattern=FILENAME_PATTERN)
    return experiment
