"""A reader study from its assignment to an adjudicated consensus, each rater blind to the others."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.models import AuditEvent, ReaderStudy, StudyAnswer, StudyItem, Task, User
from spines.models.reader_studies import CANNOT_SAY
from spines.selectors.reader_studies.agreement import agreement_of
from spines.selectors.reader_studies.answers import items_in_order
from spines.services.reader_studies.answering import answer_item
from spines.services.reader_studies.making import close_reader_study, make_reader_study
from tests.factories import Study, make_annotator, make_measured_study, make_study
from tests.web.every_address import all_of
from tests.web.test_blinding import SECRETS, blinded_study

pytestmark = pytest.mark.django_db


def made_by(study: Study, n: int = 3, **more: int) -> tuple[ReaderStudy, list[User]]:
    """A study with `n` annotators as raters."""
    raters = [make_annotator(study) for _ in range(n)]
    given = {"per_class": 4, "again_percent": 25} | more
    made = make_reader_study(
        user=study.owner,
        experiment_id=study.experiment.pk,
        name="Readers",
        rater_ids=[rater.pk for rater in raters],
        per_class=given["per_class"],
        again_percent=given["again_percent"],
    )
    return made, raters


def answer_all(study: ReaderStudy, rater: User, *, wrong: int = 0) -> None:
    """Each item as the network has it, but for the first `wrong` ones, which are called filopodia."""
    for at, item in enumerate(study.items.all()):
        answer = "filopodia" if at < wrong else item.network_class
        answer_item(user=rater, study_id=study.pk, item_id=item.pk, answer=answer)


def test_the_sample_is_drawn_by_class_and_some_come_again_turned() -> None:
    study, _ = made_by(make_measured_study())
    first, again = study.items.filter(again_of=None), study.items.exclude(again_of=None)
    assert first.count() == 20, "four of each class, the uncertain ones apart"
    assert again.count() == 5
    assert all(1 <= item.turn <= 7 and item.again_of is not None for item in again)
    assert {(item.x_px, item.image_id) for item in again} <= {(item.x_px, item.image_id) for item in first}


def test_each_rater_meets_the_items_in_an_order_of_their_own() -> None:
    study, _ = made_by(make_measured_study())
    orders = [[item.pk for item in items_in_order(rater)] for rater in study.raters.all()]
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == sorted(orders[0]) for order in orders)


def test_from_assignment_to_an_adjudicated_consensus(client: Client) -> None:
    lab = make_measured_study()
    client.force_login(lab.owner)
    raters = [make_annotator(lab) for _ in range(3)]
    sent: dict[str, Any] = {
        "name": "Readers",
        "task": "classify",
        "spines_from": "by_class",
        "per_class": "2",
        "per_animal": "1",
    }
    sent |= {"again_percent": "20", "raters": [rater.pk for rater in raters]}
    client.post(reverse("reader_studies:of_experiment", args=[lab.experiment.pk]), sent | {"due_on": "2030-01-02"})
    study = ReaderStudy.objects.get()
    page, rate = reverse("reader_studies:study", args=[study.pk]), reverse("reader_studies:rate", args=[study.pk])
    for at, rater in enumerate(raters):
        visitor = Client()
        visitor.force_login(rater)
        home = visitor.get(reverse("home:home")).content.decode()
        assert "Waits for you" in home
        assert "due 2 Jan 2030" in home
        while 'name="item"' in (shown := visitor.get(rate).content.decode()):
            item = StudyItem.objects.get(pk=int(shown.partition('name="item" value="')[2].partition('"')[0]))
            answer = "thin" if at == 2 else item.network_class
            assert visitor.post(rate, {"item": item.pk, "answer": answer, "note": "seen"}).status_code == 302
        assert "All answered" in shown
        assert "Waits for you" not in visitor.get(reverse("home:home")).content.decode()
        assert visitor.get(reverse("reader_studies:answers_csv", args=[study.pk])).status_code == 409
        assert "Agreement" not in visitor.get(page).content.decode()
    assert "Agreement" not in client.get(page).content.decode(), "nor is a manager told before it is closed"
    client.post(reverse("reader_studies:close", args=[study.pk]))
    found = agreement_of(study)
    kappas = {frozenset((one, two)): kappa.value for one, two, kappa in found.pairs}
    assert kappas[frozenset(rater.username for rater in raters[:2])] == 1
    assert {name: kappa.value for name, kappa in found.with_network}[raters[0].username] == 1
    assert all(n == 2 and kappa in (1, None) for _, n, kappa in found.selves)
    shown = client.get(page).content.decode()
    for words in ("Krippendorff’s α", "and the network", "each blind to the others", "What divides people"):
        assert words in shown
    divided = found.dividing[0]
    assert divided.consensus == divided.item.network_class, "two of three"
    client.post(reverse("reader_studies:decide", args=[study.pk, divided.item.pk]), {"answer": "stubby"})
    again = next(each for each in agreement_of(study).items if each.item.pk == divided.item.pk)
    assert again.consensus == "stubby"
    assert again.answers == divided.answers, "every single answer is kept"
    saved = client.get(reverse("reader_studies:answers_csv", args=[study.pk]))
    text = b"".join(saved.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(list(csv.DictReader(io.StringIO(text)))) == StudyAnswer.objects.count() == 3 * study.items.count()


def test_cannot_say_is_an_answer_and_no_opinion() -> None:
    study, raters = made_by(make_measured_study())
    for rater in raters:
        answer_all(study, rater)
    item = study.items.filter(again_of=None)[0]
    answer_item(user=raters[0], study_id=study.pk, item_id=item.pk, answer=CANNOT_SAY, note="out of focus")
    found = agreement_of(study)
    assert found.cannot_say[raters[0].username] == 1
    assert found.alpha.value == 1
    assert (
        AuditEvent.objects.get(action="reader_study.answer_changed").details["before"]["answer"] == item.network_class
    )


def test_a_rater_who_errs_weighs_less() -> None:
    study, raters = made_by(make_measured_study(), per_class=8)
    for at, rater in enumerate(raters):
        answer_all(study, rater, wrong=30 if at == 0 else 0)
    weights = dict(agreement_of(study).weights)
    assert weights[raters[0].username] < min(weights[rater.username] for rater in raters[1:]) - 0.2


def test_what_is_refused() -> None:
    lab = make_measured_study()
    study, raters = made_by(lab)
    item = study.items.all()[0]
    with pytest.raises(NotAllowed, match="no rater"):
        answer_item(user=lab.owner, study_id=study.pk, item_id=item.pk, answer="thin")
    with pytest.raises(InvalidInput, match="one of the answers"):
        answer_item(user=raters[0], study_id=study.pk, item_id=item.pk, answer="a cat")
    with pytest.raises(InvalidInput, match="two raters"):
        make_reader_study(
            user=lab.owner,
            experiment_id=lab.experiment.pk,
            name="B",
            rater_ids=[lab.viewer.pk, raters[0].pk],
            per_class=1,
        )
    with pytest.raises(NotAllowed):
        make_reader_study(user=raters[0], experiment_id=lab.experiment.pk, name="B", rater_ids=[], per_class=1)
    close_reader_study(user=lab.owner, study_id=study.pk)
    with pytest.raises(Conflict, match="no answer is taken any more"):
        answer_item(user=raters[0], study_id=study.pk, item_id=item.pk, answer="thin")


def test_strangers_and_members_who_do_not_rate_do_not_see_it(client: Client) -> None:
    lab = make_measured_study()
    study, _ = made_by(lab)
    addresses = [reverse(f"reader_studies:{name}", args=[study.pk]) for name in ("study", "rate", "answers_csv")]
    for user in (lab.viewer, make_study().owner, make_annotator(lab)):
        client.force_login(user)
        assert [client.get(address).status_code for address in addresses] == [404] * 3


def test_a_rater_of_a_blinded_experiment_reads_no_name(client: Client, tmp_path: Path) -> None:
    lab, _ = blinded_study(tmp_path)
    study, raters = made_by(lab)
    client.force_login(raters[0])
    item = study.items.all()[0]
    for close in (False, True):
        if close:
            close_reader_study(user=lab.owner, study_id=study.pk)
        for name, args in (("study", []), ("rate", []), ("crop", [item.pk]), ("answers_csv", [])):
            answer = client.get(reverse(f"reader_studies:{name}", args=[study.pk, *args]))
            assert answer.status_code in (200, 409)
            text = all_of(answer)
            assert [secret for secret in SECRETS if secret in text] == []


def test_marks_are_sent_as_the_picture_is_turned_and_kept_in_its_own_pixels(client: Client, tmp_path: Path) -> None:
    lab, _ = blinded_study(tmp_path, blinded=False)
    raters = [make_annotator(lab) for _ in range(2)]
    study = make_reader_study(
        user=lab.owner,
        experiment_id=lab.experiment.pk,
        name="Find",
        task=Task.FIND,
        rater_ids=[rater.pk for rater in raters],
        again_percent=50,
    )
    client.force_login(raters[0])
    item = study.items.exclude(again_of=None)[0]
    StudyItem.objects.filter(pk=item.pk).update(turn=1)
    address = reverse("reader_studies:marks", args=[study.pk, item.pk])
    shown = [{"box_px": [4, 64 - 10 - 20, 5, 20], "class": "thin"}]
    sent = {"marks": json.dumps(shown), "version": "0", "done": "true", "note": ""}
    assert client.post(address, sent).json() == {"version": 1}
    said = StudyAnswer.objects.get(item=item)
    assert said.marks == [{"box_px": [10, 4, 20, 5], "class": "thin"}]
    page = client.get(reverse("reader_studies:rate", args=[study.pk]) + f"?item={item.pk}").content.decode()
    assert json.loads(page.partition('id="marks" type="application/json">')[2].partition("<")[0]) == [
        {"box_px": [4.0, 34.0, 5.0, 20.0], "class": "thin"}
    ]
    assert client.get(reverse("reader_studies:crop", args=[study.pk, item.pk])).status_code == 200
    stale = client.post(address, sent, headers={"accept": "application/json"})
    assert stale.status_code == 409
    assert "another window" in stale.json()["error"]
    assert client.post(address, sent | {"marks": "no"}).status_code == 422
    assert client.post(address, sent | {"marks": '[{"box_px": [1]}]'}).status_code == 422
