"""Projects and experiments, renamed and deleted: out of sight at once, back for a month, then gone with their files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.access import analyses_for, experiments_for, images_for, projects_for, results_for, spines_for
from spines.errors import Conflict, NotAllowed, NotFound
from spines.models import AnalysisImage, AuditEvent, Experiment, Image, Lab, Project, User
from spines.selectors.results.standing import not_trashed
from spines.services.labs.making import create_lab, set_archived
from spines.services.labs.studies import change_experiment, create_experiment, create_project
from spines.services.labs.trash import (
    empty_trash,
    restore_experiment,
    restore_lab,
    trash_experiment,
    trash_lab,
    trash_project,
)
from spines.storage.deleting import delete_unwanted
from tests.factories import (
    Study,
    add_spines,
    current_row,
    make_annotator,
    make_study,
    make_user,
    queue_analysis,
    upload,
)
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(study: Study, tmp_path: Path) -> Study:
    """An experiment with an image, a result and a spine."""
    add_spines(current_row(study, upload(study, tmp_path)), ["thin"])
    return study


def reachable(user: User) -> list[int]:
    """How many projects, experiments, images, analyses, results and spines the user reaches."""
    kinds = (projects_for, experiments_for, images_for, analyses_for, results_for, spines_for)
    return [rows(user).count() for rows in kinds]


def test_an_experiment_goes_out_of_sight_and_comes_back_as_it_was(full: Study, client: Client) -> None:
    client.force_login(full.owner)
    about = reverse("projects:about_experiment", args=[full.experiment.pk])
    assert "1 image and their results" in client.get(about).content.decode()
    went = client.post(reverse("projects:trash_experiment", args=[full.experiment.pk]), follow=True)
    page = went.content.decode()
    assert "Experiment is in the trash. It can be restored for 30 days." in page
    assert "Experiment of Project" in page
    assert reachable(full.owner) == [1, 0, 0, 0, 0, 0]
    for name in ("experiments:images", "results:experiment", "results:spines"):
        assert client.get(reverse(name, args=[full.experiment.pk])).status_code == 404
    project = client.get(reverse("projects:project", args=[full.experiment.project_id])).content.decode()
    assert "No experiment yet" in project
    back = reverse("labs:restore_experiment", args=[full.lab.pk, full.experiment.pk])
    assert client.post(back).url == reverse("experiments:images", args=[full.experiment.pk])  # type: ignore[attr-defined]
    assert reachable(full.owner) == [1] * 6
    actions = AuditEvent.objects.filter(subject_id=full.experiment.pk, subject_type="experiment", actor=full.owner)
    assert {"experiment.trashed", "experiment.restored"} <= set(actions.values_list("action", flat=True))


def test_a_project_takes_its_experiments_with_it(full: Study, client: Client) -> None:
    client.force_login(full.owner)
    client.post(reverse("projects:trash_project", args=[full.experiment.project_id]))
    assert reachable(full.owner) == [0] * 6
    assert "Project with all its experiments" in client.get(reverse("labs:trash", args=[full.lab.pk])).content.decode()
    client.post(reverse("labs:restore_project", args=[full.lab.pk, full.experiment.project_id]))
    assert reachable(full.owner) == [1] * 6


def test_after_a_month_rows_and_files_are_gone_and_not_a_day_before(full: Study) -> None:
    image = Image.objects.get()
    trash_experiment(user=full.owner, experiment_id=full.experiment.pk)
    Experiment.objects.update(trashed_at=timezone.now() - timedelta(days=29))
    assert empty_trash() == 0
    Experiment.objects.update(trashed_at=timezone.now() - timedelta(days=31))
    assert empty_trash() == 1
    delete_unwanted()
    assert not Image.objects.exists()
    assert not default_storage.exists(str(image.file.name))
    assert AuditEvent.objects.filter(action="experiment.deleted", actor=None).exists()
    trash_project(user=full.owner, project_id=full.experiment.project_id)
    Project.objects.update(trashed_at=timezone.now() - timedelta(days=31))
    assert empty_trash() == 1


def test_the_name_is_free_meanwhile_and_taken_at_the_return(full: Study) -> None:
    trash_experiment(user=full.owner, experiment_id=full.experiment.pk)
    other = create_experiment(user=full.owner, project_id=full.experiment.project_id, name="Experiment")

    def back() -> None:
        restore_experiment(user=full.owner, lab_id=full.lab.pk, experiment_id=full.experiment.pk)

    with pytest.raises(Conflict, match="by now"):
        back()
    change_experiment(user=full.owner, experiment_id=other.pk, name="Another", hypothesis="")
    back()
    with pytest.raises(Conflict, match="already"):
        change_experiment(user=full.owner, experiment_id=other.pk, name="Experiment", hypothesis="")


def test_who_may_not(full: Study, client: Client) -> None:
    annotator, stranger = make_annotator(full), make_study().owner
    with pytest.raises(NotAllowed):
        trash_experiment(user=annotator, experiment_id=full.experiment.pk)
    with pytest.raises(NotFound):
        trash_experiment(user=stranger, experiment_id=full.experiment.pk)
    trash_experiment(user=full.owner, experiment_id=full.experiment.pk)
    for user in (annotator, full.viewer):
        with pytest.raises(NotAllowed):
            restore_experiment(user=user, lab_id=full.lab.pk, experiment_id=full.experiment.pk)
    with pytest.raises(NotFound):
        restore_experiment(user=stranger, lab_id=full.lab.pk, experiment_id=full.experiment.pk)
    client.force_login(full.viewer)
    assert "Restore" not in client.get(reverse("labs:trash", args=[full.lab.pk])).content.decode().split("<tbody")[1]


def test_not_while_it_is_analysed(full: Study) -> None:
    queue_analysis(full, [Image.objects.get()])
    with pytest.raises(Conflict, match="is being analysed"):
        trash_experiment(user=full.owner, experiment_id=full.experiment.pk)
    with pytest.raises(Conflict, match="is being analysed"):
        trash_project(user=full.owner, project_id=full.experiment.project_id)


def test_renaming_on_the_page(full: Study, client: Client) -> None:
    create_project(user=full.owner, lab_id=full.lab.pk, name="Taken")
    client.force_login(full.owner)
    address = reverse("projects:about_project", args=[full.experiment.project_id])
    taken = client.post(address, {"name": "Taken", "description": ""})
    assert taken.status_code == 422
    assert "already" in taken.content.decode()
    client.post(address, {"name": "Better", "description": "Said"})
    assert Project.objects.filter(name="Better", description="Said").exists()
    client.force_login(full.viewer)
    assert client.post(address, {"name": "Worse", "description": ""}).status_code == 403


def test_the_api_puts_into_the_trash_and_takes_out(full: Study) -> None:
    api, lab = Api(full.owner), f"/labs/{full.lab.pk}/trash"
    gone = api.delete(f"/experiments/{full.experiment.pk}")
    assert (gone.status_code, gone.json()["kind"], gone.json()["name"]) == (200, "experiment", full.experiment.name)
    assert api.get(f"/experiments/{full.experiment.pk}").status_code == 404
    assert [row["id"] for row in api.get(lab).json()["rows"]] == [full.experiment.pk]
    assert Api(full.viewer).post(f"{lab}/experiments/{full.experiment.pk}/restore").status_code == 403
    assert api.post(f"{lab}/experiments/{full.experiment.pk}/restore").status_code == 204
    assert api.get(f"/experiments/{full.experiment.pk}").status_code == 200
    assert api.delete(f"/projects/{full.experiment.project_id}").json()["kind"] == "project"
    assert api.post(f"{lab}/projects/{full.experiment.project_id}/restore").status_code == 204
    assert api.get(lab).json() == {"rows": []}


def test_a_lab_goes_out_of_sight_and_comes_back_as_it_was(full: Study, client: Client) -> None:
    admin = make_user(staff=True)
    client.force_login(admin)
    page = reverse("people:delete_lab", args=[full.lab.pk])
    said = client.get(page).content.decode()
    assert "1 project, 1 experiment, 1 image" in said
    assert (
        f"{full.lab} is in the trash. It can be restored for 30 days."
        in client.post(page, follow=True).content.decode()
    )
    assert reachable(full.owner) == [0] * 6
    assert not AnalysisImage.objects.filter(not_trashed()).exists(), "nor is anything trained on it"
    assert client.get(page).status_code == 404
    with pytest.raises(Conflict, match="in the trash"):
        create_lab(user=admin, name=full.lab.name.upper())
    with pytest.raises(Conflict, match="Restore it first"):
        set_archived(user=admin, lab_id=full.lab.pk, archived=False)
    client.post(reverse("people:restore_lab", args=[full.lab.pk]))
    assert reachable(full.owner) == [1] * 6
    acts = AuditEvent.objects.filter(subject_id=full.lab.pk, subject_type="lab", actor=admin)
    assert {"lab.trashed", "lab.restored"} <= set(acts.values_list("action", flat=True))


def test_an_archived_lab_comes_back_archived(full: Study) -> None:
    admin = make_user(staff=True)
    set_archived(user=admin, lab_id=full.lab.pk, archived=True)
    trash_lab(user=admin, lab_id=full.lab.pk)
    assert restore_lab(user=admin, lab_id=full.lab.pk).archived_at
    assert reachable(full.owner) == [0] * 6


def test_after_a_month_a_lab_is_gone_with_its_files_and_its_trail_stays(full: Study) -> None:
    admin, image = make_user(staff=True), Image.objects.get()
    trash_experiment(user=full.owner, experiment_id=full.experiment.pk)  # what is in its own trash goes with it
    trash_lab(user=admin, lab_id=full.lab.pk)
    month = timezone.now() - timedelta(days=31)
    Lab.objects.update(trashed_at=month)
    with pytest.raises(NotFound, match="its month is over"):
        restore_lab(user=admin, lab_id=full.lab.pk)
    assert empty_trash() == 1
    delete_unwanted()
    assert not Lab.objects.exists()
    assert not Project.objects.exists()
    assert not default_storage.exists(str(image.file.name))
    deleted = AuditEvent.objects.get(action="lab.deleted", actor=None)
    assert deleted.lab_name == full.lab.name


def test_who_deletes_no_lab_and_when_not(full: Study) -> None:
    admin = make_user(staff=True)
    for user in (full.owner, full.viewer):
        with pytest.raises(NotAllowed, match="Only an administrator"):
            trash_lab(user=user, lab_id=full.lab.pk)
    queue_analysis(full, [Image.objects.get()])
    with pytest.raises(Conflict, match="is being analysed"):
        trash_lab(user=admin, lab_id=full.lab.pk)


def test_the_api_deletes_and_restores_labs(full: Study) -> None:
    api, own, lab = Api(make_user(staff=True)), Api(full.owner), f"/labs/{full.lab.pk}"
    assert own.delete(lab).status_code == 403
    assert (api.delete(lab).json()["kind"], api.delete(lab).status_code) == ("lab", 404)
    assert own.get(f"{lab}/trash").status_code == 404
    assert [row["id"] for row in api.get("/trash").json()["rows"]] == [full.lab.pk]
    assert own.get("/trash").json() == {"rows": []}
    assert api.post(f"/trash{lab}/restore").status_code == 204
    assert own.get(f"{lab}/trash").status_code == 200
