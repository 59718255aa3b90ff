"""What the image page's script is told after a change."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.template.loader import render_to_string

from spines.models import AnalysisImage, Spine, User
from spines.selectors.review.state import events_since, moves_measures
from webapp.images.rows import dendrite_rows, dendrite_table, review_row, spine_row, spine_rows


def answer(
    user: User,
    result: AnalysisImage,
    spine: Spine | None = None,
    *,
    since: int,
    everything: bool = False,
    **more: Any,
) -> JsonResponse:
    """The spine as it is now, and what else changed since the version that the page had seen.

    With `everything`, or where others moved measures since, `whole` is true: `spines` and `dendrites` hold all there
    are. Densities and progress are told in any case.
    """
    review = review_row(user, result)
    happened = events_since(result, since)
    others = happened[:-1] if happened and happened[-1].actor_id == user.pk else happened
    whole = everything or any(moves_measures(event) for event in others)
    touched = {event.subject_id or 0 for event in happened if event.subject_type == "spine"}
    table = dendrite_table(result, may_edit=True)
    body = {
        "spine": spine_row(spine, result.image.lab.rule_preset) if spine else None,
        "spines": spine_rows(result) if whole else spine_rows(result, only=touched) if others else None,
        "whole": whole,
        "dendrites": dendrite_rows(table["dendrites"]) if whole else None,
        "dendrite_table": render_to_string("images/dendrite_table.html", table),
        "removed": None,
        "review": review,
    }
    return JsonResponse(body | more)
