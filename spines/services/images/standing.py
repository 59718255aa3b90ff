"""What a person says of whether an image counts: admitted, set aside with a reason, or nothing.

The word is the image's, so that a new analysis does not forget it. What it means for numbers is told in
`spines.selectors.results.standing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput
from spines.models import AnalysisImage, Experiment, Image, Role, Standing, User
from spines.models.images import LONGEST_REASON
from spines.selectors.images.chosen import chosen_images
from spines.selectors.results.standing import why_aside
from spines.services import audit
from spines.vocabulary.picture_grades import COUNTED_GRADES

SET = "image.standing_set"


@transaction.atomic
def admit(*, user: User, experiment_id: int, image_ids: Iterable[int]) -> int:
    """Let images that stand aside count. Returns how many did; the others among them count already and stay.

    Raises
    ------
    InvalidInput
        None of them stands aside.
    """
    experiment, images = _chosen(user, experiment_id, image_ids)
    grades = _grades(images)
    aside = [image for image in images if why_aside(image.standing, grades.get(image.pk, ""))]
    if not aside:
        raise InvalidInput("None of these images stands aside: they count already.")
    for image in aside:
        by_itself = grades.get(image.pk, "") in COUNTED_GRADES
        _say(user, experiment, image, "" if by_itself else Standing.ADMITTED)
    return len(aside)


@transaction.atomic
def set_aside(*, user: User, experiment_id: int, image_ids: Iterable[int], reason: str) -> int:
    """Take images out of every count until somebody admits them. Returns how many there were.

    Raises
    ------
    InvalidInput
        There is no reason, or it is too long.
    """
    experiment, images = _chosen(user, experiment_id, image_ids)
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput("Say why these images are set aside: who reads the results wants to know.")
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise InvalidInput(f"The reason may have {LONGEST_REASON} characters at most, and no control characters.")
    for image in images:
        if (image.standing, image.standing_reason) != (Standing.SET_ASIDE, reason):
            _say(user, experiment, image, Standing.SET_ASIDE, reason)
    return len(images)


@transaction.atomic
def take_back(*, user: User, experiment_id: int, image_ids: Iterable[int]) -> int:
    """Forget what people said of images, so that the grades of their results decide. Returns of how many.

    Raises
    ------
    InvalidInput
        Nobody said anything of any of them.
    """
    experiment, images = _chosen(user, experiment_id, image_ids)
    spoken_of = [image for image in images if image.standing]
    if not spoken_of:
        raise InvalidInput("Nobody admitted or set aside any of these images, so there is nothing to take back.")
    for image in spoken_of:
        _say(user, experiment, image, "")
    return len(spoken_of)


def _chosen(user: User, experiment_id: int, image_ids: Iterable[int]) -> tuple[Experiment, list[Image]]:
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    return experiment, list(chosen_images(experiment, image_ids).select_for_update().order_by("pk"))


def _grades(images: Iterable[Image]) -> dict[int, str]:
    current = AnalysisImage.objects.filter(is_current=True, image__in=images)
    return dict(current.values_list("image", "grade"))


def _say(user: User, experiment: Experiment, image: Image, standing: str, reason: str = "") -> None:
    before = _said(image)
    image.standing, image.standing_reason = standing, reason
    image.standing_by, image.standing_at = (user, timezone.now()) if standing else (None, None)
    image.save(update_fields=["standing", "standing_reason", "standing_by", "standing_at"])
    audit.record(actor=user, lab=experiment.lab, action=SET, subject=image, before=before, after=_said(image))


def _said(image: Image) -> dict[str, Any]:
    """What a person says of the image, as the audit trail keeps it."""
    return {
        "standing": image.standing,
        "reason": image.standing_reason,
        "by": image.standing_by_id,
        "at": image.standing_at.isoformat() if image.standing_at else None,
    }
