"""A lab with one of everything that has a page, for tests of all pages (`tests.pages`)."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from spines.models import (
    DatasetVersion,
    Experiment,
    ImportedSet,
    ModelVersion,
    NetworkChoice,
    Project,
    ReaderStudy,
    Task,
    TrainingRun,
    User,
    Work,
    WorkKind,
)
from spines.services.accounts.invitations import invite
from spines.services.images.tasks import assign_images
from spines.services.reader_studies.answering import answer_item, save_marks
from spines.services.reader_studies.making import close_reader_study, make_reader_study
from spines.services.review.from_examples import learn
from tests.factories import Study, finish, found, make_annotator, queue_analysis, upload
from tests.learning import make_taught
from tests.web.evaluations import classifier_evaluation

FOUND = [found("mushroom", box_px=(40, 60, 30, 30)), found("thin", box_px=(150, 20, 14, 30), uncertain=True)]


def studies_of(lab: Study, raters: list[User]) -> list[ReaderStudy]:
    """One of each task, open, and one of each, answered and closed."""
    made = []
    for task in Task:
        for is_closed in (False, True):
            study = make_reader_study(
                user=lab.owner,
                experiment_id=lab.experiment.pk,
                name=f"{task.label}, {'closed' if is_closed else 'open'}",
                rater_ids=[rater.pk for rater in raters],
                task=task,
                again_percent=0,
            )
            if is_closed:
                answer_all(study, raters)
                close_reader_study(user=lab.owner, study_id=study.pk)
            made.append(study)
    return made


def answer_all(study: ReaderStudy, raters: list[User]) -> None:
    """Each rater says something of everything."""
    for at, rater in enumerate(raters):
        for item in study.items.all():
            asked: dict[str, Any] = {"user": rater, "study_id": study.pk, "item_id": item.pk}
            if study.task == Task.CLASSIFY:
                answer_item(**asked, answer=("mushroom", "thin")[at])
                continue
            x, y = 20.0 + at, 30.0
            mark: dict[str, Any] = {"outline_px": [[x, y], [x + 9, y], [x, y + 9]]}
            if study.task != Task.OUTLINE:
                mark = {"box_px": [x, y, 20, 20], "class": ("mushroom", "thin")[at]}
            save_marks(**asked, marks=[mark], version=0, is_done=True)


def make_run(active: ModelVersion) -> TrainingRun:
    """A finished training with its candidate."""
    candidate = ModelVersion.objects.create(
        kind="classifier",
        name="made here",
        version="2",
        sha256="2" * 64,
        path="x",
        evaluation=classifier_evaluation(active_id=active.pk, active_name=str(active)) | {"part": "test"},
    )
    counts = {part: {"groups": 4, "images": 4, "spines": 36} for part in ("train", "val", "test")}
    dataset = DatasetVersion.objects.create(kind="classifier", sha256="3" * 64, path="x", counts=counts)
    return TrainingRun.objects.create(
        kind="classifier", recipe="default", dataset=dataset, candidate=candidate, status="done"
    )


def make_factors(user: User) -> int:
    """A second factor of each kind. Returns the id of the passkey."""
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "A key"})
    return int(key.pk)


def signed_in(client: Client, user: User) -> Client:
    """The same client, as of somebody who has just confirmed who they are."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    return client


def make_everything(study: Study, folder: Path) -> tuple[dict[str, object], list[ReaderStudy]]:
    """The study's owner becomes an administrator too. What stands in addresses, by its name there, and reader studies.

    Its owner rates in open studies, which hides what the network says: pages of results of another experiment, with
    classes learnt from examples, stand for those.
    """
    study.owner.is_staff = True
    study.owner.save(update_fields=["is_staff"])
    images = [upload(study, folder, side_px=256, pixel_size_um=0.1) for _ in range(2)]
    upload(study, folder, side_px=64)
    finish(queue_analysis(study, images), [FOUND, FOUND])
    finish(again := queue_analysis(study, images), [FOUND, FOUND[:1]])
    studies = studies_of(study, [study.owner, make_annotator(study)])
    assign_images(
        user=study.owner, experiment_id=study.experiment.pk, image_ids=[images[0].pk], person_id=study.owner.pk
    )
    run = make_run(again.classifier)
    assert run.candidate is not None
    NetworkChoice.objects.create(kind="classifier", version=run.candidate, lab=study.lab, chosen_by=study.owner)
    examples = Experiment.objects.create(
        project=Project.objects.create(lab=study.lab, name="Examples"), name="Classes from examples"
    )
    taught = make_taught(Study(study.lab, study.owner, study.viewer, examples))
    learn(user=study.owner, experiment_id=examples.pk)
    invited, secret = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=timedelta(days=2))
    imported = ImportedSet.objects.create(
        name="A set", licence="CC BY 4.0", source="A paper", sha256="4" * 64, path="x", counts={"train": {"images": 1}}
    )
    work = Work.objects.create(
        kind=WorkKind.EXAMPLES, digest="5" * 64, experiment=study.experiment, lab=study.lab, asked_by=study.owner
    )
    result = images[0].results.get(is_current=True)
    spine = result.spines.get(number=1)
    given: dict[str, object] = {
        "analysis_id": again.pk,
        "choice_id": NetworkChoice.objects.get().pk,
        "class_set_id": taught.experiment.class_set_id,
        "dendrite_id": 1,
        "experiment_id": study.experiment.pk,
        "image_id": images[0].pk,
        "invitation_id": invited.pk,
        "item_id": studies[0].items.all()[0].pk,
        "kind": "classifier",
        "lab_id": study.lab.pk,
        "name": "density",
        "part": 0,
        "person_id": study.viewer.pk,
        "pk": make_factors(study.owner),
        "place": 0,
        "project_id": study.experiment.project_id,
        "result_id": result.pk,
        "run_id": run.pk,
        "secret": secret,
        "session_id": 1,
        "set_id": imported.pk,
        "slug": "queue",
        "spine_id": spine.pk,
        "study_id": studies[0].pk,
        "token": "x",
        "token_id": 1,
        "uidb64": "x",
        "version_id": run.candidate.pk,
        "work_id": work.pk,
    }
    return given, studies
