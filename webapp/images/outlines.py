"""Outlines of spines, drawn on the image page: what they would measure, and saved. Every answer is JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from django import forms
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from spines.access import get_spine_to_rate
from spines.measure.painting import Stroke
from spines.models.results import QUALITY_WORDS
from spines.services.review import outlines
from spines.vocabulary.measures import MEASURES
from webapp.images.answers import answer
from webapp.images.dendrites import PointsField
from webapp.images.forms import ResultForm, checked, stated_in
from webapp.requests import UserRequest


class StrokesField(forms.Field):
    """JSON: a list of strokes, each with `points` ([[x, y], …]), `radius_px` and `erases`. The service judges them."""

    def to_python(self, value: Any) -> list[Stroke]:
        """Strokes, or a sentence."""
        try:
            return [
                Stroke(
                    points_px=np.array(stroke["points"], np.float64).reshape(-1, 2)[: outlines.MOST_STROKE_POINTS + 1],
                    radius_px=float(stroke["radius_px"]),
                    erases=bool(stroke["erases"]),
                )
                for stroke in json.loads(value or "[]")
                if stroke["points"]
            ]
        except (ValueError, TypeError, KeyError) as error:
            raise forms.ValidationError("These are no strokes.") from error


class SketchForm(forms.Form):
    """An outline that is being drawn."""

    points = PointsField(required=False)
    strokes = StrokesField(required=False)


class OutlineForm(ResultForm):
    """An outline; none where it is to be found again."""

    points = PointsField(required=False)


@require_POST
def sketch_outline(request: UserRequest, spine_id: int) -> JsonResponse:
    """The outline after strokes of a brush, and what the spine measures on it; nothing is written."""
    sent = checked(SketchForm(request.POST))
    sketch = outlines.sketch_outline(
        user=request.user, spine_id=spine_id, outline_px=sent["points"], strokes=sent["strokes"]
    )
    measured = sketch.measures
    preset = get_spine_to_rate(request.user, spine_id).analysis_image.image.lab.rule_preset
    return JsonResponse(
        {
            "outline_px": np.round(sketch.outline_px, 2).tolist(),
            "midline_px": None if measured.midline_px is None else np.round(measured.midline_px, 2).tolist(),
            "quality": measured.quality.value,
            "quality_words": QUALITY_WORDS[measured.quality],
            "rule_class": sketch.rule_classes.get(preset),
            **{name: measured.value(name) for name in MEASURES},
        }
    )


@require_POST
def set_outline(request: UserRequest, spine_id: int) -> JsonResponse:
    """Set a spine's outline, or let it be found again."""
    sent = checked(OutlineForm(request.POST))
    spine = outlines.set_outline(
        user=request.user,
        spine_id=spine_id,
        outline_px=sent["points"],
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)
