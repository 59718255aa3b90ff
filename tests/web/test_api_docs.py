"""The Python session of docs/api.md runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pytest_django.live_server_helper import LiveServer

from spines.models import Analysis, Experiment
from spines.services.accounts.tokens import create_token
from tests.factories import Study, finish, found, make_annotator, make_tiff, make_versions
from webapp.serve.programs import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_session_of_the_documentation_runs(
    study: Study,
    live_server: LiveServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_versions()
    _, token = create_token(user=make_annotator(study), name="session")
    for name in ("control_A1.tif", "treated_A2.tif"):
        make_tiff(tmp_path / "images", name)
    for name, value in (("SPINULA", live_server.url), ("SPINULA_TOKEN", token), ("IMAGES", str(tmp_path / "images"))):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def a_worker_comes(seconds: float) -> None:
        finish(Analysis.objects.get(), [[found("mushroom")], [found("thin"), found("thin")]])

    # The worker that other tests share must not come first.
    monkeypatch.setattr("spines.services.analyses.starting.enqueue", lambda *_: None)
    monkeypatch.setattr("time.sleep", a_worker_comes)
    session = re.search(r"```python\n(.*?)```", (PROJECT / "docs/api.md").read_text(), re.DOTALL)
    assert session is not None
    names: dict[str, Any] = {}
    exec(session[1], names)
    names["session"].close()  # else the live server keeps its connection to the database

    experiment = Experiment.objects.get(name="CA1, two weeks")
    placed = experiment.images.order_by("pk").values_list(
        "cell__subject__name", "cell__subject__condition__name", "pixel_size_um"
    )
    assert list(placed) == [("A1", "control", 0.1), ("A2", "treated", 0.1)]
    printed = capsys.readouterr().out
    assert "control" in printed
    assert "treated" in printed
    with ZipFile("tables.zip") as tables:
        assert len(tables.read("spines.csv").splitlines()) == 4
