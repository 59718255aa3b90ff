"""Changes that measures follow from: the measures are made while nobody waits, and written with the change.

Measuring takes seconds, and whoever holds the lock of an image keeps others from it. So a change is made twice: first
as a rehearsal that is taken back at once and tells which boxes and dendrites there will be, then, once these are
measured without a lock, in earnest. Where somebody else changed the image in between, the measures do not fit, and it
is done over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from numpy.typing import NDArray

from spines.errors import Conflict
from spines.measure.versions import MEASURES_VERSION
from spines.models import AnalysisImage, User
from spines.services.analyses.measuring import TRIES, basis_of, measure, write_measures
from spines.services.review.result import locked_result

Done = TypeVar("Done")


def change_and_measure(
    *,
    user: User,
    seen: AnalysisImage,
    plane: NDArray[Any],
    change: Callable[[AnalysisImage], Done],
    rates: bool = True,
) -> Done:
    """Change the rows of an image's current result and measure what follows.

    Parameters
    ----------
    seen
        The result, as `seen_result` gives it.
    plane
        (M, N), its pixels.
    change
        Given the result under the image's lock, it writes rows, the audit event among them. It is called several times:
        all but the last time its transaction is taken back.
    rates
        Whether the user says what they see, which in a blinded experiment they must not see the conditions for.

    Raises
    ------
    Conflict
        When `seen` is no longer the current result, or others changed the image at every try.
    """
    for _ in range(TRIES):
        with transaction.atomic():
            result = locked_result(user, seen.image_id, seen.pk, rates=rates)
            before = basis_of(result)
            change(result)
            after = basis_of(result)
            transaction.set_rollback(True)
        # One version of the formulas a result: what another one measured is measured anew as a whole.
        is_of_now = result.measures_version == MEASURES_VERSION
        measured = measure(plane, after, before=before if is_of_now else None)
        with transaction.atomic():
            result = locked_result(user, seen.image_id, seen.pk, rates=rates)
            is_as_it_was = basis_of(result) == before
            done = change(result)
            if is_as_it_was and basis_of(result) == after:
                if after != before or not is_of_now:
                    write_measures(result, measured)
                return done
            transaction.set_rollback(True)
    raise Conflict("Others are changing this image at the same time. Your change was not saved: try it again.")
