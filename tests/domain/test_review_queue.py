"""The review queue: orders, who is given what, what is remembered, and what a sample by lot tells of the network."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import F
from django.utils import timezone

from spines.errors import Conflict, NotAllowed, Stale
from spines.models import (
    AnalysisImage,
    AuditEvent,
    Cell,
    ClassSet,
    Experiment,
    ReaderStudy,
    ReviewClaim,
    ReviewOrder,
    ReviewStep,
    Spine,
    StudyAnswer,
    StudyItem,
    StudyRater,
    Subject,
    User,
)
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import findings_of
from spines.selectors.review.network import network_here
from spines.selectors.review.orders import Asked, progress_of, sample
from spines.selectors.review.state import undoable_changes, version_of
from spines.services.review import answers, queue
from spines.services.review.stated import Stated
from spines.services.review.undoing import undo
from tests.factories import Study, add_dendrite, add_spines, current_row, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def results(study: Study, tmp_path: Path) -> list[AnalysisImage]:
    """Two animals, an image each: a dendrite with six spines and one with four; the rule says what the network says."""
    study.lab.rule_preset = "golgi"
    study.lab.save()
    made = []
    for animal, n in (("a", 6), ("b", 4)):
        image = upload(study, tmp_path, side_px=640)
        image.cell = Cell.objects.create(subject=Subject.objects.create(experiment=study.experiment, name=animal))
        image.save()
        result = current_row(study, image)
        classes = ["mushroom", "uncertain", "thin", "stubby", "thin", "mushroom"][:n]
        add_spines(result, classes, dendrite=add_dendrite(result), y_px=80)
        result.spines.update(x_px=F("number") * 90)
        for spine in result.spines.all():
            spine.rule_classes = {"golgi": spine.spine_class}
            spine.save(update_fields=["rule_classes"])
        made.append(result)
    return made


def asked(order: ReviewOrder, n: int = 30) -> Asked:
    return Asked(order=order, an_animal=n)


def take(
    user: User, study: Study, order: ReviewOrder, *, n: int = 30, most: int = 30, held: tuple[int, ...] = ()
) -> list[int]:
    return queue.take_steps(user=user, experiment_id=study.experiment.pk, asked=asked(order, n), most=most, held=held)


def say(user: User, spine_id: int, answer: str, order: ReviewOrder = ReviewOrder.ALL, *, unseen: bool = False) -> Spine:
    return queue.answer(user=user, spine_id=spine_id, given=queue.Given(answer=answer, order=order, unseen=unseen))


def experiment_of(study: Study) -> Experiment:
    return Experiment.objects.get(pk=study.experiment.pk)


def test_each_order_gives_what_it_says(study: Study, results: list[AnalysisImage]) -> None:
    first = results[0]
    spines = list(first.spines.order_by("number"))
    Spine.objects.filter(pk=spines[3].pk).update(probabilities=[0.4, 0.2, 0.2, 0.2], spine_class="mushroom")
    Spine.objects.filter(pk=spines[0].pk).update(rule_classes={"golgi": "stubby"}, position_px=499)
    order = take(study.owner, study, ReviewOrder.UNCERTAIN)
    assert {order[0], order[1]} == set(Spine.objects.filter(uncertain=True).values_list("pk", flat=True))
    assert order[2] == spines[3].pk
    assert len(order) == 10
    assert set(take(study.owner, study, ReviewOrder.DISAGREEING)) == {spines[0].pk, spines[3].pk}
    along = take(study.owner, study, ReviewOrder.DENDRITE)
    assert along[:6] == [s.pk for s in [*spines[1:], spines[0]]]
    assert take(study.owner, study, ReviewOrder.ALL)[:6] == [s.pk for s in spines]
    drawn = take(study.owner, study, ReviewOrder.RANDOM, n=3)
    of_first = [pk for pk in drawn if pk in {s.pk for s in spines}]
    assert (len(drawn), len(of_first)) == (6, 3)
    assert drawn == sample(experiment_of(study), 3)
    assert sample(experiment_of(study), 2) == drawn[:4]  # one of each animal after the other


def test_raters_who_said_different_things_come_first_where_opinions_differ(
    study: Study, results: list[AnalysisImage], annotator: User
) -> None:
    result = results[0]
    rated, ruled = result.spines.order_by("number")[2:4]
    Spine.objects.filter(pk=ruled.pk).update(rule_classes={"golgi": "mushroom"})
    old = ReaderStudy.objects.create(experiment=study.experiment, name="old", seed=1, closed_at=timezone.now())
    box = {"x_px": rated.x_px, "y_px": rated.y_px, "width_px": rated.width_px, "height_px": rated.height_px}
    Spine.objects.exclude(pk=rated.pk).update(y_px=600)
    item = StudyItem.objects.create(study=old, image=result.image, **box)
    for user, said in ((study.owner, "thin"), (annotator, "stubby")):
        rater = StudyRater.objects.create(study=old, user=user)
        StudyAnswer.objects.create(item=item, rater=rater, answer=said)
    assert take(study.owner, study, ReviewOrder.DISAGREEING) == [rated.pk, ruled.pk]


def test_two_people_never_get_the_same_spine_until_one_lets_it_lie(
    study: Study, results: list[AnalysisImage], annotator: User
) -> None:
    mine = take(study.owner, study, ReviewOrder.ALL, most=4)
    theirs = take(annotator, study, ReviewOrder.ALL, most=4)
    assert not set(mine) & set(theirs)
    more = take(study.owner, study, ReviewOrder.ALL, most=4, held=tuple(mine))
    assert len(more) == 2  # of ten
    assert set(ReviewClaim.objects.filter(user=study.owner).values_list("spine", flat=True)) == {*mine, *more}
    assert take(annotator, study, ReviewOrder.ALL, held=tuple(theirs)) == []
    ReviewClaim.objects.filter(spine=mine[0]).update(until=timezone.now() - timedelta(seconds=1))
    assert take(annotator, study, ReviewOrder.ALL, held=tuple(theirs)) == mine[:1]
    # What was held and is no longer is free, the next time its holder asks.
    take(study.owner, study, ReviewOrder.ALL, most=1, held=(mine[1],))
    assert set(mine[2:]) & set(take(annotator, study, ReviewOrder.ALL, held=tuple(theirs)))


def test_who_comes_back_goes_on_and_what_they_could_not_say_is_not_asked_again(
    study: Study, results: list[AnalysisImage], annotator: User
) -> None:
    ids = take(study.owner, study, ReviewOrder.ALL)
    say(study.owner, ids[0], "stubby")
    say(study.owner, ids[1], CANNOT_SAY)
    say(study.owner, ids[2], NO_SPINE)
    say(study.owner, ids[3], queue.ACCEPT)
    assert take(study.owner, study, ReviewOrder.ALL) == ids[4:]
    progress = progress_of(study.owner, experiment_of(study), asked(ReviewOrder.ALL))
    assert (progress.total, progress.answered, progress.passed, progress.left) == (10, 3, 1, 6)
    ReviewClaim.objects.all().delete()
    assert take(annotator, study, ReviewOrder.ALL) == [ids[1], *ids[4:]]
    assert list(Spine.objects.filter(pk__in=ids[:4]).order_by("number").values_list("final_class", "rejected")) == [
        ("stubby", False),
        ("uncertain", False),
        ("thin", True),
        ("stubby", False),
    ]


def test_cannot_say_is_the_same_in_the_queue_and_on_the_page_of_an_image(
    study: Study, results: list[AnalysisImage], annotator: User
) -> None:
    ids = take(study.owner, study, ReviewOrder.ALL)
    said = say(study.owner, ids[0], CANNOT_SAY)
    undo(user=study.owner, image_id=said.analysis_image.image_id, result_id=said.analysis_image_id)
    ReviewClaim.objects.all().delete()
    assert take(study.owner, study, ReviewOrder.ALL) == ids, "undone on the page of the image, it is asked again"
    said = say(study.owner, ids[0], CANNOT_SAY)
    assert (said.reviewed_class, said.final_class, said.reviewed_by) == (CANNOT_SAY, "uncertain", study.owner)
    answers.relabel(user=study.owner, spine_id=ids[1], spine_class=CANNOT_SAY)
    found = findings_of(experiment_of(study), ResultFilters())
    assert (found.cannot_say, found.reviewed) == (2, 2)
    ReviewClaim.objects.all().delete()
    assert take(study.owner, study, ReviewOrder.ALL) == ids[2:]
    assert progress_of(study.owner, experiment_of(study), asked(ReviewOrder.ALL)).passed == 2
    ReviewClaim.objects.all().delete()
    assert take(annotator, study, ReviewOrder.ALL) == ids, "others are asked"
    assert say(annotator, ids[1], queue.ACCEPT).reviewed_class == found_class(ids[1])
    say(annotator, ids[0], CANNOT_SAY)
    queue.take_back(user=annotator, spine_id=ids[0])
    assert Spine.objects.get(pk=ids[0]).reviewed_by == study.owner, "theirs stands"


def found_class(spine_id: int) -> str:
    """What the network says."""
    return Spine.objects.get(pk=spine_id).spine_class


def test_an_earlier_cannot_say_of_the_queue_moves_onto_the_spine(study: Study, results: list[AnalysisImage]) -> None:
    first, second = results[0].spines.order_by("number")[:2]
    answers.relabel(user=study.owner, spine_id=second.pk, spine_class="thin")
    for spine in (first, second):
        ReviewStep.objects.create(spine=spine, user=study.viewer, order=ReviewOrder.ALL, answer=CANNOT_SAY)
    import_module("spines.migrations.0038_cannot_say_in_one_place").move(apps, None)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.reviewed_class, first.final_class, first.reviewed_by) == (CANNOT_SAY, "uncertain", study.viewer)
    assert second.reviewed_class == "thin"
    event = AuditEvent.objects.get(subject_type="spine", subject_id=first.pk)
    assert (event.actor, event.lab) == (study.viewer, study.lab)
    assert event.details["after"]["reviewed_class"] == CANNOT_SAY
    assert undoable_changes(study.viewer, results[0])[0] == event


def test_an_answer_is_given_anew_and_taken_back(study: Study, results: list[AnalysisImage], annotator: User) -> None:
    ids = take(study.owner, study, ReviewOrder.ALL)
    before = version_of(results[0])
    say(study.owner, ids[0], NO_SPINE)
    assert say(study.owner, ids[0], "thin").final_class == "thin"
    assert ReviewStep.objects.get().answer == "thin"
    given = queue.Given(answer="stubby", order=ReviewOrder.ALL)
    with pytest.raises(Stale, match="was changed since you saw it"):
        queue.answer(user=annotator, spine_id=ids[0], given=given, stated=Stated(version=before))
    say(study.owner, ids[1], CANNOT_SAY)
    queue.take_back(user=study.owner, spine_id=ids[1])
    assert queue.take_back(user=study.owner, spine_id=ids[0]).rejected is False
    assert not ReviewStep.objects.exists()
    say(study.owner, ids[0], "thin")
    answers.relabel(user=study.owner, spine_id=ids[2], spine_class="mushroom")
    with pytest.raises(Conflict, match="something else in the image"):
        queue.take_back(user=study.owner, spine_id=ids[0])
    with pytest.raises(Conflict, match="Undo it first"):
        say(study.owner, ids[0], CANNOT_SAY)
    with pytest.raises(NotAllowed):
        take(study.viewer, study, ReviewOrder.ALL)


def test_raters_of_an_open_study_are_not_told_what_the_network_says(
    study: Study, results: list[AnalysisImage], annotator: User
) -> None:
    rated = ReaderStudy.objects.create(experiment=study.experiment, name="Who sees what", seed=1)
    StudyRater.objects.create(study=rated, user=annotator)
    for order in (ReviewOrder.UNCERTAIN, ReviewOrder.DISAGREEING):
        with pytest.raises(Conflict, match="You rate in Who sees what"):
            take(annotator, study, order)
    first = take(annotator, study, ReviewOrder.ALL, most=2)[0]
    with pytest.raises(Conflict, match="hidden from you"):
        say(annotator, first, queue.ACCEPT)
    say(annotator, first, "mushroom")
    assert ReviewStep.objects.get().blind
    assert take(study.owner, study, ReviewOrder.UNCERTAIN)


def test_a_sample_by_lot_tells_how_good_the_network_is_and_other_orders_do_not(
    study: Study, results: list[AnalysisImage]
) -> None:
    # The unsure ones are drawn first: what lies behind the last that the order by lot asked for does not count.
    Spine.objects.update(uncertain=False)
    Spine.objects.filter(pk__in=sample(experiment_of(study), 1)).update(uncertain=True, spine_class="thin")
    for pk in take(study.owner, study, ReviewOrder.UNCERTAIN, most=2):
        say(study.owner, pk, "stubby", ReviewOrder.UNCERTAIN)
    assert network_here(experiment_of(study)).precision.seen == 0
    drawn = take(study.owner, study, ReviewOrder.RANDOM, n=4)
    assert len(drawn) == 6
    for pk in drawn:
        say(study.owner, pk, queue.ACCEPT, ReviewOrder.RANDOM)
    here = network_here(experiment_of(study))
    # All of the animal with four spines, four of six of the other; answers of other orders among them count.
    assert (here.precision.seen, here.precision.share) == (8, 1.0)
    assert here.precision.low is not None
    assert 0.8 < here.precision.low < 0.95
    wrong = Spine.objects.filter(pk__in=sample(experiment_of(study), 4), uncertain=True).count()
    assert here.class_right.hits == 8 - wrong
    assert here.certain_right.share == 1.0
    assert not here.is_enough
    assert 0 < here.still_needed <= 2  # of the ten that there are
    say(study.owner, drawn[0], NO_SPINE, ReviewOrder.RANDOM, unseen=True)
    here = network_here(experiment_of(study))
    assert (here.precision.hits, here.precision.seen, here.blind) == (7, 8, 1)


def test_a_class_of_the_labs_own_that_stands_for_none_is_told_apart(study: Study, results: list[AnalysisImage]) -> None:
    own = [{"key": "branched", "name": "Branched"}, {"key": "cup", "name": "Cup", "onto": "mushroom"}]
    study.experiment.class_set = ClassSet.objects.create(lab=study.lab, name="Six", own=own)
    study.experiment.save()
    mushrooms = [pk for pk in sample(experiment_of(study), 6) if Spine.objects.get(pk=pk).spine_class == "mushroom"]
    say(study.owner, mushrooms[0], "branched", ReviewOrder.RANDOM)
    say(study.owner, mushrooms[1], "cup", ReviewOrder.RANDOM)
    here = network_here(experiment_of(study))
    assert (here.outside, here.class_right.hits, here.class_right.seen) == (1, 1, 1)


def test_recall_is_told_by_images_that_somebody_called_right(study: Study, results: list[AnalysisImage]) -> None:
    assert network_here(experiment_of(study)).recall.share is None
    number = results[1].spines.count() + 1
    opinion: dict[str, Any] = {
        "source": "added",
        "score": None,
        "probabilities": None,
        "spine_class": "",
        "uncertain": False,
    }
    add_spines(results[1], ["thin"], reviewed_class="thin", **opinion, number=number)
    answers.mark_image_reviewed(user=study.owner, image_id=results[1].image_id, reviewed=True)
    here = network_here(experiment_of(study))
    assert (here.recall.hits, here.recall.seen, here.images) == (4, 5, 1)
