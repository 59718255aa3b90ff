"""Going through an experiment's spines one by one: who is given which, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment_to_rate, get_spine_to_rate, require_role
from spines.errors import Conflict, InvalidInput
from spines.models import AuditEvent, Experiment, ReviewClaim, ReviewOrder, ReviewStep, Role, Spine, User
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.review.orders import MOST_AN_ANIMAL, TELLS_OF_THE_NETWORK, Asked, next_ids, open_studies_of
from spines.selectors.review.state import undoable_changes
from spines.services.labs.blinding import require_rating
from spines.services.review import answers
from spines.services.review.stated import NOTHING, Stated
from spines.services.review.undoing import undo

ACCEPT = "accept"
"""The answer that the network's likeliest class is right."""
HELD = timedelta(minutes=10)
"""So long a spine lies before somebody who says nothing; then others are given it."""
MOST_STEPS = 30


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer in the queue. `unseen`: who gave it did not see what the network says."""

    answer: str
    order: ReviewOrder
    unseen: bool = False


def reviewed_experiment(user: User, experiment_id: int) -> Experiment:
    """The experiment, for who may review in it. Raises `NotAllowed`, and `Conflict` where it is not blind."""
    experiment = get_experiment_to_rate(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    require_rating(user, experiment)
    return experiment


def require_order(user: User, experiment: Experiment, asked: Asked) -> None:
    """Raise `Conflict` where an order would tell a rater what the network thinks, `InvalidInput` for a wrong number."""
    if not 1 <= asked.an_animal <= MOST_AN_ANIMAL:
        raise InvalidInput(f"A random sample has 1 to {MOST_AN_ANIMAL} spines an animal.")
    if asked.order in TELLS_OF_THE_NETWORK and (study := open_studies_of(user, experiment).first()):
        raise Conflict(
            f"You rate in {study.name}, which is open, so what the network says is hidden from you here: this order "
            "would tell it. Choose another order, or come back when the study is closed."
        )


@transaction.atomic
def take_steps(*, user: User, experiment_id: int, asked: Asked, held: Sequence[int] = (), most: int = 12) -> list[int]:
    """Give the user the next spines, so that nobody else is given them for `HELD`.

    Parameters
    ----------
    held
        Spines that still lie before the user: they stay theirs, and are not given again. What they were given before
        and do not hold any more is free for others.

    Returns
    -------
    list of int
        Ids in order; none where nothing waits.
    """
    experiment = reviewed_experiment(user, experiment_id)
    require_order(user, experiment, asked)
    Experiment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=experiment.pk).first()
    held = list(held)[: 4 * MOST_STEPS]
    wanted = next_ids(user, experiment, asked, min(most, MOST_STEPS) + len(held))
    ids = [pk for pk in wanted if pk not in set(held)][: min(most, MOST_STEPS)]
    of_experiment = ReviewClaim.objects.filter(spine__analysis_image__image__experiment=experiment)
    of_experiment.filter(user=user).exclude(spine__in=[*held, *ids]).delete()
    kept = set(of_experiment.filter(user=user, spine__in=held).values_list("spine", flat=True))
    until = timezone.now() + HELD
    claims = [ReviewClaim(spine_id=pk, user=user, until=until) for pk in [*ids, *kept]]
    ReviewClaim.objects.bulk_create(
        claims, update_conflicts=True, unique_fields=["spine"], update_fields=["user", "until"]
    )
    return ids


def answer(*, user: User, spine_id: int, given: Given, stated: Stated = NOTHING) -> Spine:
    """Say what a spine is; said again, the last answer stands. It is a correction like any other, with its event.

    Raises
    ------
    Conflict
        When an accepted class was not seen; `Stale` when somebody else said something of the spine since.
    """
    spine = get_spine_to_rate(user, spine_id)
    experiment = reviewed_experiment(user, spine.analysis_image.image.experiment_id)
    unseen = given.unseen or open_studies_of(user, experiment).exists()
    if given.answer == CANNOT_SAY:
        if spine.reviewed_class not in ("", CANNOT_SAY) or spine.rejected:
            raise Conflict(f"Spine {spine.number} has an answer. Undo it first, then say that you cannot tell.")
        spine = answers.relabel(user=user, spine_id=spine_id, spine_class=CANNOT_SAY, stated=stated)
    elif given.answer == NO_SPINE:
        spine = answers.reject(user=user, spine_id=spine_id, stated=stated)
    elif given.answer == ACCEPT:
        if unseen:
            raise Conflict("What the network says is hidden from you, so it cannot be accepted. Choose a class.")
        spine = _accepted(user, spine, stated)
    else:
        answers.known_class(given.answer, spine.analysis_image.image)
        if spine.rejected:
            answers.restore(user=user, spine_id=spine_id, stated=Stated(version=stated.version))
            stated = Stated(key=stated.key)
        spine = answers.relabel(user=user, spine_id=spine_id, spine_class=given.answer, stated=stated)
    said = spine.reviewed_class if given.answer == ACCEPT else given.answer
    ReviewStep.objects.update_or_create(
        spine_id=spine_id, user=user, defaults={"order": given.order, "answer": said, "blind": unseen}
    )
    ReviewClaim.objects.filter(spine=spine_id, user=user).delete()
    return spine


def take_back(*, user: User, spine_id: int) -> Spine:
    """Undo the user's answer of a spine, where it is the last that they changed in its image.

    Raises
    ------
    Conflict
        Where they changed something else in the image since, or somebody else changed the spine.
    """
    spine = get_spine_to_rate(user, spine_id)
    reviewed_experiment(user, spine.analysis_image.image.experiment_id)
    step = ReviewStep.objects.filter(spine=spine_id, user=user).first()
    if step is None:
        raise Conflict(f"You gave no answer of spine {spine.number} that could be taken back.")
    if not (step.answer == CANNOT_SAY and spine.reviewed_by_id != user.pk):  # somebody else said so first, or since
        result = spine.analysis_image
        changes = undoable_changes(user, result)
        if not changes or not _is_of(changes[0], spine):
            raise Conflict(
                f"You changed something else in the image of spine {spine.number} since, which would be undone first. "
                "Give the spine another answer, or undo on the page of its image."
            )
        undo(user=user, image_id=result.image_id, result_id=result.pk)
    step.delete()
    return get_spine_to_rate(user, spine_id)


def _accepted(user: User, spine: Spine, stated: Stated) -> Spine:
    """The network's likeliest class, also where somebody before could not say."""
    if spine.reviewed_class == CANNOT_SAY:
        return answers.relabel(user=user, spine_id=spine.pk, spine_class=spine.spine_class, stated=stated)
    return answers.accept(user=user, spine_id=spine.pk, stated=stated, saw_likeliest=True)


def _is_of(event: AuditEvent, spine: Spine) -> bool:
    return event.subject_type == "spine" and event.subject_id == spine.pk
