"""Where a spine meets its dendrite, as a person sets it: it sits on the dendrite that is nearest there."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from spines.access import get_spine_to_rate
from spines.errors import InvalidInput
from spines.models import AnalysisImage, Spine, User
from spines.selectors.review import state as said
from spines.services.analyses.spine_states import state_of
from spines.services.review.answers import read_again, record
from spines.services.review.measured_change import change_and_measure
from spines.services.review.outlines import places_of, refuse_rejected
from spines.services.review.result import plane_of, seen_result, spine_in
from spines.services.review.stated import NOTHING, Stated, done_before, refuse_stale_spine


def set_base(
    *,
    user: User,
    spine_id: int,
    base_px: Sequence[float] | None,
    result_id: int | None = None,
    stated: Stated = NOTHING,
) -> Spine:
    """Say where a spine meets its dendrite, or with None let it be found again. It is seated and measured anew.

    Parameters
    ----------
    base_px
        x and y in pixels of the original image, within it. On the line of another dendrite it gives the spine to it.

    Raises
    ------
    Conflict, Stale
        As of `outlines.set_outline`.
    """
    spine = get_spine_to_rate(user, spine_id)
    seen = seen_result(user, spine.analysis_image.image_id, result_id or spine.analysis_image_id)
    base = None
    if base_px is not None:
        ((x, y),) = places_of([base_px]).round(2).tolist()
        if not (0 <= x <= seen.image.width_px and 0 <= y <= seen.image.height_px):
            raise InvalidInput("This place lies outside the picture. Set the base within.")
        base = [x, y]

    def put(result: AnalysisImage) -> Spine:
        spine = spine_in(user, result, spine_id)
        if done_before(user, stated, said.BASE_SET) or spine.base_px == base:
            return spine
        refuse_stale_spine(spine, stated)
        refuse_rejected(spine, "set its base")
        before = state_of(spine) | {"base_px": spine.base_px}
        spine.base_px = base
        spine.reviewed_by, spine.reviewed_at = user, timezone.now()
        spine.save(update_fields=["base_px", "reviewed_by", "reviewed_at"])
        record(user, spine, said.BASE_SET, key=stated.key, before=before, after=state_of(spine) | {"base_px": base})
        return spine

    return read_again(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=put))
