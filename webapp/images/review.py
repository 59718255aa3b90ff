"""Corrections of an image's result, as the page's script sends them. Every answer is JSON."""

from __future__ import annotations

from django import forms
from django.http import JsonResponse
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_spine
from spines.selectors.review import MOVES_MEASURES, history_of
from spines.services import review
from webapp.images.answers import answer
from webapp.images.forms import ResultForm, checked
from webapp.images.rows import happening_row
from webapp.requests import UserRequest


class MarkForm(ResultForm):
    """Whether all boxes are right."""

    reviewed = forms.TypedChoiceField(choices=[("true", "yes"), ("false", "no")], coerce=lambda v: v == "true")


class BoxForm(ResultForm):
    """A box in pixels of the image, and its class. The service judges both."""

    x_px = forms.FloatField()
    y_px = forms.FloatField()
    width_px = forms.FloatField()
    height_px = forms.FloatField()
    spine_class = forms.CharField()


@require_POST
def relabel(request: UserRequest, spine_id: int) -> JsonResponse:
    """Give a spine the class of the form."""
    spine = review.relabel(user=request.user, spine_id=spine_id, spine_class=request.POST.get("class", ""))
    return answer(request.user, spine.analysis_image, spine)


@require_POST
def accept(request: UserRequest, spine_id: int) -> JsonResponse:
    """Confirm the class that is shown."""
    spine = review.accept(user=request.user, spine_id=spine_id)
    return answer(request.user, spine.analysis_image, spine)


@require_POST
def reject(request: UserRequest, spine_id: int) -> JsonResponse:
    """Say that it is no spine."""
    spine = review.reject(user=request.user, spine_id=spine_id)
    return answer(request.user, spine.analysis_image, spine, everything=review.has_neighbours(spine))


@require_POST
def restore(request: UserRequest, spine_id: int) -> JsonResponse:
    """Say that it is a spine after all."""
    spine = review.restore(user=request.user, spine_id=spine_id)
    return answer(request.user, spine.analysis_image, spine, everything=True)


@require_POST
def add_spine(request: UserRequest, image_id: int) -> JsonResponse:
    """Add a spine that the detector missed."""
    box = checked(BoxForm(request.POST))
    spine = review.add_spine(
        user=request.user,
        image_id=image_id,
        box_px=(box["x_px"], box["y_px"], box["width_px"], box["height_px"]),
        spine_class=box["spine_class"],
        result_id=box["result"],
    )
    return answer(request.user, spine.analysis_image, spine, everything=True)


@require_POST
def undo(request: UserRequest, image_id: int) -> JsonResponse:
    """Undo the user's last change."""
    result_id = checked(ResultForm(request.POST))["result"]
    undone = review.undo(user=request.user, image_id=image_id, result_id=result_id)
    return answer(
        request.user,
        undone.result,
        undone.spine,
        everything=undone.action in MOVES_MEASURES,
        removed=undone.removed_id,
        undone=undone.action,
    )


@require_POST
def mark(request: UserRequest, image_id: int) -> JsonResponse:
    """Call all boxes right, or no more."""
    asked = checked(MarkForm(request.POST))
    result = review.mark_image_reviewed(
        user=request.user, image_id=image_id, reviewed=asked["reviewed"], result_id=asked["result"]
    )
    return answer(request.user, result)


@require_safe
def history_json(request: UserRequest, spine_id: int) -> JsonResponse:
    """Who did what to a spine, newest first."""
    spine = get_spine(request.user, spine_id)
    return JsonResponse({"history": [happening_row(happening) for happening in history_of(spine)]})
