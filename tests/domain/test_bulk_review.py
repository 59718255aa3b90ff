"""The same said of many spines: each keeps its event, what others changed stays, and all of it is taken back as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from spines.errors import InvalidInput, NotAllowed
from spines.models import AnalysisImage, AuditEvent, Image, Spine, User
from spines.models.reader_studies import NO_SPINE
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.gallery import shown_spines, version_now
from spines.selectors.review.state import history_of, undoable_changes
from spines.services.review import answers
from spines.services.review.bulk import say_of_many, take_back_many
from spines.services.review.queue import ACCEPT
from spines.services.review.stated import Stated
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db

FOUND = [found("mushroom" if n % 2 else "thin", box_px=(8 + 30 * n, 20, 14, 16), uncertain=n == 0) for n in range(6)]


@pytest.fixture
def images(study: Study, tmp_path: Path) -> list[Image]:
    made = [upload(study, tmp_path, side_px=200) for _ in range(2)]
    finish(queue_analysis(study, made), [FOUND, FOUND])
    return made


def ids() -> list[int]:
    return list(Spine.objects.order_by("analysis_image", "number").values_list("pk", flat=True))


def said_now() -> list[tuple[str, str, bool]]:
    rows = Spine.objects.order_by("analysis_image", "number")
    return list(rows.values_list("reviewed_class", "final_class", "rejected"))


def test_a_class_for_many_and_undone_as_one(study: Study, images: list[Image]) -> None:
    before, act = said_now(), uuid4()
    where: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk}
    done = say_of_many(**where, spine_ids=ids(), answer="stubby", bulk=act, stated=Stated(version=version_now()))
    assert sorted(done.changed) == ids()
    assert {final for _, final, _ in said_now()} == {"stubby"}
    first = Spine.objects.earliest("pk")
    assert history_of(first)[0].action == "spine.relabelled"
    assert len(undoable_changes(study.owner, AnalysisImage.objects.earliest("pk"))) == 6
    assert sorted(take_back_many(**where, bulk=act).changed) == ids()
    assert said_now() == before
    assert undoable_changes(study.owner, AnalysisImage.objects.earliest("pk")) == []
    assert take_back_many(**where, bulk=act).changed == []


def test_what_others_changed_since_stays_and_is_counted(study: Study, images: list[Image], annotator: User) -> None:
    where: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk}
    seen = version_now()
    answers.relabel(user=annotator, spine_id=ids()[0], spine_class="filopodia")
    answers.reject(user=annotator, spine_id=ids()[3])
    stated = Stated(version=version_now())
    rejected = say_of_many(**where, spine_ids=ids()[3:4], answer="thin", bulk=uuid4(), stated=stated)
    assert (rejected.changed, rejected.rejected) == ([], 1)
    act = uuid4()
    done = say_of_many(**where, spine_ids=ids()[:3], answer=ACCEPT, bulk=act, stated=Stated(version=seen))
    assert (sorted(done.changed), done.stale) == (ids()[1:3], 1)
    assert [final for _, final, _ in said_now()][:3] == ["filopodia", "mushroom", "thin"]
    answers.relabel(user=annotator, spine_id=ids()[1], spine_class="filopodia")
    back = take_back_many(**where, bulk=act)
    assert (back.changed, back.stale) == (ids()[2:3], 1)


def test_of_what_the_network_is_unsure_nothing_is_accepted(study: Study, images: list[Image]) -> None:
    """No class is shown of it, as on the page of its image."""
    where: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk}
    stated = Stated(version=version_now())
    done = say_of_many(**where, spine_ids=ids()[:3], answer=ACCEPT, bulk=uuid4(), stated=stated)
    assert (sorted(done.changed), done.unsure) == (ids()[1:3], 1)
    assert Spine.objects.get(pk=ids()[0]).reviewed_class == ""
    named = say_of_many(**where, spine_ids=ids()[:1], answer="thin", bulk=uuid4(), stated=stated)
    assert (named.changed, named.unsure) == (ids()[:1], 0)


def test_many_are_rejected_measured_anew_and_brought_back(study: Study, images: list[Image]) -> None:
    where: dict[str, Any] = {"user": study.owner, "experiment_id": study.experiment.pk}
    act, key = uuid4(), uuid4()
    chosen = [*ids()[:3], *ids()[6:8]]
    stated = Stated(version=version_now(), key=key)
    assert sorted(say_of_many(**where, spine_ids=chosen, answer=NO_SPINE, bulk=act, stated=stated).changed) == chosen
    assert Spine.objects.filter(rejected=True).count() == 5
    assert say_of_many(**where, spine_ids=chosen, answer=NO_SPINE, bulk=act, stated=stated).changed == ()
    assert AuditEvent.objects.filter(action="spine.rejected").count() == 5
    assert sorted(take_back_many(**where, bulk=act).changed) == chosen
    assert not Spine.objects.filter(rejected=True).exists()


def test_what_is_refused(study: Study, images: list[Image]) -> None:
    where: dict[str, Any] = {"experiment_id": study.experiment.pk, "bulk": uuid4(), "stated": Stated()}
    with pytest.raises(NotAllowed):
        say_of_many(user=study.viewer, spine_ids=ids(), answer="thin", **where)
    with pytest.raises(InvalidInput, match="no class"):
        say_of_many(user=study.owner, spine_ids=ids(), answer="winged", **where)
    with pytest.raises(InvalidInput, match="Choose 1"):
        say_of_many(user=study.owner, spine_ids=[], answer="thin", **where)


def test_a_rejection_moves_no_other_crop(study: Study, images: list[Image]) -> None:
    before = {row.id: (row.sheet, row.place) for row in shown_spines(study.experiment, ResultFilters())}
    answers.reject(user=study.owner, spine_id=ids()[1])
    after = {row.id: (row.sheet, row.place) for row in shown_spines(study.experiment, ResultFilters())}
    assert len(before) == len(after) + 1
    assert all(before[pk] == where for pk, where in after.items())
