"""The demonstration lab: made once, complete, and open to its user."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from spines import demo
from spines.access import experiments_for
from spines.demo import EXPERIMENT_NAME, LAB_NAME, USER_NAME, make_demo
from spines.errors import Conflict
from spines.models import (
    Analysis,
    AnalysisImage,
    AnalysisStatus,
    Experiment,
    Image,
    Lab,
    Membership,
    PixelSizeSource,
    Role,
    User,
)
from spines.services.analyses import jobs
from spines.synthesis import Look, MadeImage, SceneParameters, make_image
from tests.factories import TIMINGS, make_versions

pytestmark = pytest.mark.django_db

PASSWORD = "a password of the caller's"


def small_study() -> Iterator[tuple[str, MadeImage]]:
    """The study's names on pictures that take no time."""
    for number, condition in enumerate(("control", "enriched")):
        for cell in (1, 2):
            parameters = SceneParameters(look=Look.BINARY, side_px=64, pixel_size_um=0.09)
            yield f"{condition}_A{number + 1}_c{cell}_d1.tif", make_image(parameters, seed=(number, cell))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "study_images", small_study)


@pytest.mark.usefixtures("quick")
def test_the_demo_has_conditions_animals_cells_and_calibrated_images() -> None:
    added: list[str] = []
    experiment = make_demo(password=PASSWORD, report=added.append)
    assert experiment is not None
    assert (experiment.name, experiment.lab.name) == (EXPERIMENT_NAME, LAB_NAME)
    assert "made" in experiment.name
    assert [condition.name for condition in experiment.conditions.all()] == ["control", "enriched"]
    assert [subject.name for subject in experiment.subjects.all()] == ["A1", "A2"]
    images = Image.objects.filter(experiment=experiment)
    assert sorted(image.original_name for image in images) == sorted(added)
    assert len(added) == 4
    for image in images:
        assert image.pixel_size_um == pytest.approx(0.09, rel=1e-3)
        assert image.pixel_size_source == PixelSizeSource.METADATA
        assert image.cell is not None
        condition, animal, cell, _ = image.original_name.split("_")
        assert image.cell.name == cell
        assert image.cell.subject.name == animal
        assert image.cell.subject.condition is not None
        assert image.cell.subject.condition.name == condition


@pytest.mark.usefixtures("quick")
def test_the_demo_user_signs_in_manages_the_lab_and_is_staff() -> None:
    make_demo(password=PASSWORD)
    user = User.objects.get(username=USER_NAME)
    assert user.check_password(PASSWORD)
    assert user.is_staff
    assert Membership.objects.get(user=user).role == Role.MANAGER
    assert experiments_for(user).count() == 1


@pytest.mark.usefixtures("quick")
def test_the_demo_is_made_once_even_if_somebody_deleted_it_or_changed_the_password() -> None:
    experiment = make_demo(password=PASSWORD)
    assert experiment is not None
    user = User.objects.get(username=USER_NAME)
    user.set_password("their own")
    user.save()
    assert make_demo(password=PASSWORD) is None
    user.refresh_from_db()
    assert user.check_password("their own")
    assert Image.objects.count() == 4
    Lab.objects.all().delete()
    assert make_demo(password=PASSWORD) is None
    assert not Experiment.objects.exists()


def test_an_interrupted_demo_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[tuple[str, MadeImage]]:
        pictures = small_study()
        yield next(pictures)
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "study_images", broken)
    with pytest.raises(KeyboardInterrupt):
        make_demo(password=PASSWORD)
    assert Image.objects.count() == 1
    monkeypatch.setattr(demo, "study_images", small_study)
    assert make_demo(password=PASSWORD) is not None
    assert Image.objects.count() == 4
    assert Experiment.objects.count() == 1


@pytest.mark.usefixtures("quick")
def test_another_lab_of_that_name_is_left_alone() -> None:
    Lab.objects.create(name=LAB_NAME)
    with pytest.raises(Conflict, match="Choose another name"):
        make_demo(password=PASSWORD)
    assert not Image.objects.exists()


@pytest.mark.usefixtures("quick")
def test_the_command_takes_the_password_from_the_environment_and_is_quiet_later(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SPINULA_DEMO_PASSWORD", raising=False)
    with pytest.raises(CommandError, match="password"):
        call_command("make_demo", no_analysis=True)
    monkeypatch.setenv("SPINULA_DEMO_PASSWORD", PASSWORD)
    call_command("make_demo", no_analysis=True)
    assert "4 images" in capsys.readouterr().out
    call_command("make_demo", no_analysis=True)
    assert capsys.readouterr().out == ""
    assert not Analysis.objects.exists()


@pytest.mark.usefixtures("quick")
def test_the_command_starts_one_analysis_as_soon_as_there_are_networks(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_demo", password=PASSWORD)
    assert "register_models" in capsys.readouterr().err
    assert not Analysis.objects.exists()
    make_versions()
    call_command("make_demo", password=PASSWORD)
    call_command("make_demo", password=PASSWORD)
    analysis = Analysis.objects.get()
    assert analysis.images.count() == 4
    assert analysis.created_by == User.objects.get(username=USER_NAME)


@pytest.mark.usefixtures("quick")
def test_following_tells_how_far_the_analysis_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_versions()

    def worker_at_work(_seconds: float) -> None:
        row = AnalysisImage.objects.filter(status=AnalysisStatus.QUEUED).first()
        if row is not None and (job := jobs.claim(row.pk)):
            jobs.record_result(job, spines=[], timings=TIMINGS)

    monkeypatch.setattr("spines.management.commands.make_demo.sleep", worker_at_work)
    call_command("make_demo", password=PASSWORD, follow=True)
    assert "Analysed 1 of 4" in (told := capsys.readouterr().out)
    assert "Analysed 4 of 4" in told
