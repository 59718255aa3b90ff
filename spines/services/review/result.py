"""The result that people may correct: the current one of an image, and nobody else's meanwhile.

All corrections run under the lock of the image's row, as does the writing of a new result, so that nothing is said of
a result that has just been replaced.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from spines.access import get_image_to_rate, get_spine_to_rate, require_role
from spines.errors import Conflict, Stale
from spines.models import AnalysisImage, Image, Role, Spine, User
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.labs.blinding import require_rating
from spines.storage.last_plane import LastPlane

_last = LastPlane()

REPLACED = (
    "This image has been analysed again since you saw it. Its corrections were carried over to the new result: "
    "go on there, and reload the page for its figures."
)


def plane_of(result: AnalysisImage) -> NDArray[Any]:
    """The pixels that a result was made from, for measuring. `FileGone` where their file is gone."""
    image = result.image
    seen = (result.channel, result.projection, result.plane, result.polarity)
    return _last.get((image.pk, image.sha256, image.place, seen), lambda: plane_as_analysed(result))


def reviewed_image(user: User, image: Image, *, rates: bool = True) -> Image:
    """The image, its row locked until the transaction ends; `NotAllowed` below annotator, `Conflict` if not blind.

    Who does not rate writes down what others said blind, as a consensus of theirs.
    """
    require_role(user, image.lab, Role.ANNOTATOR)
    if rates:
        require_rating(user, image.experiment)
    Image.objects.select_for_update().filter(pk=image.pk).first()
    return image


def seen_result(user: User, image_id: int, result_id: int | None = None, *, rates: bool = True) -> AnalysisImage:
    """The current result, not locked: to read its pixels before the lock is taken. `Conflict` as below."""
    image = get_image_to_rate(user, image_id)
    require_role(user, image.lab, Role.ANNOTATOR)
    if rates:
        require_rating(user, image.experiment)
    return _current(image, result_id)


def locked_result(user: User, image_id: int, result_id: int | None = None, *, rates: bool = True) -> AnalysisImage:
    """The current result, its image locked.

    Raises
    ------
    Conflict
        When there is none, or it is another than `result_id`.
    """
    return _current(reviewed_image(user, get_image_to_rate(user, image_id), rates=rates), result_id)


def _current(image: Image, result_id: int | None) -> AnalysisImage:
    result = image.results.filter(is_current=True).first()
    if result is None:
        raise Conflict(f"Image {image.pk} has no finished analysis, so there is nothing to review. Analyse it first.")
    if result_id is not None and result_id != result.pk:
        raise Stale(REPLACED)
    return result


def spine_in(user: User, result: AnalysisImage, spine_id: int) -> Spine:
    """A spine of a locked result; `NotFound`, or `Stale` when it is another's by now."""
    found = result.spines.filter(pk=spine_id).first()
    if found is None:
        get_spine_to_rate(user, spine_id)
        raise Stale(REPLACED)
    return found


def locked_spine(user: User, spine_id: int) -> Spine:
    """A spine of a current result, its image locked; `Conflict` when the result has been replaced."""
    spine = get_spine_to_rate(user, spine_id)
    reviewed_image(user, spine.analysis_image.image)
    found = Spine.objects.select_related("analysis_image__image__experiment__project__lab").filter(pk=spine_id).first()
    if found is None or not found.analysis_image.is_current:
        raise Stale(REPLACED)
    return found
