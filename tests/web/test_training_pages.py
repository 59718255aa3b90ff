"""The Training pages: runs, their state, curves and ends. Site admins only."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.models import AuditEvent, DatasetVersion, ModelVersion, TrainingRun, User
from spines.services.training.jobs import FRAMEWORKS
from tests.factories import make_study, make_user, make_versions
from tests.web.evaluations import classifier_evaluation

pytestmark = pytest.mark.django_db

COUNTS = {
    "train": {"images": 12, "spines": 1340, "mushroom": 700, "thin": 300, "stubby": 240, "filopodia": 100},
    "val": {"images": 3, "spines": 200, "mushroom": 100, "thin": 50, "stubby": 30, "filopodia": 20},
    "test": {"images": 2, "spines": 180, "mushroom": 90, "thin": 40, "stubby": 30, "filopodia": 20},
}
EPOCHS = [
    {
        "epoch": n,
        "step": 27 * n,
        "done": n / 10,
        "minutes": 0.5 * n,
        "loss": 1 / n,
        "val_loss": 1.2 / n,
        "accuracy": 0.9,
        "val_accuracy": 0.8,
    }
    for n in (1, 2, 3, 4)
]


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user(staff=True)
    client.force_login(user)
    return user


def make_run(status: str = "running", **fields: Any) -> TrainingRun:
    dataset, _ = DatasetVersion.objects.get_or_create(
        kind="classifier", sha256="d" * 64, defaults={"path": "datasets/d", "counts": COUNTS}
    )
    defaults: dict[str, Any] = {
        "done": 0.4,
        "epochs": EPOCHS,
        "log_tail": f"epoch 4\nloss 0.25\n{FRAMEWORKS}\na traceback",
    }
    if status == "running":
        defaults |= {"claim": uuid.uuid4(), "heartbeat_at": timezone.now(), "started_at": timezone.now()}
    return TrainingRun.objects.create(
        kind="classifier", recipe="default", dataset=dataset, status=status, **(defaults | fields)
    )


def address(run: TrainingRun, name: str = "run") -> str:
    return reverse(f"training:{name}", args=[run.pk])


def words(client: Client, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_only_site_admins_may_know_and_act(client: Client) -> None:
    run = make_run()
    pages = [reverse(f"training:{name}") for name in ("index", "new", "sets")]
    pages += [address(run, name) for name in ("run", "state", "curves")]
    acts = [reverse("training:new"), reverse("training:sets"), address(run, "cancel"), address(run, "resume")]
    study = make_study()
    for user in (study.owner, study.viewer):
        client.force_login(user)
        assert "Training</a>" not in client.get(reverse("home:home")).content.decode()
        for answer in [*map(client.get, pages), *map(client.post, acts)]:
            assert answer.status_code == 403
            assert "Only administrators train networks" in answer.content.decode()
    client.logout()
    for answer in [*map(client.get, pages), *map(client.post, acts)]:
        assert answer.headers["Location"].startswith(reverse("accounts:sign_in"))
    run.refresh_from_db()
    assert run.status == "running"


def test_the_index_lists_runs_with_their_candidates(client: Client, admin: User) -> None:
    _, active = make_versions()
    candidate = ModelVersion.objects.create(
        kind="classifier",
        name="candidate",
        version="2",
        sha256="c" * 64,
        evaluation=classifier_evaluation(active_id=active.pk, active_name=str(active)),
    )
    done = make_run("done", candidate=candidate, created_by=admin)
    make_run("failed", message="Too few filopodia: 3, and 10 are needed. Review more.")
    running = make_run()
    text = words(client, reverse("training:index"))
    assert f"{done.pk} Classifier default" in text
    assert "1,340 spines in 12 images" in text
    assert "macro-F1 0.868 +0.028 (+0.010 to +0.046)" in text
    assert "Too few filopodia" in text
    assert "40 % · about 3 min left" in text
    page = client.get(reverse("training:index")).content.decode()
    assert 'hx-trigger="every 3s"' in page
    TrainingRun.objects.filter(pk=running.pk).update(status="cancelled", claim=None)
    assert 'hx-trigger="every 3s"' not in client.get(reverse("training:index")).content.decode()
    assert "Training</a>" in client.get(reverse("home:home")).content.decode()


def test_without_a_worker_the_pages_say_how_to_start_one(client: Client, admin: User, broker: None) -> None:
    run = make_run("queued", epochs=[], done=0)
    for where in (reverse("training:index"), reverse("training:new"), address(run), address(run, "state")):
        assert "No training worker is connected" in words(client, where)
    assert "Next in line" in words(client, address(run))
    behind = make_run("queued", epochs=[], done=0)
    assert "1 training before it; a machine does one at a time" in words(client, address(behind))


def test_a_running_training_is_polled(client: Client, admin: User) -> None:
    run = make_run(stage="Training on 1,340 spines", node="gpu1")
    for where in (address(run), address(run, "state")):
        text = words(client, where)
        for part in ("40 % · epoch 4", "about 3 min left", "Training on 1,340 spines", "on gpu1", "0.8000"):
            assert part in text
        assert 'hx-trigger="every 2s"' in client.get(where).content.decode()
    state = client.get(address(run, "state")).content.decode()
    assert 'data-epochs="4"' in state
    assert 'id="log-tail" hx-swap-oob="innerHTML">epoch 4\nloss 0.25</pre>' in state
    assert 'id="log-beneath" hx-swap-oob="innerHTML">a traceback</pre>' in state
    assert 'id="epochs" hx-swap-oob="innerHTML"' in state


def test_the_curves_are_figures(client: Client, admin: User) -> None:
    run = make_run()
    curves = client.get(address(run, "curves")).json()
    assert curves["epochs"] == 4
    assert [trace["name"] for trace in curves["loss"]["data"]] == ["Training", "Validation"]
    assert curves["quality"]["data"][1]["y"] == [0.8] * 4
    TrainingRun.objects.filter(pk=run.pk).update(epochs=[{"epoch": 1, "loss": 0.5, "val_loss": None}])
    curves = client.get(address(run, "curves")).json()
    assert curves["quality"] is None
    assert curves["loss"]["data"][1]["y"] == []


def test_cancel_and_resume(client: Client, admin: User) -> None:
    run = make_run()
    client.post(address(run, "cancel"))
    assert "Resume after epoch 4" in words(client, address(run))
    client.post(address(run, "resume"))
    run.refresh_from_db()
    assert run.status == "queued"
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"training.cancelled", "training.resumed"}
    for name in ("cancel", "resume"):
        assert client.get(address(run, name)).status_code == 405
    assert client.post(address(run, "resume")).status_code == 409


def test_a_failed_one_says_why_and_can_be_resumed(client: Client, admin: User) -> None:
    run = make_run("failed", message="The machine ran out of memory. Halve the batch and start again.", epochs=[])
    text = words(client, address(run))
    assert "The machine ran out of memory. Halve the batch" in text
    assert "Start it again" in text
    assert "hx-trigger" not in client.get(address(run)).content.decode()


def test_a_finished_one_leads_to_the_comparison(client: Client, admin: User) -> None:
    candidate = ModelVersion.objects.create(kind="classifier", name="candidate", version="2", sha256="c" * 64)
    run = make_run("done", candidate=candidate, overrides={"batch": 8, "minutes": 2.0})
    page = client.get(address(run)).content.decode()
    assert reverse("model_versions:version", args=[candidate.pk]) in page
    assert "<strong>8</strong>" in page
    assert "2 min" in page


def test_a_run_that_is_not_there_is_not_found(client: Client, admin: User) -> None:
    for name in ("run", "state", "curves"):
        assert client.get(reverse(f"training:{name}", args=[12345])).status_code == 404
