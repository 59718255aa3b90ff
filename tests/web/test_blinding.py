"""Blind means blind: a rater finds no name and no condition at any address, and finds them once it is unblinded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from spines.access import is_sealed_for
from spines.errors import Conflict, InvalidInput, NotAllowed, Sealed
from spines.models import (
    AnalysisImage,
    AnalysisStatus,
    AuditEvent,
    BlindRater,
    Cell,
    Condition,
    Experiment,
    Image,
    Membership,
    Role,
    Subject,
    User,
    Work,
    WorkKind,
)
from spines.selectors.images.rating import in_rating_order
from spines.services.accounts.tokens import create_token
from spines.services.images.standing import set_aside
from spines.services.images.uploads import add_image
from spines.services.labs.blinding import rate_blind, unblind
from spines.services.labs.studies import create_experiment
from spines.services.review.answers import accept
from tests.factories import Study, add_dendrite, add_spines, current_row, make_annotator, make_study, make_tiff
from tests.web.every_address import addresses, all_of

pytestmark = pytest.mark.django_db

SECRETS = ("Zqfile", "Zqfolder", "Zqanimal", "Zqcell", "Zqcondition", "Zqhypothesis")
"""Words that stand nowhere else: what a rater must not read."""


def blinded_study(folder: Path, per_condition: int = 3, *, blinded: bool = True) -> tuple[Study, list[Image]]:
    """A blinded (or not) experiment of two conditions, analysed, with a file that failed and a report that was made."""
    study = make_study()
    experiment = study.experiment
    Experiment.objects.filter(pk=experiment.pk).update(
        blinded=blinded, hypothesis="Zqhypothesis", filename_pattern="{condition}_{animal}"
    )
    experiment.refresh_from_db()
    images = []
    for position, name in enumerate(("Zqcondition-A", "Zqcondition-B")):
        condition = Condition.objects.create(experiment=experiment, name=name, position=position)
        for at in range(per_condition):
            subject = Subject.objects.create(
                experiment=experiment, name=f"Zqanimal-{name[-1]}{at}", condition=condition
            )
            cell = Cell.objects.create(subject=subject, name="Zqcell")
            path = make_tiff(folder, f"Zqfile_{name[-1]}{at}.tif", pixel_size_um=0.1)
            image = add_image(user=study.owner, experiment_id=experiment.pk, path=path, name=f"Zqfolder/{path.name}")
            Image.objects.filter(pk=image.pk).update(cell=cell)
            result = current_row(study, image)
            dendrite = add_dendrite(result)
            add_spines(result, ("mushroom", "thin", "stubby") * 4, dendrite=dendrite)
            images.append(image)
    set_aside(user=study.owner, experiment_id=experiment.pk, image_ids=[images[0].pk], reason="Zqfile is blurred")
    failed = AnalysisImage.objects.get(image=images[1])
    AnalysisImage.objects.filter(pk=failed.pk).update(status=AnalysisStatus.DONE, message="Zqfile was hard to read")
    Work.objects.create(
        kind=WorkKind.REPORT,
        digest="x",
        lab=study.lab,
        experiment=experiment,
        asked_by=study.owner,
        status=AnalysisStatus.DONE,
        file_name="Zqcondition.pdf",
        file=ContentFile(b"Zqcondition", name="x"),
    )
    return study, images


HEADS: tuple[dict[str, str], ...] = ({}, {"accept": "application/json"}, {"hx-request": "true"})


def crawl(
    user: User, study: Study, images: list[Image], heads: tuple[dict[str, str], ...] = HEADS
) -> Iterator[tuple[str, str]]:
    """(address, everything it told) for each address there is, on the pages and with a token, in each form."""
    result = AnalysisImage.objects.get(image=images[0])
    spine, dendrite = result.spines.first(), result.dendrites.first()
    assert spine is not None
    assert dendrite is not None
    rows = {
        "lab_id": study.lab.pk,
        "project_id": study.experiment.project_id,
        "experiment_id": study.experiment.pk,
        "image_id": images[0].pk,
        "analysis_id": result.analysis_id,
        "spine_id": spine.pk,
        "dendrite_id": dendrite.pk,
        "work_id": Work.objects.get().pk,
        "version_id": result.analysis.detector_id,
    }
    page, program = Client(raise_request_exception=False), Client(raise_request_exception=False)
    page.force_login(user)
    _, token = create_token(user=user, name=f"crawl {user.api_tokens.count()}")
    for name, path in addresses(rows):
        if name.startswith("api:"):
            answer = program.get(path, headers={"authorization": f"Bearer {token}"})
            assert answer.status_code < 500, path
            yield path, all_of(answer)
            continue
        for head in heads:
            answer = page.get(path, headers=head)
            assert answer.status_code < 500, path
            yield path, all_of(answer)


def found(
    user: User, study: Study, images: list[Image], heads: tuple[dict[str, str], ...] = HEADS
) -> dict[str, set[str]]:
    """For each secret the addresses that tell it."""
    told: dict[str, set[str]] = {secret: set() for secret in SECRETS}
    sha256s = [image.sha256 for image in images]
    for path, text in crawl(user, study, images, heads):
        for secret in SECRETS:
            if secret in text:
                told[secret].add(path)
        for sha256 in sha256s:
            if sha256 in text:
                told.setdefault("sha256", set()).add(path)
    return told


@pytest.mark.timeout(600)
def test_a_rater_finds_no_name_and_no_condition_until_it_is_unblinded(tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path)
    annotator, manager = make_annotator(study), make_annotator(study)
    Membership.objects.filter(user=manager).update(role=Role.MANAGER)
    spine = AnalysisImage.objects.get(image=images[0]).spines.first()
    assert spine is not None
    accept(user=annotator, spine_id=spine.pk)
    rate_blind(user=manager, experiment_id=study.experiment.pk)
    for who, heads in ((annotator, HEADS), (manager, HEADS[:1]), (study.viewer, HEADS[:1])):
        assert {secret: told for secret, told in found(who, study, images, heads).items() if told} == {}, who
    unblind(user=study.owner, experiment_id=study.experiment.pk, reason="All is scored")
    told = found(annotator, study, images, HEADS[:1])
    assert [secret for secret in (*SECRETS, "sha256") if not told.get(secret)] == []
    assert len(set().union(*told.values())) > 20


def test_addresses_do_not_tell_what_was_uploaded_together(tmp_path: Path) -> None:
    _, images = blinded_study(tmp_path, per_condition=4)
    numbers = [image.pk for image in images]
    assert numbers != sorted(numbers)
    assert min(numbers) > 2**45
    assert max(numbers) < 2**53, "a number of JavaScript"
    assert len({image.code for image in images}) == len(images)


def test_each_rater_has_an_order_of_their_own_that_stays(tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path, per_condition=5)
    raters = [make_annotator(study) for _ in range(3)]
    orders = [list(in_rating_order(study.experiment.images.all(), rater)) for rater in raters]
    assert orders == [list(in_rating_order(study.experiment.images.all(), rater)) for rater in raters]
    assert len({tuple(image.pk for image in order) for order in orders}) == 3
    assert all(set(order) == set(images) for order in orders)


def test_n_and_p_walk_in_the_raters_order(client: Client, tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path)
    rater = make_annotator(study)
    client.force_login(rater)
    order = list(in_rating_order(study.experiment.images.all(), rater))
    for at, image in enumerate(order):
        page = client.get(reverse("images:image", args=[image.pk])).content.decode()
        assert f"{at + 1} of {len(images)}" in page
        assert image.code in page
        if at + 1 < len(order):
            assert f'rel="next" href="{reverse("images:image", args=[order[at + 1].pk])}"' in page
    grid = client.get(reverse("experiments:images", args=[study.experiment.pk])).content.decode()
    assert [grid.index(image.code) for image in order] == sorted(grid.index(image.code) for image in order)


def test_who_is_blind_changes_nothing_but_answers(client: Client, tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path)
    rater = make_annotator(study)
    client.force_login(rater)
    experiment = study.experiment.pk
    acts = [
        ("experiments:images", experiment, {}),
        ("experiments:change", experiment, {"image": images[0].pk, "animal": "A"}),
        ("experiments:delete", experiment, {"image": images[0].pk, "confirmed": "yes"}),
        ("experiments:pattern", experiment, {"pattern": "{animal}"}),
        ("analyses:start", experiment, {"which": "all"}),
        ("experiments:standing_of_image", images[0].pk, {"standing": "set_aside", "reason": "x"}),
        ("images:polarity", images[0].pk, {"polarity": "dark_on_light"}),
    ]
    before = list(Image.objects.order_by("pk").values())
    assert [client.post(reverse(name, args=[pk]), sent).status_code for name, pk, sent in acts] == [403] * len(acts)
    assert list(Image.objects.order_by("pk").values()) == before


def test_managers_see_all_and_so_do_not_rate_until_they_are_blind(client: Client, tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path)
    client.force_login(study.owner)
    page = reverse("experiments:images", args=[study.experiment.pk])
    assert "Zqfile_A0" in client.get(page).content.decode()
    spine = AnalysisImage.objects.get(image=images[0]).spines.first()
    assert spine is not None
    with pytest.raises(Conflict, match="would not be blind"):
        accept(user=study.owner, spine_id=spine.pk)
    assert "is not taken" in client.get(reverse("images:image", args=[images[0].pk])).content.decode()
    client.post(reverse("blinding:rate", args=[study.experiment.pk]))
    assert "Zqfile_A0" not in client.get(page).content.decode()
    accept(user=study.owner, spine_id=spine.pk)
    assert BlindRater.objects.get().had_access
    assert AuditEvent.objects.get(action="experiment.rated_blind").details == {"had_access": True}


def test_whoever_rated_stays_blind_as_a_manager(tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path)
    rater = make_annotator(study)
    spine = AnalysisImage.objects.get(image=images[0]).spines.first()
    assert spine is not None
    accept(user=rater, spine_id=spine.pk)
    Membership.objects.filter(user=rater).update(role=Role.MANAGER)
    assert is_sealed_for(rater, Experiment.objects.get())
    assert not is_sealed_for(study.owner, Experiment.objects.get())


def test_unblinding_is_a_managers_act_with_a_reason_once_and_ends_rating(client: Client, tmp_path: Path) -> None:
    study, images = blinded_study(tmp_path)
    rater = make_annotator(study)
    experiment = study.experiment.pk
    spine = AnalysisImage.objects.get(image=images[0]).spines.first()
    assert spine is not None
    accept(user=rater, spine_id=spine.pk)
    with pytest.raises(NotAllowed):
        unblind(user=rater, experiment_id=experiment, reason="I want to know")
    with pytest.raises(InvalidInput, match="why it is unblinded"):
        unblind(user=study.owner, experiment_id=experiment, reason="  ")
    client.force_login(study.owner)
    client.post(reverse("blinding:unblind", args=[experiment]), {"reason": "All 6 images are scored"})
    with pytest.raises(Conflict, match="already"):
        unblind(user=study.owner, experiment_id=experiment, reason="once more")
    with pytest.raises(Conflict, match="nothing is rated in it any more"):
        accept(user=rater, spine_id=spine.pk)
    report = client.get(reverse("report:experiment", args=[experiment])).content.decode()
    for words in ("Scored by 1 rater blind to file name", "All 6 images are scored", study.owner.username):
        assert words in report
    event = AuditEvent.objects.get(action="experiment.unblinded")
    assert (event.actor, event.details["reason"]) == (study.owner, "All 6 images are scored")
    shown = client.get(reverse("images:image", args=[images[0].pk])).content.decode()
    assert "Nothing is rated in it any more" in shown
    assert "Zqfile_A0" in shown


@pytest.mark.parametrize(
    "change", [{"unblinded_at": None}, {"unblind_reason": "another"}, {"blinded": False, "unblinded_at": None}]
)
def test_nobody_undoes_it_in_the_database(tmp_path: Path, change: dict[str, object]) -> None:
    study, _ = blinded_study(tmp_path, per_condition=1)
    with pytest.raises(DatabaseError, match="stays one"), transaction.atomic():
        Experiment.objects.update(blinded=False)
    unblind(user=study.owner, experiment_id=study.experiment.pk, reason="All is scored")
    with pytest.raises(DatabaseError), transaction.atomic():
        Experiment.objects.update(**change)


def test_managers_make_blinded_experiments(study: Study) -> None:
    project = study.experiment.project_id
    with pytest.raises(NotAllowed):
        create_experiment(user=make_annotator(study), project_id=project, name="Blind", blinded=True)
    assert create_experiment(user=study.owner, project_id=project, name="Blind", blinded=True).is_sealed


def test_sealed_is_said_as_such(tmp_path: Path) -> None:
    from spines.access import get_experiment

    study, _ = blinded_study(tmp_path, per_condition=1)
    with pytest.raises(Sealed, match="until a manager of the lab unblinds it"):
        get_experiment(study.viewer, study.experiment.pk)
