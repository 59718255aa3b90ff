"""Every address and method, by those who may not: nothing leaks, nothing changes, nothing breaks.

The addresses come from the list of URL patterns, so that a new page is asked without being told.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from spines.models import AnalysisImage, Experiment, Invitation, Lab, Role, StudyItem, User, Work
from spines.services.accounts.invitations import invite
from spines.services.accounts.tokens import create_token
from spines.services.reader_studies.making import make_reader_study
from tests.factories import Study, make_annotator, make_study, make_user
from tests.web.every_address import addresses, all_of
from tests.web.test_blinding import SECRETS, blinded_study

pytestmark = pytest.mark.django_db

OWN = ("accounts:", "account_", "mfa_")
"""Acts on one's own account, which tests of accounts have."""
METHODS = ("POST", "PUT", "DELETE")
OF_MANAGERS = ("people:", "labs:", "blinding:", "audit:")
TABLES = (
    *("lab", "membership", "project", "experiment", "condition", "subject", "cell", "image", "analysis"),
    *("analysisimage", "spine", "dendrite", "classset", "modelversion", "invitation", "blindrater", "stateddesign"),
    *("thresholdchange", "trainingrun", "datasetversion", "importedset", "readerstudy"),
    *("imagetask", "studyrater", "studyitem", "studyanswer", "networkchoice"),
)


def hash_of_rows() -> str:
    """One hash of all rows that belong to labs, models and people."""
    parts = [f"(SELECT md5(string_agg(row::text, '|' ORDER BY id)) FROM spines_{name} row)" for name in TABLES]
    parts.append("(SELECT string_agg(concat(id, username, is_staff, is_active), '|' ORDER BY id) FROM spines_user)")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws(',', {', '.join(parts)})")
        (found,) = cursor.fetchone()
    return str(found)


def rows_of(study: Study) -> dict[str, int]:
    """The ids that stand in addresses."""
    result = AnalysisImage.objects.filter(image__experiment=study.experiment).order_by("pk").first()
    assert result is not None
    spine, dendrite, made = result.spines.first(), result.dendrites.first(), Invitation.objects.first()
    item = StudyItem.objects.first()
    assert spine is not None
    assert dendrite is not None
    assert made is not None
    assert item is not None
    return {
        "lab_id": study.lab.pk,
        "project_id": study.experiment.project_id,
        "experiment_id": study.experiment.pk,
        "image_id": result.image_id,
        "analysis_id": result.analysis_id,
        "spine_id": spine.pk,
        "dendrite_id": dendrite.pk,
        "work_id": Work.objects.get().pk,
        "version_id": result.analysis.detector_id,
        "person_id": study.viewer.pk,
        "invitation_id": made.pk,
        "study_id": item.study_id,
        "item_id": item.pk,
        "condition_id": study.experiment.conditions.values_list("pk", flat=True)[0],
    }


def body(study: Study, rows: dict[str, int]) -> dict[str, Any]:
    """What many forms ask, filled in so that who may would change something."""
    result = AnalysisImage.objects.get(spines=rows["spine_id"])
    return {
        "name": "Changed",
        "description": "x",
        "hypothesis": "x",
        "role": "manager",
        "archived": "yes",
        "active": "no",
        "administrator": "yes",
        "lets_train": "yes",
        "rule_preset": "golgi",
        "reason": "because",
        "reviewed": "true",
        "class": "thin",
        "spine_class": "thin",
        "standing": "set_aside",
        "act": "keep",
        "result": result.pk,
        "result_id": result.pk,
        "version": 10**12,
        "image": rows["image_id"],
        "image_ids": [rows["image_id"]],
        "which": "all",
        "confirmed": "yes",
        "polarity": "dark_on_light",
        "pixel_size_um": "0.2",
        "animal": "A",
        "condition": "B",
        "pattern": "{animal}_{*}",
        "classes": "ball | Ball | O",
        "x_px": 5,
        "y_px": 5,
        "width_px": 9,
        "height_px": 9,
        "points": "1,1 30,30",
        "threshold": "0.5",
        "score": "0.5",
        "box_px": [5, 5, 9, 9],
        "points_px": [[1, 1], [30, 30]],
        "at_px": [20, 20],
        "channel": "1",
        "projection": "mean",
    }


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Study, dict[str, int]]:
    """A lab with one of everything, not blinded, and an invitation."""
    study, _ = blinded_study(tmp_path, per_condition=1, blinded=False)
    Lab.objects.filter(pk=study.lab.pk).update(name="Zqlab")
    invite(user=study.owner, lab_id=study.lab.pk, role=Role.VIEWER, life=timedelta(days=1))
    raters = [make_annotator(study).pk for _ in range(2)]
    make_reader_study(
        user=study.owner, experiment_id=study.experiment.pk, name="Zqreaders", rater_ids=raters, per_class=1
    )
    return study, rows_of(study)


def clients(user: User | None) -> tuple[Client, Client]:
    """A browser that is signed in and a program with a token of the same person; of nobody where there is none."""
    page, program = Client(raise_request_exception=False), Client(raise_request_exception=False)
    if user is not None:
        page.force_login(user)
        _, token = create_token(user=user, name=f"asking {user.api_tokens.count()}")
        program.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return page, program


@pytest.mark.timeout(600)
def test_strangers_and_nobody_read_nothing_of_a_lab(asked: tuple[Study, dict[str, int]]) -> None:
    _, rows = asked
    secrets = (*SECRETS, "Zqlab", "Zqreaders")
    for who in (None, make_study().owner):
        page, program = clients(who)
        for name, path in addresses(rows):
            answer = (program if name.startswith("api:") else page).get(path)
            assert answer.status_code < 500, (who, path)
            text = all_of(answer)
            assert [secret for secret in secrets if secret in text] == [], (who, path)


def somebody(role: str, study: Study) -> User | None:
    """A person of this role, seen from the study."""
    match role:
        case "nobody":
            return None
        case "stranger":
            return make_study().owner
        case "viewer":
            return study.viewer
        case "annotator":
            return make_annotator(study)
        case _:
            return make_user(staff=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ["nobody", "stranger", "viewer", "annotator", "administrator of the site"])
def test_who_may_not_changes_nothing(asked: tuple[Study, dict[str, int]], role: str) -> None:
    study, rows = asked
    who = somebody(role, study)
    page, program = clients(who)
    sent = body(study, rows)
    of_site = (
        ("people:", "training:", "model_versions:", "api:drop_lab", "api:take_lab")
        if who is not None and who.is_staff
        else ()
    )
    before = hash_of_rows()
    asked_of = 0
    for name, path in addresses(rows):
        if name.startswith((*OWN, *of_site)) or (role == "annotator" and not name.startswith(OF_MANAGERS)):
            continue
        if name.startswith("api:"):
            answers = [program.generic(method, path, json.dumps(sent), "application/json") for method in METHODS]
        else:
            answers = [page.post(path, sent)]
        asked_of += len(answers)
        assert all(answer.status_code < 500 for answer in answers), path
        assert hash_of_rows() == before, f"{role} changed something by {name}"
    assert asked_of > (10 if role == "annotator" else 200)


def test_the_body_would_change_something_for_who_may(asked: tuple[Study, dict[str, int]]) -> None:
    study, rows = asked
    page, program = clients(study.owner)
    sent, changed = body(study, rows), set()
    before = hash_of_rows()
    for name, path in addresses(rows):
        if name.startswith((*OWN, "people:remove", "experiments:delete", "blinding:", "projects:trash")):
            continue
        if name.startswith("api:"):
            program.generic("POST", path, json.dumps(sent), "application/json")
        else:
            page.post(path, sent)
        if (after := hash_of_rows()) != before:
            changed.add(name)
            before = after
    assert len(changed) >= 20, sorted(changed)
    assert Experiment.objects.filter(pk=study.experiment.pk).exists()
