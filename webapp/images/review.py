"""Corrections of an image's result, as the page's script sends them. Every answer is JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import JsonResponse
from django.views.decorators.http import require_POST, require_safe

from spines.access import get_spine_to_rate
from spines.selectors.review.state import MOVES_MEASURES, history_of
from spines.selectors.review.words import happening_row
from spines.services.review import answers, boxes, undoing
from webapp.images.answers import answer
from webapp.images.forms import EditForm, ResultForm, checked, stated_in
from webapp.requests import UserRequest


class MarkForm(ResultForm):
    """Whether all boxes are right."""

    reviewed = forms.TypedChoiceField(choices=[("true", "yes"), ("false", "no")], coerce=lambda v: v == "true")


class PlaceForm(ResultForm):
    """A box in pixels of the image. The service judges it."""

    x_px = forms.FloatField()
    y_px = forms.FloatField()
    width_px = forms.FloatField()
    height_px = forms.FloatField()


class BoxForm(PlaceForm):
    """A box and its class."""

    spine_class = forms.CharField()


def box_in(sent: dict[str, Any]) -> tuple[float, float, float, float]:
    """x, y, width, height of a sent box."""
    return sent["x_px"], sent["y_px"], sent["width_px"], sent["height_px"]


class ClassForm(EditForm):
    """The class that a spine is given. The service judges it."""

    spine_class = forms.CharField(required=False)

    def add_prefix(self, field_name: str) -> str:
        """A short name in the request."""
        return {"spine_class": "class"}.get(field_name, field_name)


@require_POST
def relabel(request: UserRequest, spine_id: int) -> JsonResponse:
    """Give a spine the class of the form."""
    sent = checked(ClassForm(request.POST))
    spine = answers.relabel(
        user=request.user, spine_id=spine_id, spine_class=sent["spine_class"], stated=stated_in(sent)
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"])


@require_POST
def accept(request: UserRequest, spine_id: int) -> JsonResponse:
    """Confirm the class that is shown."""
    sent = checked(EditForm(request.POST))
    spine = answers.accept(user=request.user, spine_id=spine_id, stated=stated_in(sent))
    return answer(request.user, spine.analysis_image, spine, since=sent["version"])


@require_POST
def reject(request: UserRequest, spine_id: int) -> JsonResponse:
    """Say that it is no spine."""
    sent = checked(EditForm(request.POST))
    spine = answers.reject(user=request.user, spine_id=spine_id, stated=stated_in(sent))
    moves = answers.has_neighbours(spine)
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=moves)


@require_POST
def restore(request: UserRequest, spine_id: int) -> JsonResponse:
    """Say that it is a spine after all."""
    sent = checked(EditForm(request.POST))
    spine = answers.restore(user=request.user, spine_id=spine_id, stated=stated_in(sent))
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)


@require_POST
def add_spine(request: UserRequest, image_id: int) -> JsonResponse:
    """Add a spine that the detector missed."""
    sent = checked(BoxForm(request.POST))
    spine = boxes.add_spine(
        user=request.user,
        image_id=image_id,
        box_px=box_in(sent),
        spine_class=sent["spine_class"],
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)


@require_POST
def set_box(request: UserRequest, spine_id: int) -> JsonResponse:
    """Move or size a spine's box."""
    sent = checked(PlaceForm(request.POST))
    spine = boxes.set_box(
        user=request.user, spine_id=spine_id, box_px=box_in(sent), result_id=sent["result"], stated=stated_in(sent)
    )
    return answer(request.user, spine.analysis_image, spine, since=sent["version"], moves=True)


@require_POST
def undo(request: UserRequest, image_id: int) -> JsonResponse:
    """Undo the user's last change."""
    return _taken_back(request, image_id, undoing.undo)


@require_POST
def redo(request: UserRequest, image_id: int) -> JsonResponse:
    """Make the change again that was undone last."""
    return _taken_back(request, image_id, undoing.redo)


def _taken_back(request: UserRequest, image_id: int, act: Callable[..., undoing.Undone]) -> JsonResponse:
    sent = checked(ResultForm(request.POST))
    undone = act(user=request.user, image_id=image_id, result_id=sent["result"], stated=stated_in(sent))
    return answer(
        request.user,
        undone.result,
        undone.spine,
        since=sent["version"],
        moves=undone.action in MOVES_MEASURES,
        removed=undone.removed_id,
        undone=undone.action,
    )


@require_POST
def mark(request: UserRequest, image_id: int) -> JsonResponse:
    """Call all boxes right, or no more."""
    sent = checked(MarkForm(request.POST))
    result = answers.mark_image_reviewed(
        user=request.user,
        image_id=image_id,
        reviewed=sent["reviewed"],
        result_id=sent["result"],
        stated=stated_in(sent),
    )
    return answer(request.user, result, since=sent["version"])


@require_safe
def history_json(request: UserRequest, spine_id: int) -> JsonResponse:
    """Who did what to a spine, newest first."""
    spine = get_spine_to_rate(request.user, spine_id)
    return JsonResponse({"history": [happening_row(happening) for happening in history_of(spine)]})
