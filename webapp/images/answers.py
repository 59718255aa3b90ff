"""What the image page's script is told after a change."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.template.loader import render_to_string

from spines.models import AnalysisImage, Spine, User
from spines.selectors.review.state import events_since, moves_measures
from webapp.images.rows import dendrite_rows, dendrite_table, review_row, spine_rows


def answer(
    user: User,
    result: AnalysisImage,
    spine: Spine | None = None,
    *,
    since: int,
    moves: bool = False,
    **more: Any,
) -> JsonResponse:
    """The spine as it is now, and what else changed since the version that the page had seen.

    With `moves` other measures may have moved: `spines` are those that were measured anew, and `dendrites` all there
    are. Where that is not known, as an edit was sent twice, or where others moved measures since, `whole` is true:
    `spines` are all there are, too. Densities and progress are told in any case.
    """
    review = review_row(user, result)
    happened = events_since(result, since)
    others = happened[:-1] if happened and happened[-1].actor_id == user.pk else happened
    reached = result.measured_now or frozenset()
    whole = (moves and result.measured_now is None) or any(moves_measures(event) for event in others)
    touched = {event.subject_id or 0 for event in happened if event.subject_type == "spine"}
    touched |= {pk for event in happened for pk in event.details.get("spine_ids") or ()}
    touched |= reached | ({spine.pk} if spine else set())
    rows = spine_rows(result, only=None if whole else touched) if touched or whole else []
    table = dendrite_table(result, may_edit=True)
    body = {
        "spine": next((row for row in rows if row["id"] == spine.pk), None) if spine else None,
        "spines": rows if whole or moves or others else None,
        "whole": whole,
        "dendrites": dendrite_rows(table["dendrites"]) if whole or moves else None,
        "dendrite_table": render_to_string("images/dendrite_table.html", table),
        "removed": None,
        "review": review,
    }
    return JsonResponse(body | more)
