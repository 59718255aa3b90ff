"""What the image page's script is told after a change."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.template.loader import render_to_string

from spines.models import AnalysisImage, Spine, User
from webapp.images.rows import dendrite_rows, dendrite_table, review_row, spine_row, spine_rows


def answer(
    user: User,
    result: AnalysisImage,
    spine: Spine | None = None,
    *,
    everything: bool = False,
    **more: Any,
) -> JsonResponse:
    """The spine as it is now, or with `everything` all spines and dendrites; densities and progress in any case."""
    table = dendrite_table(result, may_edit=True)
    body = {
        "spine": spine_row(spine, result.image.lab.rule_preset) if spine else None,
        "spines": spine_rows(result) if everything else None,
        "dendrites": dendrite_rows(table["dendrites"]) if everything else None,
        "dendrite_table": render_to_string("images/dendrite_table.html", table),
        "removed": None,
        "review": review_row(user, result),
    }
    return JsonResponse(body | more)
